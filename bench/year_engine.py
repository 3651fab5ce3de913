"""Jobs of a simulated year carried out in memory: the real plans, statistics and policy; only the calls are made up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from bench.year_market import FIRST_DAY, YearMarket
from bench.year_standings import standing_of_row, standings_of
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.tables import Field
from modelsearch.core.budget import Budget
from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.errors import EmptyPoolError
from modelsearch.core.events import Event
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.money import round_usd, usd
from modelsearch.core.nights import Job, JobEnd, JobResult, Standing
from modelsearch.core.plan import Plan
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.result import Verdict
from modelsearch.core.search import Setting
from modelsearch.core.task import TaskSpec
from modelsearch.decide.estimates import estimates
from modelsearch.evaluate.in_memory import InMemoryEvaluator, Till
from modelsearch.evaluate.item_order import item_order
from modelsearch.nights.tonight import Tonight
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search, run_plan
from modelsearch.search.plan import make_plan
from modelsearch.testing.world_outcomes import Bools, Floats, Ints

PLANS = Path(__file__).parents[1] / "catalogs" / "plans"
FLICKER = 0.02
"""Share of items that come out otherwise when the very same model is asked again."""


COST_NOISE, WAIT_NOISE = 0.1, 0.3
"""Standard deviation of the log of an item's cost and latency from one ask to the next."""


class _Nothing:
    """A recorder that records nothing."""

    def append(self, event: Event) -> None:
        """Forget it."""


