from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from modelsearch.stats.gap_model import Against, Bought, ModelRules, posterior
from modelsearch.stats.gap_value import (
    Choices,
    Step,
    best_steps,
    choices_of,
    expected_best,
    expected_saving,
    p_clears,
)

Floats = npt.NDArray[np.float64]
NAN = float("nan")
MARGIN = 0.02


def bought(depths: npt.NDArray[np.int64], n_items: int, seed: int) -> Bought:
    """The first items of rows of different ability; the last row is the reference."""
    rng = np.random.default_rng(seed)
    chance = np.append(rng.uniform(0.5, 0.95, len(depths) - 1), 0.8)
    is_known = np.arange(n_items)[None, :] < depths[:, None]
    return Bought(
        score=np.where(is_known, rng.random((len(depths), n_items)) < chance[:, None], 0.0).astype(np.float64),
        is_known=is_known,
        weight=np.ones(n_items),
        regressors=np.full((len(depths), 1), NAN),
        reference=len(depths) - 1,
    )


def choices(cells: Bought, price_usd: Floats, is_open: npt.NDArray[np.bool_] | None = None) -> Choices:
    """Costs as sure as a fifth, and everything open but the reference."""
    found = posterior(cells, ModelRules())
    saving = expected_saving(price_usd, np.full(len(price_usd), 0.2), cells.reference)
    others = np.arange(len(price_usd)) != cells.reference
    return choices_of(found, -MARGIN, saving, price_usd, others if is_open is None else is_open)


def best_step(found: Choices) -> Step | None:
    return next(iter(best_steps(found)), None)


def some(seed: int, n_rows: int, n_items: int = 60) -> tuple[Bought, Floats]:
    rng = np.random.default_rng(seed)
    return bought(rng.integers(0, n_items + 1, n_rows), n_items, seed), np.append(
        rng.uniform(0.1, 1.1, n_rows - 1), 1.0
    )


@given(gap=st.floats(-1.0, 1.0), sd=st.floats(0.0, 1.0))
def test_a_higher_gap_clears_more_surely_and_an_exact_one_may_touch(gap: float, sd: float) -> None:
    p = p_clears(np.array([gap - 0.1, gap, gap + 0.1]), np.full(3, sd), -MARGIN)
    assert p[0] <= p[1] <= p[2]
    assert p_clears(np.array([-MARGIN, -MARGIN - 1e-4]), np.zeros(2), -MARGIN).round(6).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("cost", [0.1, 0.6, 1.0, 1.7])
@pytest.mark.parametrize("sds", [(0.05, 0.05), (0.6, 0.1), (1.2, 0.5)])
def test_the_expected_saving_is_the_integral_over_two_log_normals(cost: float, sds: tuple[float, float]) -> None:
    steps = (np.arange(1200) + 0.5) / 1200 * 16.0 - 8.0
    weights = np.exp(-(steps**2) / 2)
    weights /= weights.sum()
    other, reference = cost * np.exp(sds[0] * steps), np.exp(sds[1] * steps)
    by_hand = weights @ np.maximum(0.0, 1.0 - other[:, None] / reference[None, :]) @ weights
    saving = expected_saving(np.array([cost, 1.0]), np.array(sds), 1)
    assert saving.tolist() == pytest.approx([by_hand, 0.0], abs=2e-4)


def test_costs_known_exactly_save_what_they_save_and_unknown_ones_nothing() -> None:
    saving = expected_saving(np.array([0.25, 2.0, NAN, 0.0, 1.0]), np.full(5, 1e-6), 4)
    assert saving.tolist() == pytest.approx([0.75, 0.0, 0.0, 1.0, 0.0], abs=1e-5)
    assert expected_saving(np.array([0.5, NAN]), np.full(2, 0.1), 1).tolist() == [0.0, 0.0]


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1, max_size=7))
def test_the_expected_best_is_that_of_all_cases(rows: list[tuple[float, float]]) -> None:
    p, saving = np.array(rows).T
    total = any_good = 0.0
    for case in product((False, True), repeat=len(rows)):
        is_good = np.array(case)
        chance = float(np.where(is_good, p, 1.0 - p).prod())
        if is_good.any():
            total, any_good = total + chance * float(saving[is_good].max()), any_good + chance
    if any_good > 1e-9:
        assert expected_best(p, saving) == pytest.approx(max(total / any_good, 1e-3), rel=1e-6)
    elif any_good < 1e-13:
        assert expected_best(p, saving) == pytest.approx(max(float(saving.max()), 1e-3))


