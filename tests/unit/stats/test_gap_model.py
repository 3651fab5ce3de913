from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.gap_model import Against, Bought, ModelRules, Posterior, posterior

Floats = npt.NDArray[np.float64]
NAN = float("nan")
RULES = ModelRules()
N_ITEMS = 200
NOW = np.zeros(1)


def world(seed: int, n_rows: int = 14, n_items: int = N_ITEMS) -> Floats:
    """Scores of rows of one kind on items of different difficulty; the last row is about as good as the best."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(0.6, 0.6, n_rows)
    ability[-1] = ability[:-1].max() + rng.normal(0.1, 0.3)
    odds = ability[:, None] + rng.normal(1.0, 0.25, (n_rows, 1)) * rng.normal(size=(1, n_items))
    return (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(np.float64)


def bought(score: Floats, depths: Sequence[int] | npt.NDArray[np.int64]) -> Bought:
    """The first items of each row; the last row is the reference."""
    is_known = np.arange(score.shape[1])[None, :] < np.asarray(depths)[:, None]
    return Bought(
        score=np.where(is_known, score, 0.0),
        is_known=is_known,
        weight=np.ones(score.shape[1]),
        regressors=np.full((len(score), 2), NAN),
        reference=len(score) - 1,
    )


def believed(score: Floats, depths: Sequence[int]) -> Posterior:
    return posterior(bought(score, depths), RULES)


def spread_now(found: Posterior) -> Floats:
    return np.asarray(np.sqrt(found.variance(NOW)[:, 0]), dtype=np.float64)


def test_a_whole_row_is_known_exactly() -> None:
    score = world(0)
    found = believed(score, [N_ITEMS] * 5 + [30] * 8 + [N_ITEMS])
    assert found.mean[[0, 4, 13]] == pytest.approx(score[[0, 4, 13]].mean(axis=1))
    assert spread_now(found)[[0, 4, 13]] == pytest.approx(np.zeros(3), abs=1e-9)
    gap, sd = found.gaps()
    assert gap[:5] == pytest.approx(score[:5].mean(axis=1) - score[13].mean())
    assert sd[:5] == pytest.approx(np.zeros(5), abs=1e-9)
    assert (sd[5:13] > 0.01).all()


def test_weights_count_in_the_mean_of_a_whole_row() -> None:
    score = world(1)
    weight = np.random.default_rng(0).uniform(0.0, 2.0, N_ITEMS)
    weight /= weight.mean()
    cells = replace(bought(score, [N_ITEMS] * 14), weight=weight)
    assert posterior(cells, RULES).mean == pytest.approx((score * weight).mean(axis=1))


def test_unequal_weights_make_what_is_left_vary_more() -> None:
    cells = bought(world(2), [30] * 14)
    weight = np.tile([0.2, 1.8], N_ITEMS // 2)
    plain, weighted = posterior(cells, RULES), posterior(replace(cells, weight=weight), RULES)
    assert weighted.noise == pytest.approx(plain.noise * (weight**2).mean())
    assert (spread_now(weighted) > spread_now(plain)).all()


@pytest.mark.parametrize("depths", [[N_ITEMS] * 5 + [20] * 8 + [40], [N_ITEMS] * 5 + [60] * 8 + [100], [50] * 14])
def test_errors_are_as_large_as_believed(depths: list[int]) -> None:
    n_worlds, rows = 60, np.flatnonzero(np.array(depths) < N_ITEMS)
    of_means, of_gaps = [], []
    for seed in range(n_worlds):
        score = world(seed)
        found, truth = believed(score, depths), score.mean(axis=1)
        gap, sd = found.gaps()
        of_means.append(((found.mean - truth) / np.maximum(spread_now(found), 1e-9))[rows])
        of_gaps.append(((gap - truth + truth[-1]) / np.maximum(sd, 1e-9))[:-1])
    for errors in (np.array(of_means), np.array(of_gaps)):
        monte_carlo = (errors**2).mean(axis=1).std() / np.sqrt(n_worlds)
        assert monte_carlo < 0.12, "so the bounds below are at three standard errors and the model's own tenth"
        assert 0.6 < (errors**2).mean() < 1.5
        assert (np.abs(errors) < 1.96).mean() > 0.87


def test_complete_rows_help_the_others() -> None:
    helped, alone = [], []
    for seed in range(40):
        score = world(seed)
        found, truth = believed(score, [N_ITEMS] * 8 + [20] * 6), score.mean(axis=1)
        helped.append(found.mean[8:] - truth[8:])
        alone.append(score[8:, :20].mean(axis=1) - truth[8:])
    assert np.square(helped).mean() < 0.7 * np.square(alone).mean()


@given(seed=st.integers(0, 200))
@settings(max_examples=20, deadline=None)
def test_variance_falls_with_every_item_and_is_none_at_all_items(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depths = rng.integers(0, 41, 9)
    depths[:3] = 40
    found = posterior(bought(world(seed, 9, 40), depths), RULES)
    variance = found.variance(np.arange(0.0, 42.0))
    assert (variance >= 0.0).all()
    assert (np.diff(variance, axis=1) <= 1e-12).all()
    assert variance[:, -1] == pytest.approx(np.zeros(9), abs=1e-12)
    assert (variance[depths < 40, 0] > 0.0).all()


def test_the_variance_foretold_is_the_variance_found() -> None:
    depths, later = [N_ITEMS] * 5 + [20] * 8 + [60], [N_ITEMS] * 5 + [60] * 8 + [100]
    told, found, moved = [], [], []
    for seed in range(40):
        score = world(seed)
        now, after = believed(score, depths), believed(score, later)
        before, then = now.variance(np.array([0.0, 40.0]))[5:].T
        told.append(then)
        found.append(after.variance(NOW)[5:, 0])
        moved.append((after.mean - now.mean)[5:] ** 2 / (before - then))
    assert np.mean(told) == pytest.approx(np.mean(found), rel=0.1)
    monte_carlo = np.std(np.mean(moved, axis=1)) / np.sqrt(40)
    assert np.mean(moved) == pytest.approx(1.0, abs=0.15 + 3 * monte_carlo)


@given(depth=st.integers(0, 40), against=st.integers(0, 40), seed=st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_a_gap_has_variance_and_is_the_same_both_ways(depth: int, against: int, seed: int) -> None:
    found = believed(world(seed, 8, 40), [40, 40, 40, 40, 10, 10, depth, against])
    spread = found.variance(NOW)
    there = found.gap_variance(
        np.array([6]), spread[[6]], np.array([[depth]]), Against(spread=spread[7], depth=np.array(float(against)))
    )
    back = replace(found, reference=6).gap_variance(
        np.array([7]), spread[[7]], np.array([[against]]), Against(spread=spread[6], depth=np.array(float(depth)))
    )
    assert there == pytest.approx(back)
    assert 0.0 <= there[0, 0] <= spread[6, 0] + spread[7, 0] + 1e-15
    assert there[0, 0] >= abs(spread[6, 0] - spread[7, 0]) - 1e-15


@pytest.mark.parametrize(("depth", "against"), [(10, 10), (10, 25), (25, 10), (0, 12), (40, 12), (39, 1)])
def test_what_two_rows_share_is_counted_item_by_item(depth: int, against: int) -> None:
    n = 40
    found = replace(believed(world(3, 8, n), [n] * 6 + [depth, against]), noise=np.full(8, 0.2))

    def error_of(n_seen: int) -> Floats:
        """(n,) what an item's residual adds to the error of the mean: seen ones stand for those not seen."""
        seen = np.arange(n) < n_seen
        return np.where(seen, (n - n_seen) / max(n_seen, 1) / n, -1.0 / n)

    wide = np.full(1, 10.0)
    variance = found.gap_variance(
        np.array([6]), wide[:, None], np.array([[depth]]), Against(spread=wide, depth=np.array(float(against)))
    )
    shared = RULES.residual_correlation * 0.2 * float(error_of(depth) @ error_of(against))
    assert variance[0, 0] == pytest.approx(20.0 - 2.0 * max(shared, 0.0))


