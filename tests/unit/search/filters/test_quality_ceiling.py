from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import PlanError
from modelsearch.core.market import ScalingRule
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.filters.quality_ceiling import QualityCeiling
from modelsearch.search.samplers.gap_race import GapRace
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import World
from tests.unit.search.test_ceilings import market

NAN = float("nan")
N_ITEMS = 120
RULE = ScalingRule(
    knots_b=(8.0,),
    intercept=-0.1,
    slopes=(0.05,),
    offsets=((0.98, 0.05),),
    kin_offsets=((0.98, 0.1),),
    min_reference_b=70.0,
)


def _dropped(view: SearchView, strategy: QualityCeiling | None = None) -> list[str]:
    return [str(drop.candidate_id) for drop in (strategy or QualityCeiling(n_legs=0)).drop(view)]


def _score(*rights: int, n_bought: int = N_ITEMS) -> Floats:
    """One row for each number of right answers, spread evenly over the items bought."""
    columns = np.arange(N_ITEMS)
    rows = [np.floor((columns + 1) * n / n_bought) > np.floor(columns * n / n_bought) for n in rights]
    return np.where(columns < n_bought, np.array(rows, dtype=np.float64), NAN)


def test_who_is_shown_to_be_worse_leaves_with_the_evidence() -> None:
    (drop,) = QualityCeiling(n_legs=0).drop(make_view(_score(110, 40, 108)))
    assert drop.candidate_id == "m01"
    assert "on 120 shared items" in drop.reason
    assert drop.evidence["log_e_value"] > np.log(200)


def test_the_law_drops_the_small_and_never_the_unknown() -> None:
    view = make_view(
        np.full((4, 10), NAN),
        market=market([None, 4.0, 20.0, None], replace(RULE, slopes=(0.05, 0.05), knots_b=(8.0, 20.0))),
    )
    (drop,) = QualityCeiling().drop(view)
    assert drop.candidate_id == "m01"
    assert drop.reason.startswith("4 B parameters: at most -0.085")
    assert drop.evidence["gap_high"] == pytest.approx(-0.05 + 0.05 * np.log(0.5))
    assert _dropped(replace(view, setting=replace(view.setting, baseline_id=view.pool[2]))) == []


def test_the_law_is_silent_beyond_its_levels_and_where_outcomes_speak() -> None:
    sizes: list[float | None] = [None, 4.0]
    assert _dropped(make_view(np.full((2, 10), NAN), market=market(sizes, RULE)), QualityCeiling(level=0.99)) == []
    assert _dropped(make_view(np.ones((2, 10)), market=market(sizes, RULE))) == []


def test_a_lead_of_anybody_lifts_the_law() -> None:
    score = np.vstack([np.zeros(10), np.full(10, NAN), np.ones(10)])
    assert _dropped(make_view(score, market=market([None, 4.0, None], RULE))) == []


def test_the_kin_of_the_hopeless_leaves_with_it() -> None:
    score = np.vstack([np.ones(N_ITEMS), _score(20), np.full((2, N_ITEMS), NAN)])
    rule = replace(RULE, offsets=())
    assert _dropped(make_view(score, market=market([None, 70.0, 8.0, 70.0], rule))) == ["m01", "m02"]
    assert _dropped(make_view(score, market=market([None, 70.0, 8.0, 70.0], None))) == ["m01"]


def test_kin_that_is_only_a_little_worse_says_nothing() -> None:
    score = np.vstack([np.ones(N_ITEMS), _score(108), np.full((1, N_ITEMS), NAN)])
    assert _dropped(make_view(score, market=market([None, 70.0, 8.0], replace(RULE, offsets=())))) == ["m01"]