def test_what_is_worth_choosing_now() -> None:
    cells = bought(np.array([60, 60, 60, 60]), 60, 0)
    cells.score[:] = (np.arange(60) < np.array([48, 40, 48, 48])[:, None]) * 1.0
    found = choices(cells, np.array([0.5, 0.1, 1.5, 1.0]))
    assert found.worth[0] == pytest.approx(min(1.0, found.saving[0] / found.best), abs=1e-6)
    assert found.worth[1] == pytest.approx(-1.0, abs=1e-6)
    closed = choices(cells, np.array([0.5, 0.1, 1.5, 1.0]), np.array([False, True, True, False]))
    assert closed.worth[[0, 3]].tolist() == [-np.inf, -np.inf]


def simulated(found: Choices, step: Step, n_draws: int = 40_000) -> tuple[float, float]:
    """Value of a step in a world of one row and the reference, and its standard error, by drawing what it shows."""
    belief, at = found.posterior, found.posterior.reference
    more = np.array([step.n_items if row in step.rows else 0 for row in range(2)], dtype=np.float64)
    spread = np.array([belief.variance(more[[row]])[row] for row in range(2)])
    depth = belief.n_known + more
    against = Against(spread=spread[at], depth=np.array(depth[at]))
    after = belief.gap_variance(np.array([0]), spread[[0]], depth[[0], None], against)[0, 0]
    now = found.sd[0] ** 2
    shown = found.gap[0] + np.sqrt(now - after) * np.random.default_rng(0).normal(size=n_draws)
    u = np.maximum(0.0, ndtr((shown + MARGIN) / np.sqrt(after)) * found.factor[0] - 1.0)
    return float(u.mean() - max(0.0, found.worth[0])), float(u.std() / np.sqrt(n_draws))


