from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.samplers.bayesian import Bayesian
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import World, seen, true_scores

NAN = float("nan")


def _asked(view: SearchView, **params: float) -> dict[str, int]:
    return {p.candidate_id: len(p.item_ids) for p in Bayesian(**params).ask(view)}  # type: ignore[arg-type]


def test_it_starts_with_the_best_priors_and_the_baseline() -> None:
    priors = {"m05": 3.0, "m03": 2.0, "m08": 1.0}
    view = make_view(np.full((20, 40), NAN), priors=priors)
    asked = _asked(view, n_candidates=2)
    assert asked == {"m00": 8, "m05": 8, "m03": 8}


def test_a_hopeless_row_gets_no_second_batch() -> None:
    scores = true_scores(6, 200)
    scores[0], scores[2], scores[3] = 1.0, 1.0, 0.0
    asked = _asked(make_view(seen(scores, [16, 8, 8, 16, 0, 0])))
    assert "m03" not in asked
    assert "m02" in asked


def test_the_leader_is_proved_beside_the_baseline() -> None:
    scores = np.ones((3, 400))
    scores[1] = 0.0
    asked = _asked(make_view(seen(scores, [64, 64, 64]), cost_usd=[0.01, 0.005, 0.001]))
    assert set(asked) == {"m00", "m02"}
    assert asked["m00"] == asked["m02"] >= 8


def test_money_left_goes_to_the_best_contender_while_the_baseline_is_kept() -> None:
    """m02 (even on a few items) is worth more than m01 (worse); neither is worth its risk yet."""
    scores = np.ones((3, 400))
    scores[1, ::2], scores[2, ::12] = 0.0, 0.0
    view = make_view(seen(scores, [24, 24, 24]), cost_usd=[0.01, 0.0095, 0.0094])
    assert recommend(view, estimates(view)).candidate_id == "m00"
    asked = _asked(view, min_gain=1.0, min_gain_kept=1.0)
    assert set(asked) == {"m00", "m02"}
    assert _asked(replace(view, spend_left_usd=Decimal("0.001")), min_gain=1.0, min_gain_kept=1.0) == {}


def test_a_settled_decision_asks_nothing() -> None:
    scores = np.ones((2, 60))
    assert _asked(make_view(scores)) == {}


def test_who_never_answers_is_left_alone() -> None:
    view = make_view(seen(np.ones((3, 100)), [8, 8, 8]))
    status = view.outcomes.status.copy()
    score = view.outcomes.score.copy()
    score[2], status[2, :8] = np.nan, 6
    silent = replace(view, outcomes=replace(view.outcomes, score=score, status=status))
    assert "m02" not in _asked(silent)


def _found(world: World, spend_usd: float, rounds: int = 60) -> tuple[str, float]:
    view, left = world.start(spend_usd), spend_usd
    for _ in range(rounds):
        probes = Bayesian().ask(view)
        if not probes:
            break
        view, spent = world.bought(view, probes)
        left -= spent
    return recommend(view, estimates(view)).candidate_id, left


@pytest.mark.slow
def test_it_finds_the_cheap_one_that_is_as_good() -> None:
    """One candidate at a tenth of the baseline's price is better by 5 points; the others are 20 points worse."""
    n_right = 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        base = (rng.random(400) < 0.8).astype(np.float64)
        rows = np.array([np.where(rng.random(400) < 0.4, rng.random(400) < 0.3, base) for _ in range(12)])
        rows[7] = base
        for value, n_flips in ((0.0, 25), (1.0, 5)):
            rows[7][rng.choice(np.flatnonzero(base == value), n_flips, replace=False)] = 1.0 - value
        costs = np.array([0.01, *np.linspace(0.002, 0.0005, 12)])
        world = World(scores=np.vstack([base, rows]), cost_usd=costs)
        choice, left = _found(world, 3.0)
        assert left >= -1e-9
        n_right += choice == "m08"
    assert n_right >= 2


@pytest.mark.parametrize("params", [{"growth": 1.0}, {"first_items": 0}, {"explore_share": 0.0}, {"min_gain": -1}])
def test_bad_parameters_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="of Bayesian: expected"):
        Bayesian(**params)  # type: ignore[arg-type]