@given(seed=st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_and_of_items_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = bought(world(seed, 9, 40), rng.choice([0, 5, 20, 40], 9))
    cells = replace(cells, regressors=rng.normal(size=(9, 2)), weight=rng.permutation(np.repeat([0.5, 1.5], 20)))
    by_row, by_item = rng.permutation(9), rng.permutation(40)
    moved = Bought(
        score=cells.score[np.ix_(by_row, by_item)],
        is_known=cells.is_known[np.ix_(by_row, by_item)],
        weight=cells.weight[by_item],
        regressors=cells.regressors[by_row],
        reference=int(np.flatnonzero(by_row == cells.reference)[0]),
    )
    plain, other = posterior(cells, RULES), posterior(moved, RULES)
    steps = np.array([0.0, 8.0, 16.0])
    assert other.mean == pytest.approx(plain.mean[by_row], abs=1e-7)
    assert other.variance(steps) == pytest.approx(plain.variance(steps)[by_row], abs=1e-9)
    assert np.array(other.gaps()) == pytest.approx(np.array(plain.gaps())[:, by_row], abs=1e-6)


def test_regressors_help_when_they_tell_something_and_do_no_harm_when_not() -> None:
    errors: dict[str, list[Floats]] = {"none": [], "informative": [], "noise": []}
    for seed in range(40):
        score = world(seed, 24, 100)
        truth, rng = score.mean(axis=1), np.random.default_rng(seed)
        facts = {
            "none": np.full(24, NAN),
            "informative": truth + rng.normal(0.0, 0.03, 24),
            "noise": rng.normal(size=24),
        }
        for name, fact in facts.items():
            cells = bought(score, [100] * 6 + [20] * 9 + [0] * 8 + [20])
            regressors = np.column_stack([fact, np.full(24, NAN)])
            errors[name].append(posterior(replace(cells, regressors=regressors), RULES).mean[15:23] - truth[15:23])
    square = {name: float(np.square(each).mean()) for name, each in errors.items()}
    assert square["informative"] < 0.4 * square["none"]
    assert square["noise"] < 1.1 * square["none"]


@given(n_copies=st.integers(2, 5), seed=st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_copies_of_an_item_in_a_cluster_tell_no_more_than_the_item(n_copies: int, seed: int) -> None:
    score = world(seed, 9, 40)
    depths = np.random.default_rng(seed).choice([0, 5, 20, 40], 9)
    plain = posterior(bought(score, depths), RULES)
    copied = bought(np.repeat(score, n_copies, axis=1), depths * n_copies)
    clustered = posterior(replace(copied, worth=1.0 / n_copies), RULES)
    # complete rows are smoothed by two more items, whatever those are worth: the features differ a little
    assert clustered.mean == pytest.approx(plain.mean, abs=0.01)
    assert spread_now(clustered) == pytest.approx(spread_now(plain), rel=0.05, abs=1e-9)
    assert clustered.gaps()[1] == pytest.approx(plain.gaps()[1], rel=0.05, abs=1e-9)
    later = plain.variance(np.array([10.0])), clustered.variance(np.array([10.0 * n_copies]))
    assert later[1] == pytest.approx(later[0], rel=0.1, abs=1e-9)
    careless = posterior(copied, RULES)
    is_part = (depths > 0) & (depths < 40)
    assert (spread_now(careless) < spread_now(clustered))[is_part].all()


def test_a_row_that_misses_a_few_items_still_counts_as_complete() -> None:
    score = world(4)
    known = np.arange(N_ITEMS)[None, :] < np.array([N_ITEMS] * 5 + [20] * 9)[:, None]
    holed = known.copy()
    holed[:5, 17] = False
    cells = bought(score, [N_ITEMS] * 5 + [20] * 9)
    plain = posterior(cells, RULES)
    other = posterior(replace(cells, is_known=holed, score=np.where(holed, score, 0.0)), RULES)
    assert other.direction.shape == plain.direction.shape == (14, 2)
    assert other.mean[5:] == pytest.approx(plain.mean[5:], abs=0.02)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_rows_all_wrong_or_all_right_are_not_taken_for_certain(score: float) -> None:
    found = believed(np.full((6, 50), score), [50, 50, 50, 50, 10, 10])
    assert (spread_now(found)[4:] > 0.005).all()
    assert np.isfinite(found.gaps()[0]).all()


def test_without_any_outcome_all_rows_are_alike_but_the_reference() -> None:
    found = believed(np.zeros((4, 30)), [0, 0, 0, 0])
    gap, sd = found.gaps()
    assert gap[:3] == pytest.approx(np.full(3, gap[0]))
    assert gap[0] < 0.0
    assert sd[0] > 0.15
    assert (gap[3], sd[3]) == (0.0, 0.0)
