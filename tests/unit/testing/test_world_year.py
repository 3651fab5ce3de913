from dataclasses import replace

import numpy as np

from modelsearch.testing.world_year import N_NIGHTS, NEVER, YearShape, make_year_world

SHAPE = YearShape(n_start=30, n_items=200, new=1.0, burst=8, gone=1.0, repriced=2.0)


def test_equal_seeds_give_equal_years() -> None:
    one, two, other = make_year_world(SHAPE, 1), make_year_world(SHAPE, 1), make_year_world(SHAPE, 2)
    assert np.array_equal(one.table.score, two.table.score)
    assert (one.price_moves, one.quotes, one.outages) == (two.price_moves, two.quotes, two.outages)
    assert not np.array_equal(one.table.score, other.table.score)


def test_as_many_come_go_and_move_as_the_rates_say() -> None:
    year = make_year_world(SHAPE, 1)
    is_new = year.arrives > 0
    assert is_new.sum() == SHAPE.n_new == 20
    assert (year.leaves < NEVER).sum() <= 12
    assert len(year.price_moves) == 24
    assert np.bincount(year.arrives[is_new]).max() >= 4  # the burst
    assert np.all(year.leaves > year.arrives)
    assert all(1 <= day < N_NIGHTS for day, _, _ in year.price_moves)


def test_the_baseline_is_there_all_year_and_no_newcomer() -> None:
    year = make_year_world(SHAPE, 3)
    assert (year.arrives[year.baseline], year.leaves[year.baseline]) == (0, NEVER)


def test_many_newcomers_miss_the_margin_by_a_few_items() -> None:
    year = make_year_world(replace(SHAPE, new=20.0), 4)
    gap = year.table.score.mean(axis=1) - year.table.score[year.baseline].mean()
    new = gap[year.arrives > 0]
    near = (new < -SHAPE.margin) & (new >= -SHAPE.margin - 4.5 / SHAPE.n_items)
    assert 0.25 < near.mean() < 0.5
    assert (new >= -SHAPE.margin).mean() > 0.2


def test_a_boundary_year_begins_with_no_cheaper_model_that_is_good_enough() -> None:
    year = make_year_world(replace(SHAPE, is_boundary=True), 5)
    usd, quality = year.table.cost_usd.mean(axis=1), year.table.score.mean(axis=1)
    is_cheaper = (year.arrives == 0) & (usd < usd[year.baseline])
    assert quality[is_cheaper].max() < quality[year.baseline] - SHAPE.margin


def test_costs_are_tokens_at_list_prices() -> None:
    year = make_year_world(SHAPE, 6)
    price = np.array([model.input_usd_per_mtok for model in year.table.models])[:, None]
    billed = (year.table.input_tokens + 4 * year.table.output_tokens) * price / 1e6
    assert np.allclose(billed, year.table.cost_usd)