@pytest.mark.parametrize("depths", [(10, 30), (40, 20), (20, 0), (0, 50), (90, 90)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_value_of_a_step_is_what_drawing_its_outcome_gives(depths: tuple[int, int], seed: int) -> None:
    found = choices(bought(np.array(depths), 400, seed), np.array([0.3, 1.0]))
    step = best_step(found)
    assert step is not None
    value, error = simulated(found, step)
    assert step.value == pytest.approx(value, abs=0.02 + 3 * error)  # 0.02: nine nodes for a bend


@given(seed=st.integers(0, 2000), n_rows=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_a_step_is_never_worth_less_than_none_and_can_be_made(seed: int, n_rows: int) -> None:
    cells, prices = some(seed, n_rows)
    step = best_step(choices(cells, prices))
    if step is None:
        return
    known = cells.is_known.sum(axis=1)
    assert step.value >= -1e-6
    assert step.n_items >= 1
    assert any(known[row] < 60 for row in step.rows)
    more = [min(step.n_items, 60 - known[row]) for row in step.rows]
    assert step.price_usd == pytest.approx(sum(n * prices[row] for n, row in zip(more, step.rows, strict=True)))


def test_where_both_are_half_known_a_row_and_the_reference_are_bought_side_by_side() -> None:
    steps = [best_step(choices(bought(np.array([90, 90]), 400, seed), np.array([0.9, 1.0]))) for seed in range(10)]
    assert sum(step is not None and step.rows == (0, 1) for step in steps) >= 5


@given(seed=st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    cells, prices = some(seed, 6)
    order = np.random.default_rng(seed).permutation(6)
    moved = replace(
        cells,
        score=cells.score[order],
        is_known=cells.is_known[order],
        regressors=cells.regressors[order],
        reference=int(np.flatnonzero(order == 5)[0]),
    )
    plain, other = best_step(choices(cells, prices)), best_step(choices(moved, prices[order]))
    if plain is None or other is None:
        assert plain is other
        return
    if plain.value > 1e-6:  # of steps worth nothing, the first is taken
        assert {int(order[row]) for row in other.rows} == set(plain.rows)
        assert other.n_items == plain.n_items
    assert other.value == pytest.approx(plain.value, abs=1e-6)


def test_dearer_by_a_factor_is_worth_less_per_dollar_by_it() -> None:
    cells, prices = some(7, 5)
    plain, dear = best_step(choices(cells, prices)), best_step(choices(cells, 10.0 * prices))
    assert plain is not None
    assert dear is not None
    assert (dear.rows, dear.n_items) == (plain.rows, plain.n_items)
    assert dear.rate == pytest.approx(plain.rate / 10.0, rel=1e-6)


@pytest.mark.parametrize("unknown", [0, 1, 2, 3])
def test_who_has_no_price_is_never_bought(unknown: int) -> None:
    for seed in range(12):
        cells, prices = some(seed, 4)
        found = choices(cells, prices)
        priced = np.where(np.arange(4) == unknown, NAN, prices)
        step = best_step(replace(found, price_usd=priced))
        assert step is None or unknown not in step.rows


def test_who_is_closed_saves_nothing_or_is_whole_is_never_bought() -> None:
    cells = bought(np.array([0, 10, 60, 10, 10]), 60, 0)
    prices = np.array([0.2, 1e9, 0.2, 0.3, 1.0])
    for closed in (0, 3):
        is_open = np.arange(5) < 4
        is_open[closed] = False
        step = best_step(choices(cells, prices, is_open))
        assert step is not None
        assert not {closed, 1, 2} & set(step.rows)


def test_nothing_is_bought_when_all_is_whole_or_nobody_is_left() -> None:
    assert best_step(choices(bought(np.full(4, 60), 60, 0), np.array([0.1, 0.2, 0.3, 1.0]))) is None
    assert best_step(choices(bought(np.array([10]), 60, 0), np.ones(1))) is None


def test_of_two_alike_the_earlier_is_bought_and_free_items_are_bought_first() -> None:
    cells = bought(np.array([20, 20, 60]), 60, 0)
    cells.score[1] = cells.score[0]
    step = best_step(choices(cells, np.array([0.3, 0.3, 1.0])))
    assert step is not None
    assert step.rows == (0,)
    free = best_step(replace(choices(cells, np.array([0.3, 0.3, 1.0])), price_usd=np.array([0.3, 0.0, 1.0])))
    assert free is not None
    assert free.rows == (1,)
    assert np.isfinite(free.rate)


@given(seed=st.integers(0, 2000), n_rows=st.integers(2, 8), near=st.sampled_from([0.3, 0.8, 1.0]))
@settings(max_examples=60, deadline=None)
def test_steps_that_go_together_are_of_different_rows_and_nearly_as_good(seed: int, n_rows: int, near: float) -> None:
    cells, prices = some(seed, n_rows)
    found = choices(cells, prices)
    steps = best_steps(found, near)
    assert steps[:1] == best_steps(found)[:1]
    if len(steps) > 1:
        assert len({step.rows for step in steps}) == len(steps)
        assert all(len(step.rows) == 1 and step.rows != (cells.reference,) for step in steps)
        assert all(step.rate >= near * steps[0].rate for step in steps)


def test_rows_that_are_alike_go_together() -> None:
    alike = choices(bought(np.array([0, 0, 0, 40]), 60, 0), np.array([0.1, 0.1, 0.1, 1.0]))
    assert [step.rows for step in best_steps(alike, 0.99)] == [(0,), (1,), (2,)]
