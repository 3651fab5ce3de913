"""The market of a simulated year, day by day: what sources tell, and what is true."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.recorded import RecordedTable
from modelsearch.evaluate.recorded import expected_cost_usd
from modelsearch.nights.night import Offer
from modelsearch.testing.world_boundary import rescored
from modelsearch.testing.world_outcomes import Bools, Floats, Ints
from modelsearch.testing.world_year import YearWorld, brought_to

FIRST_DAY = date(2026, 1, 1)
MAX_JUMP = 100.0
"""A price that jumps by so much is a slip of the source; what stood before stays in force."""
ALIAS_SHIFT = (-0.06, 0.03)
"""What stands behind a name after it moved: quality more or less by so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """Somebody who goes because the year says so: told on a day, gone on another."""

    told: int
    gone: int


class YearMarket:
    """Truth and listing of one year; days are played in order."""

    def __init__(self, world: YearWorld, seed: int) -> None:
        self.world = world
        self.table: RecordedTable = world.table
        self._rng = np.random.default_rng([seed, 1])
        n_models = len(world.table.models)
        self._factor: Floats = np.ones(n_models)
        self._told_usd: Floats = np.full(n_models, np.nan)
        self._revision: Ints = np.zeros(n_models, dtype=np.int64)
        self._retired: dict[int, Retired] = {}
        self.n_caught = 0
        self.n_fooled = 0

    @property
    def row(self) -> dict[str, int]:
        """Row of each model by name."""
        return {model.name: row for row, model in enumerate(self.table.models)}

    def begin(self, day: int) -> None:
        """What happens in the market on a day."""
        for when, row, factor in self.world.price_moves:
            if when == day:
                self._factor[row] *= factor
        for when, row in self.world.aliases:
            if when == day and row != self.world.baseline:
                self._revision[row] += 1
                self._shift(row)

    def retire(self, row: int, told: int, gone: int) -> None:
        """Announce that somebody goes."""
        self._retired[row] = Retired(told=told, gone=gone)

    def degrade(self, rows: Sequence[int], lost: Ints) -> None:
        """Some models fail on some items from now on, and no source says so."""
        score = self.table.score.copy()
        score[np.ix_(np.asarray(rows), lost)] = 0.0
        self.table = rescored(self.table, score)

    def on_sale(self, day: int) -> Bools:
        """(n_models,) who can be called."""
        is_on = (self.world.arrives <= day) & (day < self.world.leaves)
        for row, retired in self._retired.items():
            is_on[row] &= day < retired.gone
        return np.asarray(is_on, dtype=np.bool_)

    def is_down(self, row: int, day: int) -> bool:
        """Whether its provider answers nobody that day."""
        return (day, int(self.world.provider[row])) in self.world.outages

    def true_quality(self) -> Floats:
        """(n_models,) mean score over the items, as things are today."""
        return np.asarray(self.table.score.mean(axis=1), dtype=np.float64)

    def slice_of(self, rows: Sequence[int], *, is_voted: bool = True) -> RecordedTable:
        """Some models at today's prices; where nobody votes, scores alone will do."""
        at = np.asarray(sorted(rows), dtype=np.int64)
        table = self.table
        return replace(
            table,
            models=tuple(table.models[row] for row in at),
            score=table.score[at],
            cost_usd=table.cost_usd[at] * self._factor[at, None],
            latency_s=table.latency_s[at],
            input_tokens=table.input_tokens[at],
            output_tokens=table.output_tokens[at],
            answer=table.answer[at],
            gold=table.gold if is_voted else ("",) * len(table.gold),
            is_recorded=table.is_recorded[at],
            confidence=None,
        )

    def offers(self, day: int) -> dict[CandidateId, Offer]:
        """What sources tell of a day, after the guards."""
        return {
            offer.candidate_id: offer
            for row in map(int, np.flatnonzero(self.on_sale(day)))
            if (offer := self._offer(row, day))
        }

    def _offer(self, row: int, day: int) -> Offer:
        model = self.table.models[row]
        price = self._quoted(row, day) * (model.input_usd_per_mtok or 0.0)
        ratio = (model.output_usd_per_mtok or 0.0) / (model.input_usd_per_mtok or 1.0)
        listed = expected_cost_usd(replace(model, input_usd_per_mtok=price, output_usd_per_mtok=price * ratio))
        return Offer(
            candidate_id=CandidateId(model.name),
            endpoint_ids=(EndpointId(model.name),),
            revision=f"{model.name}|bf16|{self._revision[row]}",
            list_cost_usd=listed,
            usd_per_mtok_input=price,
            usd_per_mtok_output=price * ratio,
            deprecated_on=self._last_day(row, day),
        )

    def _quoted(self, row: int, day: int) -> float:
        """The price factor that is believed: a jump beyond measure is a slip."""
        told = self._factor[row]
        for quote in self.world.quotes:
            if quote.day == day and quote.model == row:
                told *= quote.factor
        before = self._told_usd[row]
        if not np.isnan(before) and not 1 / MAX_JUMP < told / before < MAX_JUMP:
            self.n_caught += 1
            return float(before)
        self.n_fooled += int(told != self._factor[row])
        self._told_usd[row] = told
        return float(told)

    def _last_day(self, row: int, day: int) -> date | None:
        retired = self._retired.get(row)
        told, gone = (retired.told, retired.gone) if retired else (self.world.told[row], self.world.leaves[row])
        return FIRST_DAY + timedelta(days=int(gone) - 1) if told <= day else None

    def _shift(self, row: int) -> None:
        score = self.table.score.copy()
        n_items = score.shape[1]
        wanted = round(float(score[row].sum()) + float(self._rng.uniform(*ALIAS_SHIFT)) * n_items)
        score[row] = brought_to(score[row], int(np.clip(wanted, 1, n_items - 1)), self._rng)
        self.table = rescored(self.table, score)
