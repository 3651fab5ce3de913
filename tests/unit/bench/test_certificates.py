from dataclasses import replace

import numpy as np
import pytest

from bench.certificates_power import reference_usd, spend_ratios
from bench.certificates_rule import Boundary, boundaries, wrong_replays
from modelsearch.compare.tables import Field
from modelsearch.testing.worlds import WorldShape, make_recorded_world

SMALL = WorldShape(n_models=6, n_items=100)


def field(*shares: float) -> Field:
    """Rows that are right on the first items; each costs half of the one before, from 1 USD an item."""
    table = make_recorded_world(WorldShape(n_models=len(shares), n_items=100), 0).table
    score = np.array([(np.arange(100) < 100 * share).astype(np.float64) for share in shares])
    cost = np.array([np.full(100, 0.5**row) for row in range(len(shares))])
    return Field(replace(table, score=score, cost_usd=cost))


def test_the_reference_is_the_cheapest_way_to_show_one_candidate() -> None:
    found = field(0.9, 0.9, 0.95, 0.5)
    base = found.table.models[0].name
    difference = found.table.score[2] - found.table.score[0]
    by_margin = 1.25 * min(100, 2 * difference.var() * np.log(20) / 0.07**2)
    assert reference_usd(found, base, 0.02, 0.05) == pytest.approx(min(0.0, by_margin))
    assert reference_usd(field(0.9, 0.5), base, 0.02, 0.05) == np.inf
    assert reference_usd(field(0.9, 0.88), base, 0.02, 0.05) == pytest.approx(150.0)


def test_spend_counts_to_the_first_correct_certificate_and_is_endless_without_one() -> None:
    found = field(0.9, 0.88)
    base = found.table.models[0].name
    rows = [
        {
            "table": "t", "baseline": base, "seed": seed, "budget_share": share, "margin": 0.02, "alpha": 0.05,
            "spend_usd": 100 * share, "is_certified": seed == 0 and share >= 0.5, "is_false_certificate": False,
        }
        for seed in (0, 1)
        for share in (0.9, 0.5, 0.1)
    ]  # fmt: skip
    assert spend_ratios(rows, {"t": found}) == [pytest.approx(50 / 150), np.inf]
    assert spend_ratios(rows, {"t": field(0.9, 0.5)}) == []


def test_every_row_of_a_boundary_world_misses_by_one_item_except_the_good_one() -> None:
    for world in boundaries():
        short = world.baseline.sum() - world.margin_total - world.rows.sum(axis=1)
        is_item = 1.0 if world.name != "clusters" else 0.5
        np.testing.assert_array_equal(short <= 1e-9, world.is_feasible)
        assert short[~world.is_feasible].max() <= is_item + 1e-9
        assert (world.library.sum(axis=1) < world.baseline.sum() - world.margin_total).all()


def test_the_study_would_notice_a_rule_that_certifies_what_is_bad() -> None:
    world = next(boundaries())
    assert wrong_replays(world, 40, 0) <= 6
    bad: Boundary = replace(world, rows=np.minimum(world.rows + 0.2, 1.0), library=np.ones(world.library.shape))
    assert wrong_replays(bad, 40, 0) == 40
