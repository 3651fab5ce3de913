"""A log of several models as a recorded table, which `search --recorded`, `compare` and `--past` read.

Nothing is filled in: a reader of recorded tables takes a missing cell as score 0, so items that a model failed on, or
was not asked, are left out for all models; a model that lacks more than `MAX_MISSING` of them is left out itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from modelsearch.core.model_name import model_name
from modelsearch.core.ports import Scorer
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.task import Item, TaskSpec
from modelsearch.interop.cells import CHARS_PER_TOKEN, Cell, Cells, Price
from modelsearch.interop.logged import LeftOut
from modelsearch.interop.scorer_fit import graded

MAX_MISSING = 0.1
_PER_MTOK = 1e6


@dataclass(frozen=True, kw_only=True)
class Grading:
    """The scorer that reads answers, if one is chosen, and the items that it needs."""

    scorer: Scorer | None
    task: TaskSpec
    items: Mapping[str, Item]

    def answer(self, cell: Cell, item_id: str) -> str | None:
        """The canonical answer of a cell, else its text; what stands for agreement among models."""
        text = cell.answer
        if text is None or self.scorer is None:
            return text
        return graded(cell.outcomes[0], self.items[item_id], self.scorer, self.task).answer if cell.answer else None


def table_of(
    name: str, cells: Cells, grading: Grading, prices: Mapping[str, Price]
) -> tuple[RecordedTable | None, list[LeftOut]]:
    """The table and what was left out of it; None where fewer than two models are left.

    Args:
        name: of the table.
        cells: by model and item.
        grading: reads answers; only items with a target count.
        prices: list prices, where they are known.
    """
    items = sorted(grading.items)
    models = sorted({model for model, _ in cells})
    left_out, kept = [], []
    for model in models:
        n_usable = sum(_is_usable(cells.get((model, item))) for item in items)
        if n_usable >= (1 - MAX_MISSING) * len(items) and n_usable:
            kept.append(model)
        else:
            left_out.append(LeftOut(1, f"model {model} of the recorded table", _lack(cells, model, items)))
    full = [item for item in items if all(_is_usable(cells.get((model, item))) for model in kept)]
    if len(full) < len(items) and len(kept) > 1:
        why = "a model failed on them or was not asked, and a gap would count as wrong"
        left_out.append(LeftOut(len(items) - len(full), "items of the recorded table", why))
    if len(kept) < 2 or not full:
        return None, left_out
    return _table(
        name, [[cells[model, item] for item in full] for model in kept], (kept, full, grading, prices)
    ), left_out


def _is_usable(cell: Cell | None) -> bool:
    return cell is not None and cell.score is not None and cell.cost_usd is not None


def _lack(cells: Cells, model: str, items: Sequence[str]) -> str:
    own = [cell for item in items if (cell := cells.get((model, item))) is not None]
    if own and all(cell.cost_usd is None for cell in own):
        return "its costs are unknown: give --price"
    if own and all(cell.score is None for cell in own):
        return "it has no scores"
    n_usable = sum(_is_usable(cell) for cell in own)
    return f"it has score and cost for {n_usable} of {len(items)} items"


def _table(
    name: str,
    grid: list[list[Cell]],
    given: tuple[Sequence[str], Sequence[str], Grading, Mapping[str, Price]],
) -> RecordedTable:
    models, items, grading, prices = given
    answers = np.array([[grading.answer(c, i) for c, i in zip(row, items, strict=True)] for row in grid], dtype=object)
    return RecordedTable(
        name=name,
        models=tuple(_model(model, row, prices.get(model)) for model, row in zip(models, grid, strict=True)),
        item_ids=tuple(items),
        score=np.array([[cell.score for cell in row] for row in grid], dtype=np.float64),
        cost_usd=np.array([[float(cell.cost_usd or 0) for cell in row] for row in grid]),
        latency_s=np.array([[np.nan if (s := cell.latency_s) is None else s for cell in row] for row in grid]),
        input_tokens=_counts(grid, "input"),
        output_tokens=_counts(grid, "output"),
        answer=answers,
        gold=tuple(_text(grading.items[item].target) for item in items),
        is_recorded=np.ones((len(models), len(items)), dtype=np.bool_),
    )


def _counts(grid: list[list[Cell]], kind: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    return np.array([[-1 if (n := cell.tokens(kind)) is None else n for cell in row] for row in grid], dtype=np.int64)


def _text(target: object) -> str:
    return str(target[0]) if isinstance(target, list) and target else str(target)


def _model(name: str, row: Sequence[Cell], price: Price | None) -> RecordedModel:
    """Its list price; without one, one price for all tokens that gives what its calls have cost."""
    if price is None:
        paid = mean_price_usd(row)
        prices = (paid, paid)
    else:
        prices = (float(price.input_usd), float(price.output_usd))
    provider = name.rsplit("/", 1)[0] if "/" in name else ""
    return RecordedModel(
        name=name,
        provider=provider,
        family=model_name(name).family,
        params_b=None,
        input_usd_per_mtok=prices[0],
        output_usd_per_mtok=prices[1],
        context_tokens=None,
    )


def mean_price_usd(row: Sequence[Cell]) -> float:
    """USD per Mtok, input and output alike; tokens that are not logged are told from the answers' length."""
    cost = fmean(float(cell.cost_usd or 0) for cell in row)
    tokens = fmean(
        (cell.tokens("input") or 0) + (cell.tokens("output") or len(cell.answer or "") / CHARS_PER_TOKEN)
        for cell in row
    )
    return cost / max(tokens, 1.0) * _PER_MTOK
