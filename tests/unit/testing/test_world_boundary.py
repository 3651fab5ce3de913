import numpy as np

from modelsearch.evaluate.recorded import RecordedReplies
from modelsearch.testing.world_boundary import at_the_boundary
from modelsearch.testing.worlds import WorldShape, make_recorded_world


def test_at_the_boundary_the_best_cheaper_one_is_one_item_below_the_margin() -> None:
    found = make_recorded_world(WorldShape(n_models=30, n_items=400), 9)
    dear = found.cost_usd >= np.quantile(found.cost_usd, 0.75)
    base = int(np.argmax(np.where(dear, found.quality, -1)))
    moved = at_the_boundary(found, found.table.models[base].name, 0.02)
    assert RecordedReplies(table=moved.table).is_exact
    cheaper = moved.cost_usd < moved.cost_usd[base]
    gap = moved.quality[cheaper] - moved.quality[base]
    n_items = len(moved.table.item_ids)
    assert gap.max() < -0.02
    assert gap.max() >= -0.02 - 1 / n_items - 1e-9
    assert moved.quality[base] == found.quality[base]
