"""The market of a simulated year, day by day: what sources tell, and what is true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bench.year_sources import Sources, Told, price_of
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.offering import Offering
from modelsearch.core.recorded import RecordedTable
from modelsearch.evaluate.recorded import expected_cost_usd
from modelsearch.nights.night import Offer
from modelsearch.testing.world_boundary import rescored
from modelsearch.testing.world_outcomes import Bools, Floats, Ints
from modelsearch.testing.world_year import YearWorld, brought_to

FIRST_DAY = date(2026, 1, 1)
LOW = 0.99
"""Of the true price: what is in force is too low below that."""
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
        self._revision: Ints = np.zeros(n_models, dtype=np.int64)
        self._retired: dict[int, Retired] = {}
        self.sources = Sources()
        self._offers: dict[CandidateId, Offer] = {}
        self._synced: int | None = None
        self.quoted: list[float] = []
        self.n_low_days = 0

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
        """What is in force after the day's sync; days are asked for in order."""
        if self._synced != day:
            told = {
                told.name: told
                for row in map(int, np.flatnonzero(self.on_sale(day)))
                for told in (self._told(row, day),)
            }
            found = self.sources.sync(FIRST_DAY + timedelta(days=day), tuple(told.values()))
            self._offers = {CandidateId(name): self._offer(offering) for name, offering in found.items()}
            self._compare(told, found)
            self._synced = day
        return dict(self._offers)

    def _told(self, row: int, day: int) -> Told:
        model, factor = self.table.models[row], float(self._factor[row])
        quoted = [quote.factor for quote in self.world.quotes if quote.day == day and quote.model == row]
        return Told(
            name=model.name,
            input_usd=(model.input_usd_per_mtok or 0.0) * factor,
            output_usd=(model.output_usd_per_mtok or 0.0) * factor,
            revision=f"{model.name}-{self._revision[row]}",
            last_day=self._last_day(row, day),
            quoted=quoted[0] if quoted else 1.0,
            is_down=self.is_down(row, day),
        )

    def _offer(self, offering: Offering) -> Offer:
        model = self.table.models[self.row[str(offering.endpoint_id)]]
        usd_in, usd_out = price_of(offering, "input"), price_of(offering, "output")
        priced = replace(model, input_usd_per_mtok=usd_in, output_usd_per_mtok=usd_out)
        return Offer(
            candidate_id=CandidateId(model.name),
            endpoint_ids=(offering.endpoint_id,),
            revision=f"{model.name}|bf16|{offering.revision}",
            list_cost_usd=None if usd_in is None or usd_out is None else expected_cost_usd(priced),
            usd_per_mtok_input=usd_in,
            usd_per_mtok_output=usd_out,
            deprecated_on=offering.deprecated_on,
        )

    def _compare(self, told: dict[str, Told], found: Mapping[EndpointId, Offering]) -> None:
        """Prices in force against true ones: of wrong quotes the ratio; of all, days on which one is too low."""
        for name, each in told.items():
            usd = price_of(found[EndpointId(name)], "input") if EndpointId(name) in found else None
            if each.quoted != 1.0 and usd is not None:
                self.quoted.append(usd / each.input_usd)
            self.n_low_days += int(usd is not None and usd < LOW * each.input_usd)

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