class YearEngine:
    """Carries out jobs in one year's market; what was bought is kept, by candidate and revision."""

    def __init__(self, market: YearMarket, seed: int) -> None:
        self._market = market
        self._rng = np.random.default_rng([seed, 2])
        self._known: dict[tuple[CandidateId, str], Bools] = {}
        self._plans = {name: make_plan(read_plan(name, PLANS)) for name in ("balanced", "newcomer")}
        self.composites: dict[CandidateId, Candidate] = {}
        self._composed: dict[CandidateId, tuple[RecordedTable, Floats]] = {}
        self._first: dict[tuple[CandidateId, str], Floats] = {}

    def run(self, job: Job, tonight: Tonight) -> JobResult:
        """Do one job of a night. Whoever's provider is down fails; a search goes on without it."""
        market, day = self._market, (tonight.night.day - FIRST_DAY).days
        if any(market.is_down(row, day) for row in self._rows(job.candidate_id)):
            return JobResult(job=job, end="failed", error="503 from the provider")
        if self._is_gone(job, day):
            return JobResult(job=job, end="failed", error="404 from the provider")
        if job.kind == "search":
            able = [int(row) for row in np.flatnonzero(market.on_sale(day)) if not market.is_down(int(row), day)]
            return self._searched(job, tonight, able, self._plans["balanced"])
        if job.kind == "screen":
            rows = (market.world.baseline, *self._rows(job.candidate_id))
            return self._searched(job, tonight, rows, self._plans["newcomer"])
        return self._measured(job, tonight) if job.kind == "measure" else self._sampled(job, tonight)

    def _is_gone(self, job: Job, day: int) -> bool:
        """Whether somebody who is still listed cannot be called any more."""
        return not all(self._market.on_sale(day)[self._rows(job.candidate_id)])

    def true_quality(self, candidate_id: CandidateId) -> float:
        """Mean score over all items, as things are today."""
        return float(self._scores(candidate_id).mean())

    def degrade(self, candidate_id: CandidateId, points: float) -> None:
        """It gets worse by so many points (of 100) without a word; of a composite all members do, on the same items."""
        lost = self._rng.permutation(np.flatnonzero(self._scores(candidate_id) == 1))
        n_lost = round(points / 100 * len(self._market.table.item_ids))
        self._market.degrade(self._rows(candidate_id), lost[:n_lost])

    def _scores(self, candidate_id: CandidateId) -> Floats:
        """(n_items,) as things are today."""
        table = self._market.table
        if candidate_id not in self.composites:
            return np.asarray(table.score[self._market.row[str(candidate_id)]], dtype=np.float64)
        known = self._composed.get(candidate_id)
        if known is None or known[0] is not table:
            cells = Field(self._market.slice_of(self._rows(candidate_id))).cells
            outcomes = [cells.outcome(self.composites[candidate_id], column) for column in range(len(table.item_ids))]
            known = (table, np.array([outcome.score or 0.0 for outcome in outcomes]))
            self._composed[candidate_id] = known
        return known[1]

    def _candidate(self, candidate_id: CandidateId) -> Candidate:
        return self.composites.get(candidate_id) or Single(endpoint_id=EndpointId(candidate_id))

    def knows(self, candidate_id: CandidateId, revision: str) -> Bools:
        """(n_items,) which items were bought of a revision, by column of the table."""
        n_items = len(self._market.table.item_ids)
        return self._known.setdefault((candidate_id, revision), np.zeros(n_items, dtype=np.bool_))

    def _searched(self, job: Job, tonight: Tonight, rows: Sequence[int], plan: Plan) -> JobResult:
        field = Field(self._market.slice_of(rows, is_voted=job.kind == "search"))
        setting = self._setting(job, field)
        till = Till(job.budget_usd)
        evaluator, fold = InMemoryEvaluator(field.cells, till), Fold(setting)
        revisions = {single.id: tonight.revision(single.id) for single in field.singles}
        for single in field.singles:
            for outcome in evaluator.give(single, np.flatnonzero(self.knows(single.id, revisions[single.id])).tolist()):
                fold.take(outcome)
        try:
            search = Search(fold=fold, evaluator=evaluator, recorder=_Nothing(), ledger=till)
            asyncio.run(run_plan(search, plan))
        except EmptyPoolError:
            return JobResult(job=job, end="done", error="nothing is cheaper by list price")
        view = fold.view()
        for single in field.singles:
            bought = view.outcomes.status[view.row[single.id]] > 0
            columns = [field.cells.columns[item] for item, is_in in zip(setting.item_ids, bought, strict=True) if is_in]
            self.knows(single.id, revisions[single.id])[columns] = True
        self.composites |= {c.id: c for c in view.candidates if not isinstance(c, Single)}
        found = standings_of(view, estimates(view), field, tonight.night.day)
        spend = till.spend()
        return JobResult(job=job, end="done", standings=found, spend_usd=spend.settled_usd, n_calls=spend.n_calls)

    def _setting(self, job: Job, field: Field) -> Setting:
        task = self._task(job, field)
        return Setting(
            task=task,
            market=field.market,
            item_ids=item_order(task, job.seed),
            candidates=field.singles,
            baseline_id=CandidateId(self._market.table.models[self._market.world.baseline].name),
            budget=Budget(spend_usd=job.budget_usd),
            list_cost_usd=field.list_cost_usd,
            seed=job.seed,
            is_votable=field.cells.is_votable,
        )

    def _task(self, job: Job, field: Field) -> TaskSpec:
        task = replace(field.task, margin=self._market.world.shape.margin, alpha=job.level)
        if job.max_cost_usd is None:
            return task
        limit = Decimal(repr(1000 * job.max_cost_usd))
        return replace(task, requirements=replace(task.requirements, max_cost_usd_per_1k=limit))

    def _measured(self, job: Job, tonight: Tonight) -> JobResult:
        """The missing items of a row, as far as the money goes; of a composite those that any member lacks."""
        about, table = self._candidate(job.candidate_id), self._market.slice_of(self._rows(job.candidate_id))
        singles, revisions = singles_of(about), {s.id: tonight.revision(s.id) for s in singles_of(about)}
        rows = {single.id: self.knows(single.id, revisions[single.id]) for single in singles}
        till, usd_of = Till(job.budget_usd), dict(zip((m.name for m in table.models), table.cost_usd, strict=True))
        for single_id, known in rows.items():
            for column in np.flatnonzero(~known):
                known[column] = till.pay(usd(float(usd_of[str(single_id)][column])))
        known = np.logical_and.reduce(list(rows.values()))
        spend = till.spend()
        end: JobEnd = "done" if known.all() else "out_of_money"
        found = (self._row_standing(about, known, tonight),) if known.any() else ()
        return JobResult(job=job, end=end, standings=found, spend_usd=spend.settled_usd, n_calls=spend.n_calls)

    def _row_standing(self, about: Candidate, known: Bools, tonight: Tonight) -> Standing:
        """Of a row that was bought by name; its verdict is the truth about the items known."""
        score, base = self._scores(about.id)[known], self._market.table.score[self._market.world.baseline][known]
        gap = float((score - base).mean())
        is_good = gap >= -self._market.world.shape.margin - 1e-9
        verdict = Verdict.NON_INFERIOR if is_good else Verdict.INFERIOR
        if isinstance(about, Single):
            field = Field(self._market.slice_of(self._rows(about.id)))
            standing = standing_of_row(about, known, field, tonight.night.day)
        else:
            standing = tonight.state.standings[about.id]
        return replace(
            standing, revision="", n_items=int(known.sum()), quality=float(score.mean()), gap=gap, verdict=verdict
        )

    def _sampled(self, job: Job, tonight: Tonight) -> JobResult:
        """Some items asked anew, others each night: as they were when measured, and as they are now."""
        columns, old = self._rotated(job, tonight), self._first_scores(job)
        usd, wait_s = self._bills(job.candidate_id, columns)
        is_paid = np.cumsum(usd) <= float(job.budget_usd)
        columns, usd, wait_s = columns[is_paid], usd[is_paid], wait_s[is_paid]
        new = self._scores(job.candidate_id)[columns]
        new = np.where(self._rng.random(len(columns)) < FLICKER, 1.0 - new, new)
        return JobResult(
            job=job,
            end="done" if is_paid.all() else "out_of_money",
            samples=_triples(columns, old[columns], new),
            cost_samples=_triples(columns, usd, usd * np.exp(COST_NOISE * self._rng.normal(size=len(usd)))),
            latency_samples=_triples(columns, wait_s, wait_s * np.exp(WAIT_NOISE * self._rng.normal(size=len(usd)))),
            spend_usd=round_usd(Decimal(repr(float(usd.sum())))),
            n_calls=len(columns),
        )

    def _bills(self, candidate_id: CandidateId, columns: Ints) -> tuple[Floats, Floats]:
        """(n_columns,) USD and seconds of some items; of a composite as if every member were called."""
        table = self._market.slice_of(self._rows(candidate_id))
        return table.cost_usd[:, columns].sum(axis=0), table.latency_s[:, columns].max(axis=0)

    def _first_scores(self, job: Job) -> Floats:
        """(n_items,) scores as they were when this revision was first sampled."""
        key = (job.candidate_id, job.revision)
        if key not in self._first:
            self._first[key] = self._scores(job.candidate_id)
        return self._first[key]

    def _rotated(self, job: Job, tonight: Tonight) -> Ints:
        """A window that goes round the items that it was measured on, in an order drawn apart from all outcomes."""
        n_items = len(self._market.table.item_ids)
        order = np.random.default_rng(n_items).permutation(n_items)
        if job.candidate_id not in self.composites:
            order = order[self.knows(job.candidate_id, job.revision)[order]]
        start = tonight.night.day.toordinal() * job.n_items % max(1, len(order))
        return np.asarray(np.roll(order, -start)[: job.n_items], dtype=np.int64)

    def _rows(self, candidate_id: CandidateId) -> list[int]:
        composite = self.composites.get(candidate_id)
        names = [str(single.endpoint_id) for single in singles_of(composite)] if composite else [str(candidate_id)]
        return [self._market.row[name] for name in names]


def _triples(columns: Ints, old: Floats, new: Floats) -> tuple[tuple[int, float, float], ...]:
    return tuple((int(c), float(o), float(n)) for c, o, n in zip(columns, old, new, strict=True))
