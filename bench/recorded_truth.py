"""What a recorded table says of every model, by the judge of the recorded benchmark where it is there."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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

    def best(self, baseline: str, margin: float) -> str:
        """The cheapest model that is truly within the margin of the baseline, and what it saves."""
        base = self.rows[baseline]
        right = {name: row for name, row in self.rows.items() if row.quality >= base.quality - margin - 1e-12}
        name = min(right, key=lambda name: right[name].cost_usd)
        return f"{name} saves {1 - right[name].cost_usd / base.cost_usd:.1%} ({len(right)} of {len(self.rows)} within)"

    def captured(self, baseline: str, row: Row, margin: float) -> str:
        """Share of the available saving, in words."""
        if self.net_captured is None:
            return "unknown (no judge)"
        return f"{self.net_captured(baseline, row.quality, row.cost_usd, margin):.3f}"


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
