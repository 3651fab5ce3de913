import numpy as np
import numpy.typing as npt
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ports import Sampler
from modelsearch.core.search import SearchView
from modelsearch.search.beliefs import beliefs
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.samplers.hypervolume import Hypervolume, _growth
from modelsearch.search.samplers.random_order import RandomOrder
from modelsearch.stats.pareto import front, hypervolume
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import World, seen, true_scores

NAN = float("nan")
REFERENCE = np.array([0.1, 1.0])


def _asked(view: SearchView, **params: float) -> dict[str, int]:
    return {p.candidate_id: len(p.item_ids) for p in Hypervolume(**params).ask(view)}  # type: ignore[arg-type]


def test_it_starts_with_the_best_priors_and_the_baseline() -> None:
    view = make_view(np.full((20, 40), NAN), priors={"m05": 3.0, "m03": 2.0, "m08": 1.0})
    assert _asked(view, n_candidates=2) == {"m00": 8, "m05": 8, "m03": 8}


def test_the_hopeless_and_the_whole_get_nothing() -> None:
    """m01 is always wrong, m02 is known whole; m03 is open."""
    scores = np.ones((4, 64))
    scores[1] = 0.0
    view = make_view(seen(scores, [64, 16, 64, 16]), cost_usd=[0.01, 0.004, 0.005, 0.004])
    assert set(_asked(view, min_observed=0)) == {"m03"}


def test_of_equal_promise_the_cheaper_step_comes_first() -> None:
    scores = true_scores(6, 200)
    view = make_view(seen(scores, [100, 8, 8, 8, 0, 0]), cost_usd=[0.01, 0.009, 0.008, 0.007, 0.006, 0.0001])
    assert next(iter(_asked(view, n_candidates=1))) == "m05"


def test_a_high_bar_ends_it() -> None:
    view = make_view(seen(true_scores(6, 200), [100, 8, 8, 8, 8, 8]))
    assert _asked(view)
    assert _asked(view, min_gain=1.0) == {}


def test_growth_of_a_point_that_stays_is_nothing() -> None:
    at = np.array([[0.0, 0.5], [0.05, 0.2], [0.06, 0.6]])
    compared = np.array([True, True, False])
    np.testing.assert_allclose(_growth(at, np.zeros((3, 2)), compared, REFERENCE), 0.0, atol=1e-12)


def test_growth_is_the_expected_difference_of_hypervolumes() -> None:
    """By simulation: 20,000 draws, for a point of the front, one behind it and one never compared."""
    rng = np.random.default_rng(5)
    at = np.array([[0.0, 0.5], [0.05, 0.2], [0.07, 0.6], [0.02, 0.3]])
    compared = np.array([True, True, True, False])
    moves = np.array([[0.02, 0.1], [0.03, 0.05], [0.05, 0.2], [0.04, 0.1]])
    found = _growth(at, moves, compared, REFERENCE)
    now = hypervolume(at[compared], REFERENCE)
    for i in range(4):
        others = at[compared & (np.arange(4) != i)]
        draws = at[i] + moves[i] * rng.normal(size=(20_000, 2))
        after = _area_with(draws, others)
        assert found[i] == pytest.approx(after.mean() - now, abs=4 * after.std() / np.sqrt(len(draws)) + 1e-9)


def _area_with(draws: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Hypervolume of `others` with each draw, on a grid of strips along the first objective."""
    stairs = others[np.argsort(others[:, 0])]
    left = np.concatenate([[-np.inf], stairs[:, 0]])
    right = np.concatenate([stairs[:, 0], REFERENCE[:1]])
    height = np.minimum.accumulate(np.concatenate([REFERENCE[1:], stairs[:, 1]]))
    added = sum(
        np.clip(r - np.maximum(a, draws[:, 0]), 0, None) * np.clip(h - draws[:, 1], 0, None)
        for a, r, h in zip(left, right, height, strict=True)
    )
    return np.asarray(hypervolume(others, REFERENCE) + added, dtype=np.float64)


def _front_share(sampler: Sampler, seed: int, spend_usd: float) -> float:
    """Share of the true hypervolume that the believed front of 20 candidates has, after so much spend."""
    rng = np.random.default_rng(seed)
    costs = 0.01 * np.array([1.0, *rng.uniform(0.1, 0.9, 19)])
    quality = 0.5 + 0.4 * (costs / 0.01) ** 0.5 - 0.3 * rng.random(20) * (np.arange(20) > 0)
    world = World(scores=(rng.random((20, 200)) < quality[:, None]).astype(np.float64), cost_usd=costs)
    view = world.start(spend_usd)
    for _ in range(60):
        if not (probes := sampler.ask(view)):
            break
        view, _ = world.bought(view, probes)
    reference, true_gap = np.array([0.3, 1.0]), world.scores.mean(axis=1) - world.scores[0].mean()
    true = np.column_stack([-true_gap, costs / costs[0]])
    compared = np.flatnonzero(paired_gaps(view).n_pairs > 0)
    believed = beliefs(view, tuple(view.candidates[row].id for row in compared))
    seen_front = compared[front(np.column_stack([-believed.gap, costs[compared]]))]
    return hypervolume(true[seen_front], reference) / hypervolume(true, reference)


@pytest.mark.slow
def test_it_finds_more_of_the_front_than_chance_at_equal_spend() -> None:
    """In 6 worlds, at a tenth of what everything costs (Monte Carlo error about 0.05)."""
    own = [_front_share(Hypervolume(worst_loss=0.3), seed, 2.0) for seed in range(6)]
    chance = [_front_share(RandomOrder(), seed, 2.0) for seed in range(6)]
    assert np.mean(own) > 0.7
    assert np.mean(own) > np.mean(chance) + 0.1


@pytest.mark.parametrize("params", [{"growth": 1.0}, {"first_items": 0}, {"worst_loss": 0.0}, {"min_gain": -1}])
def test_bad_parameters_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="of Hypervolume: expected"):
        Hypervolume(**params)  # type: ignore[arg-type]
