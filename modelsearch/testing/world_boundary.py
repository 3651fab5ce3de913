"""Worlds in which every certificate is wrong, by a hair: where error rates are worst."""

from dataclasses import replace

import numpy as np

from modelsearch.core.recorded import RecordedTable
from modelsearch.testing.world_outcomes import Floats
from modelsearch.testing.worlds import RecordedWorld


def at_the_boundary(world: RecordedWorld, baseline: str, margin: float) -> RecordedWorld:
    """The world in which no cheaper model is good enough, and as many as were or nearly were miss it by one item.

    Right answers of the cheaper models that would be good enough are made wrong, from the items that fewest models get
    right on, until each is one item below the margin; those up to three margins below it are raised to there, from
    the easiest item on. The baseline stays as it is.
    """
    table, base = world.table, world.table.row[baseline]
    n_items = len(table.item_ids)
    wanted = int(np.ceil(table.score[base].sum() - margin * n_items - 1e-9)) - 1
    score = table.score.copy()
    easiest = np.argsort(-score.mean(axis=0), kind="stable")
    near = score.sum(axis=1) >= wanted - 3 * margin * n_items
    for row in np.flatnonzero(near & (world.cost_usd < world.cost_usd[base])):
        change = int(wanted - score[row].sum())
        if change > 0:
            score[row, [j for j in easiest if score[row, j] == 0][:change]] = 1.0
        elif change < 0:
            score[row, [j for j in easiest[::-1] if score[row, j] == 1][:-change]] = 0.0
    return replace(world, table=rescored(table, score))


def rescored(table: RecordedTable, score: Floats) -> RecordedTable:
    """The table with other scores of 0 and 1, and answers that earn them."""
    answer = table.answer.copy()
    labels = sorted(set(table.gold))
    for row, column in zip(*np.nonzero(score != table.score), strict=True):
        gold = table.gold[column]
        other = labels[(labels.index(gold) + 1) % len(labels)]
        answer[row, column] = gold if score[row, column] else other
    return replace(table, score=score, answer=answer)
