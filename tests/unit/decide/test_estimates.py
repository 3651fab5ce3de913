import time
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.outcome import Status
from modelsearch.core.result import Verdict
from modelsearch.core.task import Requirements
from modelsearch.decide.estimates import estimates
from tests.unit.decide.views import NAN, make_view, rows, with_requirements, with_status


def test_every_candidate_has_one_dropped_ones_too() -> None:
    view = make_view(rows(0.8, 0.7, 0.6), pool=[0, 2])
    assert [e.candidate_id for e in estimates(view)] == ["m00", "m01", "m02"]


def test_the_baseline_equals_itself() -> None:
    baseline = estimates(make_view(rows(0.8, 0.7, n_seen=20)))[0]
    assert baseline.gap is not None
    assert (baseline.gap.low, baseline.gap.mean, baseline.gap.high) == (0, 0, 0)
    assert baseline.p_non_inferior == 1
    assert baseline.verdict is Verdict.NON_INFERIOR


def test_what_was_not_bought_is_not_known() -> None:
    bare = estimates(make_view(np.full((2, 10), NAN)))[1]
    assert (bare.quality, bare.gap, bare.p_non_inferior, bare.latency_p95_s) == (None, None, None, None)
    assert (bare.n_items, bare.n_pairs, bare.log_e_value) == (0, 0, 0)
    assert bare.verdict is Verdict.UNDECIDED


def test_without_baseline_outcomes_there_is_quality_but_no_comparison() -> None:
    scores = rows(0.8, 0.7)
    scores[0] = NAN
    alone = estimates(make_view(scores))[1]
    assert alone.quality is not None
    assert alone.quality.mean == pytest.approx(0.7)
    assert alone.gap is None
    assert alone.p_non_inferior is None


def test_a_table_seen_whole_leaves_no_width() -> None:
    whole = estimates(make_view(rows(0.8, 0.73)))[1]
    assert whole.quality is not None
    assert whole.gap is not None
    assert whole.quality.low == whole.quality.high == pytest.approx(0.73)
    assert whole.gap.low == whole.gap.high == pytest.approx(-0.07)
    assert whole.p_non_inferior == 0


def test_all_ties_on_a_few_items_still_have_width() -> None:
    tied = estimates(make_view(rows(0.8, 0.8, n_seen=6)))[1]
    assert tied.gap is not None
    assert tied.gap.low < 0 < tied.gap.high
    assert tied.p_non_inferior is not None
    assert tied.p_non_inferior < 0.9


def test_gap_intervals_cover_the_truth_at_one_look() -> None:
    rng = np.random.default_rng(0)
    table = np.array([(rng.random(200) < share).astype(np.float64) for share in (0.8, 0.7)])
    truth, covered = table[1].mean() - table[0].mean(), 0
    for _ in range(100):
        seen = table[:, rng.permutation(200)]
        seen[:, 60:] = NAN
        gap = estimates(make_view(seen))[1].gap
        assert gap is not None
        covered += gap.low <= truth <= gap.high
    assert covered / 100 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)


def test_failures_lower_the_chance_but_not_the_score() -> None:
    view = make_view(rows(0.8, 0.85, n_seen=60))
    plain, failed = estimates(view)[1], estimates(with_status(view, 1, slice(0, 10), Status.ERROR))[1]
    assert failed.gap is not None
    assert failed.gap.mean >= 0
    assert (failed.p_non_inferior or 0) < (plain.p_non_inferior or 0)
    assert failed.evidence_missing_share == pytest.approx(10 / 60)


def test_latency_percentiles_are_of_what_was_seen() -> None:
    latency = np.tile(np.arange(1.0, 101.0), (2, 1))
    e = estimates(make_view(rows(0.8, 0.8), latency_s=latency))[1]
    assert (e.latency_p50_s, e.latency_p95_s) == (50.0, 95.0)


@pytest.mark.parametrize(
    "limits",
    [
        Requirements(max_cost_usd_per_1k=Decimal(1)),
        Requirements(max_latency_s=0.5),
        Requirements(min_quality=0.9),
    ],
)
def test_a_broken_limit_is_infeasible(limits: Requirements) -> None:
    view = make_view(rows(0.8, 0.8))
    assert estimates(view)[1].is_feasible
    assert not estimates(with_requirements(view, limits))[1].is_feasible


def test_it_is_quick_enough_for_every_round() -> None:
    scores = (np.random.default_rng(1).random((100, 1000)) < 0.7).astype(np.float64)
    scores[:, 800:] = NAN
    view = make_view(scores)
    estimates(view)
    started = time.process_time()
    for _ in range(3):
        estimates(view)
    assert (time.process_time() - started) / 3 < 0.4
