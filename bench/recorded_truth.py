"""What a recorded table says of every model, by the judge of the recorded benchmark where it is there."""

import importlib.util
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modelsearch.core.candidate import Ensemble
from modelsearch.core.ids import ItemId
from modelsearch.core.recorded import RecordedTable
from modelsearch.evaluate.recorded import RecordedReplies, recorded_task
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.store.recorded import read_recorded_table


@dataclass(frozen=True, kw_only=True)
class Row:
    """A model on the whole table: mean score and USD per item."""

    quality: float
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Every model of a table.

    Attributes:
        exhaustive_usd: what the whole table costs.
        net_captured: the judge's own figure for (baseline, quality, cost, margin), or None without the judge.
    """

    rows: dict[str, Row]
    exhaustive_usd: float
    net_captured: Callable[[str, float, float, float], float] | None = None

    def of(self, model: str) -> Row | None:
        """A model's row; None for a composite."""
        return self.rows.get(model)

    def baseline(self, model: str) -> Row:
        """The baseline's row."""
        return self.rows[model]

    def is_within(self, row: Row, baseline: str, margin: float) -> bool:
        """Whether it loses no more than the margin against the baseline."""
        return row.quality >= self.rows[baseline].quality - margin - 1e-12

    def has_saving(self, baseline: str, margin: float) -> bool:
        """Whether any cheaper model is truly within the margin."""
        base = self.rows[baseline]
        return any(r.cost_usd < base.cost_usd and self.is_within(r, baseline, margin) for r in self.rows.values())

    def best(self, baseline: str, margin: float) -> str:
        """The cheapest model that is truly within the margin of the baseline, and what it saves."""
        base = self.rows[baseline]
        right = {name: row for name, row in self.rows.items() if self.is_within(row, baseline, margin)}
        name = min(right, key=lambda name: right[name].cost_usd)
        return f"{name} saves {1 - right[name].cost_usd / base.cost_usd:.1%} ({len(right)} of {len(self.rows)} within)"

    def captured(self, baseline: str, row: Row, margin: float) -> str:
        """Share of the available saving, in words."""
        if self.net_captured is None:
            return "unknown (no judge)"
        return f"{self.net_captured(baseline, row.quality, row.cost_usd, margin):.3f}"


def vote_of(table: RecordedTable, vote: Ensemble) -> Row:
    """A vote on the whole table, counted here anew: plurality of canonical answers, ties to the first member.

    Members that say nothing abstain; where all do, the item counts 0. Costs add.
    """
    rows = [table.row[member.endpoint_id] for member in vote.members]
    replies, task = RecordedReplies(table=table), recorded_task(table)
    scorer = make_scorer(task)
    items = {item.id: item for item in task.items}
    total = 0.0
    for column, item_id in enumerate(table.item_ids):
        texts = [replies.text(row, column) for row in rows]
        said = [scorer.canonical(text, items[ItemId(item_id)]) if text else None for text in texts]
        votes = Counter(answer for answer in said if answer is not None)
        if votes:
            winner = next(n for n, answer in enumerate(said) if votes[str(answer)] == max(votes.values()))
            total += float(table.score[rows[winner], column])
    return Row(quality=total / len(table.item_ids), cost_usd=float(table.cost_usd[rows].sum(axis=0).mean()))


def truth_of(shared: Path, folder: Path) -> Truth:
    """The judge's truth where its file is there, else our own reading of the table."""
    judge_path = shared / "bench" / "score.py"
    return _judged(judge_path, folder) if judge_path.is_file() else _read(folder)


def _judged(path: Path, folder: Path) -> Truth:
    spec = importlib.util.spec_from_file_location("recorded_judge", path)
    if spec is None or spec.loader is None:
        return _read(folder)
    judge: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    table, exhaustive_usd = judge.read_table(folder)
    rows = {str(name): Row(quality=float(r.quality), cost_usd=float(r.cost)) for name, r in table.iterrows()}

    def captured(baseline: str, quality: float, cost_usd: float, margin: float) -> float:
        return float(judge.net_captured(table, baseline, quality, cost_usd, margin))

    return Truth(rows=rows, exhaustive_usd=exhaustive_usd, net_captured=captured)


def _read(folder: Path) -> Truth:
    table = read_recorded_table(folder)
    rows = {
        model.name: Row(quality=float(np.mean(table.score[row])), cost_usd=float(np.mean(table.cost_usd[row])))
        for row, model in enumerate(table.models)
    }
    return Truth(rows=rows, exhaustive_usd=table.exhaustive_usd)
