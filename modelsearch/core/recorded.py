"""A recorded table: outcomes of every model on every item, bought once by somebody, replayed for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedModel:
    """One line of `models.csv`; None = unknown."""

    name: str
    provider: str
    family: str
    params_b: float | None
    input_usd_per_mtok: float | None
    output_usd_per_mtok: float | None
    context_tokens: int | None


@dataclass(frozen=True, kw_only=True)
class RecordedTable:
    """Rows are models sorted by name, columns items sorted by id. A cell without a record counts as score 0 at the
    model's mean cost, so that every cell can be bought.

    Attributes:
        score: (n_models, n_items) in [0, 1].
        cost_usd: (n_models, n_items) USD.
        latency_s: (n_models, n_items), NaN = unknown.
        input_tokens, output_tokens: (n_models, n_items), -1 = unknown.
        answer: (n_models, n_items) text or None; gold: (n_items,) text.
        is_recorded: (n_models, n_items); False where the cell was filled in.
        confidence: (n_models, n_items) how sure the model was of its answer, in [0, 1], NaN = unknown; None = of none.
    """

    name: str
    models: tuple[RecordedModel, ...]
    item_ids: tuple[str, ...]
    score: npt.NDArray[np.float64]
    cost_usd: npt.NDArray[np.float64]
    latency_s: npt.NDArray[np.float64]
    input_tokens: npt.NDArray[np.int64]
    output_tokens: npt.NDArray[np.int64]
    answer: npt.NDArray[np.object_]
    gold: tuple[str, ...]
    is_recorded: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float64] | None = None

    @property
    def row(self) -> Mapping[str, int]:
        """Row of each model by name."""
        return {model.name: row for row, model in enumerate(self.models)}

    @property
    def exhaustive_usd(self) -> float:
        """X: the sum of all cells."""
        return float(self.cost_usd.sum())
