"""Dynamic pruning on recorded tables: who would be pruned once the first items of everybody are bought."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.screen_market import Dressing, dressed_market
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, OutcomeMatrix, SearchView, Setting
from modelsearch.search.fold import Fold

DEPTHS = (16, 64, 256)
PRUNERS = ("quality_ceiling", "racing", "pareto_dominated", "efficiency_floor", "top_fraction")


def bought_views(field: Field, asked: Asked, dressing: Dressing) -> Iterator[tuple[int, SearchView]]:
    """The view after each depth that the table has, everybody bought to it."""
    setting = field.setting(asked)
    setting = replace(setting, market=dressed_market(setting.market, dressing))
    whole = whole_outcomes(field, setting)
    blank = Fold(setting).view()
    for depth in DEPTHS:
        if depth <= len(setting.item_ids):
            yield depth, replace(blank, outcomes=cut(whole, depth))


def whole_outcomes(field: Field, setting: Setting) -> OutcomeMatrix:
    """The table in the shared order, candidates by id."""
    table = field.table
    column = {item_id: at for at, item_id in enumerate(table.item_ids)}
    rows = [field.rows[candidate.id] for candidate in setting.candidates]
    cells = np.ix_(rows, [column[str(item_id)] for item_id in setting.item_ids])
    shape = (len(rows), len(setting.item_ids))
    return OutcomeMatrix(
        score=table.score[cells].astype(np.float32),
        status=np.full(shape, STATUS_CODES[Status.OK], dtype=np.uint8),
        cost_usd=table.cost_usd[cells],
        latency_s=np.full(shape, np.nan, dtype=np.float32),
        answer=np.full(shape, -1, dtype=np.int32),
    )


def cut(whole: OutcomeMatrix, depth: int) -> OutcomeMatrix:
    """Everything after the first `depth` items not bought."""
    is_left = np.arange(whole.score.shape[1])[None, :] >= depth
    return replace(
        whole,
        score=np.where(is_left, np.nan, whole.score).astype(np.float32),
        status=np.where(is_left, 0, whole.status).astype(np.uint8),
        cost_usd=np.where(is_left, np.nan, whole.cost_usd),
    )
