"""A recorded table and what is true of it: quality and cost of each model over all items, and the whole cost X."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from modelsearch.compare.past import table_past_quality
from modelsearch.core.budget import Budget
from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.errors import BaselineError
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.market import Market
from modelsearch.core.money import usd
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.search import Floats, Setting
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.cells import Cells
from modelsearch.evaluate.item_order import item_order
from modelsearch.evaluate.recorded import expected_cost_usd, recorded_market, recorded_task
from modelsearch.store.recorded import read_recorded_table

N_KEPT_TABLES = 2
"""Tables that a process keeps; a large one has some hundred MB of outcomes."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What the whole table says of a candidate: mean score, USD per item."""

    quality: float
    cost_usd: float


@dataclass(frozen=True)
class Field:
    """A table to be searched: its models as candidates, its cells for sale."""

    table: RecordedTable

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name

    @cached_property
    def task(self) -> TaskSpec:
        """The table's items as a task."""
        return recorded_task(self.table)

    @cached_property
    def market(self) -> Market:
        """The table's models as endpoints."""
        return recorded_market(self.table)

    @cached_property
    def singles(self) -> tuple[Single, ...]:
        """The models as candidates, sorted by id."""
        found = (Single(endpoint_id=EndpointId(model.name)) for model in self.table.models)
        return tuple(sorted(found, key=lambda single: single.id))

    def single(self, model: str) -> Single:
        """A model as a candidate."""
        return Single(endpoint_id=EndpointId(model))

    @cached_property
    def cells(self) -> Cells:
        """What is sold."""
        return Cells(self.table, self.task)

    @cached_property
    def quality(self) -> Floats:
        """(n_models,) mean score over all items, in table order."""
        return np.asarray(self.table.score.mean(axis=1), dtype=np.float64)

    @cached_property
    def cost_usd(self) -> Floats:
        """(n_models,) USD per item over all items, in table order."""
        return np.asarray(self.table.cost_usd.mean(axis=1), dtype=np.float64)

    @property
    def exhaustive_usd(self) -> float:
        """X: what the whole table costs, USD."""
        return self.table.exhaustive_usd

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row of each model."""
        return self.table.row

    def truth(self, candidate: Candidate) -> Truth:
        """Of a model from the table, of a composite from its members' outcomes on every item."""
        if isinstance(candidate, Single):
            row = self.rows[candidate.endpoint_id]
            return Truth(quality=float(self.quality[row]), cost_usd=float(self.cost_usd[row]))
        if candidate not in self._composites:
            self._composites[candidate] = Truth(
                quality=self.cells.mean_score(candidate), cost_usd=self.cells.mean_cost_usd(candidate)
            )
        return self._composites[candidate]

    @cached_property
    def _composites(self) -> dict[Candidate, Truth]:
        return {}

    @cached_property
    def list_cost_usd(self) -> dict[CandidateId, float]:
        """Expected USD per item as far as list prices tell; models without a price are absent."""
        expected = {CandidateId(model.name): expected_cost_usd(model) for model in self.table.models}
        return {name: cost for name, cost in expected.items() if cost is not None}

    @cached_property
    def mean_cost_usd(self) -> dict[CandidateId, float]:
        """True USD per item of every model: what a search may be given on purpose."""
        return {CandidateId(name): float(self.cost_usd[row]) for name, row in self.rows.items()}

    def share_usd(self, share: float) -> Decimal:
        """A share of X as money."""
        return usd(Decimal(repr(self.exhaustive_usd)) * Decimal(str(share)))

    def setting(self, asked: "Asked") -> Setting:
        """The setting of one search.

        Raises:
            BaselineError: the table has no such model.
        """
        if asked.baseline not in self.rows:
            message = f"table {self.name!r}: no model {asked.baseline!r} to be the baseline, or it was left out as thin"
            raise BaselineError(message)
        task = replace(self.task, margin=asked.margin, alpha=asked.alpha)
        return Setting(
            task=task,
            market=self.market,
            item_ids=self._order(asked.seed),
            candidates=self.singles,
            baseline_id=CandidateId(asked.baseline),
            budget=Budget(spend_usd=self.share_usd(asked.budget_share)),
            list_cost_usd=self.mean_cost_usd if asked.is_cost_known else self.list_cost_usd,
            seed=asked.seed,
            is_votable=self.cells.is_votable,
            is_cost_known=asked.is_cost_known,
            past_quality=self._past_quality(asked.past),
        )

    def _past_quality(self, folders: tuple[Path, ...]) -> Mapping[CandidateId, float]:
        if folders not in self._expected:
            self._expected[folders] = table_past_quality(self.table, folders)
        return self._expected[folders]

    @cached_property
    def _expected(self) -> dict[tuple[Path, ...], Mapping[CandidateId, float]]:
        return {}

    def _order(self, seed: int) -> tuple[ItemId, ...]:
        if seed not in self._orders:
            self._orders[seed] = item_order(self.task, seed)
        return self._orders[seed]

    @cached_property
    def _orders(self) -> dict[int, tuple[ItemId, ...]]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One search of a field. `past` are folders of tables and runs to learn from, this table's own left out."""

    baseline: str
    budget_share: float
    seed: int = 0
    margin: float = 0.02
    alpha: float = 0.05
    is_cost_known: bool = False
    is_baseline_imported: bool = False
    past: tuple[Path, ...] = ()


@lru_cache(maxsize=N_KEPT_TABLES)
def read_field(folder: Path) -> Field:
    """The table of a folder, read once while it is in use.

    Raises:
        RecordedTableError: it breaks the contract of recorded tables.
    """
    return Field(read_recorded_table(folder))
