from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.result import Estimate, Interval, Verdict
from modelsearch.core.task import Requirements
from modelsearch.decide.choice import (
    best_worth,
    expected_best_saving,
    first_certified,
    is_excluded,
    open_cheaper,
    options,
    saving_share,
)
from tests.unit.decide.views import make_view, with_requirements

PLAIN = Estimate(
    candidate_id=make_view(np.ones((1, 1))).baseline_id,
    label="",
    n_items=50,
    n_pairs=50,
    quality=Interval(mean=0.8, low=0.7, high=0.9),
    gap=Interval(mean=0.0, low=-0.1, high=0.1),
    cost_usd=Interval(mean=0.01, low=0.01, high=0.01),
    latency_p50_s=1.0,
    latency_p95_s=1.0,
    p_non_inferior=1.0,
    log_e_value=0.0,
    alpha_share=0.01,
    verdict=Verdict.UNDECIDED,
)
VIEW = make_view(np.ones((4, 3)))


def estimate(row: int, usd: float | None, p: float | None = 0.5, verdict: Verdict = Verdict.UNDECIDED) -> Estimate:
    cost = None if usd is None else Interval(mean=usd, low=usd, high=usd)
    return replace(PLAIN, candidate_id=VIEW.candidates[row].id, cost_usd=cost, p_non_inferior=p, verdict=verdict)


BASE = estimate(0, 0.01, 1.0)


def test_options_are_cheaper_live_and_feasible_cheapest_first() -> None:
    rows = [BASE, estimate(1, 0.002), estimate(2, 0.001), estimate(3, 0.02)]
    assert [o.estimate.candidate_id for o in options(VIEW, rows)] == ["m02", "m01"]
    assert [o.estimate.candidate_id for o in options(replace(VIEW, pool=VIEW.pool[:2]), rows)] == ["m01"]
    rows[2] = replace(rows[2], is_feasible=False)
    assert [o.estimate.candidate_id for o in options(VIEW, rows)] == ["m01"]


def test_unknown_costs_give_no_saving() -> None:
    assert saving_share(estimate(1, None), BASE) is None
    assert saving_share(estimate(1, 0.001), estimate(0, None)) is None
    assert saving_share(estimate(1, 0.001), estimate(0, 0.0)) is None
    assert saving_share(estimate(1, 0.001), BASE) == pytest.approx(0.9)


def test_worth_is_the_expected_captured_saving_less_the_risk() -> None:
    (option,) = options(VIEW, [BASE, estimate(1, 0.002, 0.7)])
    assert option.worth == pytest.approx(0.7 * 2 - 1)
    assert best_worth([option]) is option
    assert best_worth(options(VIEW, [BASE, estimate(1, 0.002, 0.45)])) is None


def test_a_surer_one_beats_a_slightly_cheaper_one() -> None:
    found = options(VIEW, [BASE, estimate(1, 0.001, 0.55), estimate(2, 0.002, 0.95)])
    best = best_worth(found)
    assert best is not None
    assert best.estimate.candidate_id == "m02"


def test_the_expected_best_saving_weighs_what_is_left() -> None:
    pairs = [(estimate(1, 0.001, 0.5), 0.9), (estimate(2, 0.005, 1.0), 0.5), (estimate(3, 0.006, None), 0.4)]
    assert expected_best_saving(pairs) == pytest.approx(0.7)
    assert expected_best_saving([]) == 0.0


def test_the_cheapest_certified_comes_first() -> None:
    good = Verdict.NON_INFERIOR
    found = options(VIEW, [BASE, estimate(1, 0.003, 1.0, good), estimate(2, 0.002, 1.0, good), estimate(3, 0.001)])
    first = first_certified(found)
    assert first is not None
    assert first.estimate.candidate_id == "m02"


def test_open_are_the_cheaper_ones_not_proven_inferior_dropped_ones_too() -> None:
    rows = [
        BASE,
        replace(estimate(1, 0.002), log_e_inferior=5.0),
        estimate(2, 0.02),
        estimate(3, None, None),
    ]
    view = replace(VIEW, pool=VIEW.pool[:1])
    assert [e.candidate_id for e in open_cheaper(view, rows, 4.0)] == ["m03"]
    assert [e.candidate_id for e in open_cheaper(view, rows, 6.0)] == ["m01", "m03"]


def test_only_a_sure_breach_of_a_limit_excludes() -> None:
    one = estimate(1, 0.002)
    assert is_excluded(with_requirements(VIEW, Requirements(max_cost_usd_per_1k=Decimal(1))), one)
    assert is_excluded(with_requirements(VIEW, Requirements(min_quality=0.95)), one)
    assert not is_excluded(with_requirements(VIEW, Requirements(min_quality=0.85)), one)
    slow = with_requirements(VIEW, Requirements(max_latency_s=0.5))
    assert is_excluded(slow, one)
    assert not is_excluded(slow, replace(one, n_items=5))
    assert not is_excluded(VIEW, one)