def test_who_may_be_a_leg_stays_though_too_weak_alone() -> None:
    """Nobody cheaper beats m01 and m02; m03 is dearer and worse than m02, and m04 than all."""
    score, costs = _score(110, 60, 50, 40, 20), [0.01, 0.004, 0.001, 0.002, 0.005]
    view = make_view(score, cost_usd=costs)
    assert _dropped(view) == ["m01", "m02", "m03", "m04"]
    assert _dropped(view, QualityCeiling(n_legs=2)) == ["m03", "m04"]
    assert _dropped(view, QualityCeiling(n_legs=3)) == ["m04"]
    unvotable = replace(view, setting=replace(view.setting, is_votable=False))
    assert _dropped(unvotable, QualityCeiling(n_legs=3)) == ["m01", "m02", "m03", "m04"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_race_that_drops_the_hopeless_ends_where_it_ends_without_as_cheaply(seed: int) -> None:
    """The baseline is known whole; 24 cheap candidates are shown to be hopeless as soon as they are whole."""
    rng = np.random.default_rng(seed)
    ability = np.concatenate([[1.6, 1.7], rng.uniform(-1.5, 0.0, 24)])
    p = 1 / (1 + np.exp(rng.normal(0.0, 1.2, 200)[None, :] - ability[:, None]))
    costs = np.concatenate([[0.01, 0.002], 0.0005 * 0.9 ** np.arange(24)])
    scores = (rng.random(p.shape) < p).astype(np.float64)
    scores[1] = np.maximum(scores[0], scores[1])
    of = World(scores=scores, cost_usd=costs)
    plain = _searched(of, None)
    pruned = _searched(of, QualityCeiling(n_legs=0))
    assert len(pruned.pool) < len(plain.pool)
    assert recommend(pruned, estimates(pruned)).candidate_id == recommend(plain, estimates(plain)).candidate_id == "m01"


def _searched(of: World, strategy: QualityCeiling | None) -> SearchView:
    """The view when a race with an imported baseline has nothing left."""
    view = of.start(0.5)
    given_usd = view.spend_left_usd
    view, _ = of.bought(view, [Probe(candidate_id=view.baseline_id, item_ids=view.setting.item_ids)])
    view = replace(view, spend_left_usd=given_usd, round=0)
    for _ in range(100):
        gone = {drop.candidate_id for drop in strategy.drop(view)} if strategy else set()
        view = replace(view, pool=tuple(c for c in view.pool if c not in gone))
        probes = GapRace().ask(view)
        if not probes:
            break
        view, _ = of.bought(view, probes)
    return view


@pytest.mark.parametrize("parts", [{"alpha": 0.0}, {"level": 0.2}, {"min_items": 0}, {"n_legs": -1}])
def test_parameters_are_checked(parts: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        QualityCeiling(**parts)


def _world(rng: np.random.Generator, n_items: int, gap: float) -> Floats:
    """A baseline, the best candidate at a gap that is exact over all items, and others that are worse."""
    base = (rng.random(n_items) < 0.8).astype(np.float64)
    best = base.copy()
    best[rng.permutation(np.flatnonzero(base == 1))[: round(-gap * n_items) + 6]] = 0.0
    best[rng.permutation(np.flatnonzero(base == 0))[:6]] = 1.0
    worse = [np.where(rng.random(n_items) < share, 0.0, base) for share in (0.1, 0.3)]
    order = rng.permutation(n_items)
    return np.vstack([base, best, *worse])[:, order]


def test_in_simulated_worlds_the_best_is_dropped_in_at_most_alpha_of_them() -> None:
    """At the boundary and at every look: the e-process keeps its largest value, so one look at the end sees all."""
    rng, alpha, n_worlds = np.random.default_rng(5), 0.2, 150
    n_lost = n_weak = 0
    for _ in range(n_worlds):
        score = _world(rng, 100, -0.02)
        score[:, rng.integers(60, 100) :] = NAN
        gone = _dropped(make_view(score), QualityCeiling(alpha=alpha, n_legs=0))
        n_lost += "m01" in gone
        n_weak += "m03" in gone
    assert n_lost <= n_worlds * alpha + 3 * np.sqrt(n_worlds * alpha * (1 - alpha))
    assert n_weak > 0.8 * n_worlds


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.02, 0.3))
def test_who_beats_the_baseline_on_every_prefix_never_leaves(seed: int, gain: float) -> None:
    rng = np.random.default_rng(seed)
    base = (rng.random(60) < 0.6).astype(np.float64)
    better = np.maximum(base, rng.random(60) < gain)
    assert _dropped(make_view(np.vstack([base, better])), QualityCeiling(alpha=0.5, n_legs=0)) == []


def test_when_the_law_is_true_it_loses_the_best_in_at_most_one_minus_level() -> None:
    """Qualities are drawn around the law so that its offset is their 0.98 quantile."""
    rng, n_worlds, n_lost = np.random.default_rng(1), 400, 0
    for _ in range(n_worlds):
        size_b = float(np.exp(rng.uniform(0, np.log(8))))
        gap = -0.1 + 0.05 * min(np.log(size_b / 8), 0.0) + rng.normal(0.0, 0.05 / 2.0537)
        view = make_view(np.full((2, 4), NAN), market=market([None, size_b], RULE))
        n_lost += gap >= -0.02 and _dropped(view) == ["m01"]
    assert n_lost <= 0.02 * n_worlds + 3 * np.sqrt(0.02 * 0.98 * n_worlds)
