"""The truth is .55 in every simulation; standard errors are stated where means are compared with it."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.doubly_robust import (
    Drawn,
    draw_probabilities,
    drawn_items,
    interval,
    log_wealth,
    mean_estimate,
    mirrored,
    step_estimates,
)

N, TRUTH = 100, 0.55
NAN = float("nan")


@dataclass(frozen=True)
class Run:
    drawn: Drawn
    one_shot: float
    naive: float


@cache
def run(seed: int, n_draws: int) -> Run:
    """An adaptive search: predictions follow what was seen, and what is predicted to be right is drawn more often."""
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(0.0, 1.2, N)
    easy_first = np.argsort(difficulty + rng.normal(0.0, 1.5, N))
    score = (np.isin(np.arange(N), easy_first[: int(TRUTH * N)])).astype(np.float64)
    guess = 1 / (1 + np.exp(difficulty + rng.normal(0.0, 0.5, N)))
    left, seen = np.ones(N, dtype=np.bool_), np.full(N, NAN)
    known_from = np.full(N, n_draws + 1)
    columns: list[int] = []
    p_draw: list[float] = []
    predictions: list[np.ndarray] = []
    for step in range(n_draws):
        predicted = fit(guess, seen)
        column, p = drawn_items(rng, predicted**3, left, 1)
        columns, p_draw, predictions = [*columns, *column.tolist()], [*p_draw, *p.tolist()], [*predictions, predicted]
        left[column], seen[column], known_from[column] = False, score[column], step + 1
    drawn = Drawn(
        score=seen,
        known_from=known_from,
        column=np.array(columns),
        p_draw=np.array(p_draw),
        prediction=np.stack(predictions),
        fit=np.arange(n_draws),
    )
    final = fit(guess, seen)
    one_shot = final.mean() + float(((seen - final)[columns] / np.array(p_draw)).sum()) / N
    return Run(drawn=drawn, one_shot=one_shot, naive=float(np.nanmean(seen)))


def fit(guess: np.ndarray, seen: np.ndarray) -> np.ndarray:
    is_seen = ~np.isnan(seen)
    shift = float((seen - guess)[is_seen].sum()) / (is_seen.sum() + 4.0)
    return np.asarray(np.clip(guess + shift, 0.0, 1.0))


def even(n_items: int, n_draws: int, seed: int, prediction: float = 0.5) -> Drawn:
    """Even draws of a row with the share TRUTH right."""
    rng = np.random.default_rng(seed)
    score = (rng.permutation(n_items) < TRUTH * n_items).astype(np.float64)
    columns, p_draw = drawn_items(rng, np.ones(n_items), np.ones(n_items, dtype=np.bool_), n_draws)
    known_from = np.full(n_items, n_draws + 1)
    known_from[columns] = np.arange(1, n_draws + 1)
    return Drawn(
        score=np.where(known_from <= n_draws, score, NAN),
        known_from=known_from,
        column=columns,
        p_draw=p_draw,
        prediction=np.full((1, n_items), prediction),
        fit=np.zeros(n_draws, dtype=np.int64),
    )


ONE_SHOT = 0.81
"""What one prediction fitted to everything, and each draw over its own probability, give here for a truth of .55."""


def test_it_is_unbiased_under_adaptive_draws_and_the_one_shot_form_is_not() -> None:
    runs = [run(seed, 20) for seed in range(400)]
    found, one_shot = np.array([mean_estimate(r.drawn).mean for r in runs]), np.array([r.one_shot for r in runs])
    error, one_shot_error = found.std() / 20, one_shot.std() / 20
    assert error < 0.01
    assert abs(found.mean() - TRUTH) < 3 * error
    assert abs(one_shot.mean() - ONE_SHOT) < 3 * one_shot_error
    assert one_shot.mean() > TRUTH + 4 * one_shot_error
    assert np.mean([r.naive for r in runs]) > TRUTH + 0.05


def test_every_step_is_unbiased_by_itself() -> None:
    phi = np.array([step_estimates(run(seed, 12).drawn) for seed in range(400)])
    z = (phi.mean(axis=0) - TRUTH) / (phi.std(axis=0) / np.sqrt(len(phi)))
    assert np.abs(z).max() < 3.5


def test_the_stated_variance_is_the_true_one() -> None:
    found = [mean_estimate(run(seed, 30).drawn) for seed in range(150)]
    spread = np.std([f.mean for f in found])
    assert np.sqrt(np.mean([f.variance for f in found])) == pytest.approx(spread, rel=0.2)


def test_even_draws_without_predictions_are_the_textbook_mean() -> None:
    found = [mean_estimate(even(60, 20, seed)) for seed in range(300)]
    textbook = np.sqrt(TRUTH * (1 - TRUTH) / 20 * (1 - 20 / 60))
    assert np.std([f.mean for f in found]) == pytest.approx(textbook, rel=0.15)
    assert np.mean([f.mean for f in found]) == pytest.approx(TRUTH, abs=3 * textbook / np.sqrt(300))


def test_a_whole_row_is_exact() -> None:
    found = mean_estimate(even(40, 40, 1))
    assert found.mean == pytest.approx(TRUTH)
    assert found.variance == 0.0


@given(score=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=12), guess=st.floats(0, 1))
def test_right_predictions_leave_nothing_to_correct(score: list[float], guess: float) -> None:
    values = np.array(score)
    drawn = Drawn(
        score=np.where(np.arange(values.size) == 1, values, NAN),
        known_from=np.where(np.arange(values.size) == 1, 1, 2),
        column=np.array([1]),
        p_draw=np.array([0.5 / values.size + 0.4 * guess]),
        prediction=values[None, :],
        fit=np.array([0]),
    )
    assert step_estimates(drawn).tolist() == pytest.approx([values.mean()])


def test_what_was_known_before_counts_as_it_is() -> None:
    drawn = Drawn(
        score=np.array([1.0, 1.0, 0.0, NAN]),
        known_from=np.array([0, 1, 2, 3]),
        column=np.array([1, 2]),
        p_draw=np.array([0.5, 0.5]),
        prediction=np.array([[0.5, 0.5, 0.5, 0.5], [0.0, 0.0, 0.25, 0.75]]),
        fit=np.array([0, 1]),
    )
    assert drawn.n_left.tolist() == [3, 2]
    first = (1.0 + 3 * 0.5 + 0.5 / 0.5) / 4
    second = (2.0 + 1.0 - 0.25 / 0.5) / 4
    assert step_estimates(drawn).tolist() == pytest.approx([first, second])


@given(
    weight=st.lists(st.floats(0, 100), min_size=1, max_size=20),
    n_left=st.integers(0, 20),
    floor=st.floats(0.1, 1.0),
)
def test_probabilities_are_a_distribution_over_what_is_left_with_a_floor(
    weight: list[float], n_left: int, floor: float
) -> None:
    is_left = np.arange(len(weight)) < n_left
    p = draw_probabilities(np.array(weight), is_left, floor)
    if not is_left.any():
        assert p.sum() == 0
        return
    assert p.sum() == pytest.approx(1.0)
    assert (p[is_left] >= floor / is_left.sum() - 1e-12).all()
    assert (p[~is_left] == 0).all()


@given(seed=st.integers(0, 1000), n_draws=st.integers(0, 15))
@settings(max_examples=30)
def test_nothing_is_drawn_twice(seed: int, n_draws: int) -> None:
    rng = np.random.default_rng(seed)
    is_left = rng.random(10) < 0.7
    columns, p_draw = drawn_items(rng, rng.random(10), is_left, n_draws)
    assert len(set(columns.tolist())) == len(columns) == len(p_draw) == min(n_draws, is_left.sum())
    assert is_left[columns].all()


def test_draws_come_as_often_as_stated() -> None:
    rng, weight = np.random.default_rng(2), np.array([8.0, 1.0, 1.0])
    first = [drawn_items(rng, weight, np.ones(3, dtype=np.bool_), 1)[0][0] for _ in range(2000)]
    share = np.bincount(first, minlength=3) / 2000
    assert share == pytest.approx(draw_probabilities(weight, np.ones(3, dtype=np.bool_)), abs=0.035)  # 3 s.e.


def test_bets_are_wrong_no_oftener_than_stated_however_often_looked_at() -> None:
    null, n_runs = np.array([TRUTH]), 100
    runs = [run(seed, 30).drawn for seed in range(n_runs)]
    best = np.array([log_wealth(drawn, null).max() for drawn in runs])
    twin = np.array([log_wealth(mirrored(drawn), -null).max() for drawn in runs])
    allowed = 0.1 + 3 * np.sqrt(0.1 * 0.9 / n_runs)
    assert np.mean(best >= np.log(10)) <= allowed
    assert np.mean(twin >= np.log(10)) <= allowed


def test_bets_win_where_the_null_is_wrong() -> None:
    wealth = np.array([log_wealth(run(seed, 60).drawn, np.array([0.25]))[0, -1] for seed in range(20)])
    assert np.median(wealth) > np.log(20)


def test_the_interval_holds_the_truth_and_narrows() -> None:
    short, long = [[interval(run(seed, n).drawn, 0.1) for seed in range(20)] for n in (20, 60)]
    assert np.mean([low <= TRUTH <= high for low, high in short + long]) >= 0.9
    assert np.mean([high - low for low, high in long]) < 0.75 * np.mean([high - low for low, high in short])


def test_good_predictions_make_the_interval_narrower() -> None:
    drawn = even(400, 160, 3)
    truth = np.where(np.isnan(drawn.score), TRUTH, drawn.score)
    good = replace(drawn, prediction=(0.9 * truth + 0.1 * 0.5)[None, :])
    widths = [high - low for low, high in (interval(good, 0.05), interval(drawn, 0.05))]
    assert widths[0] < 0.75 * widths[1]


def test_a_row_seen_whole_has_no_width() -> None:
    assert interval(even(20, 20, 4), 0.05) == pytest.approx((TRUTH, TRUTH))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p_draw": np.array([0.01])}, "p_draw"),
        ({"score": np.full(4, NAN)}, "needs a score"),
        ({"known_from": np.array([0, 9, 9, 9])}, "cannot be drawn"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, np.ndarray], message: str) -> None:
    parts = {
        "score": np.array([1.0, NAN, NAN, NAN]),
        "known_from": np.array([1, 9, 9, 9]),
        "column": np.array([0]),
        "p_draw": np.array([0.25]),
        "prediction": np.zeros((1, 4)),
        "fit": np.array([0]),
    }
    with pytest.raises(ValueError, match=message):
        Drawn(**{**parts, **changes})  # type: ignore[arg-type]


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one draw"):
        mean_estimate(even(10, 0, 0))
