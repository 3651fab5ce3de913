"""A search that is open: its run directory, journal, ledger, evaluator and state; and how it is resumed."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from modelsearch.api.pool import drops_without_key, keys_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source, open_source, read_baseline_outcomes
from modelsearch.api.wiring import AVAILABLE, Tee, Watch, begin, open_journal, open_replies, search_fingerprint, wire
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.budget import Budget
from modelsearch.core.errors import RunNotFoundError
from modelsearch.core.money import usd
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.search import Setting
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.item_order import item_order
from modelsearch.providers.account import check_providers
from modelsearch.providers.client import ProviderClient
from modelsearch.search.loop import Search, check_free_phases, run_phase
from modelsearch.search.plan import make_plan
from modelsearch.settings import Settings, read_settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, find_run, new_run_id


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How to open a search, apart from what is searched.

    Attributes:
        watch: called with every event once it is durable.
        task: the task itself, where the request has no file.
        run: an existing run to go on with.
    """

    settings: Settings = field(default_factory=read_settings)
    watch: Watch | None = None
    task: TaskSpec | None = None
    run: RunDir | None = None


@dataclass(kw_only=True)
class Session:
    """An open search."""

    request: SearchRequest
    run: RunDir
    source: Source
    setting: Setting
    plan: Plan
    search: Search
    fingerprint: str
    started_s: float

    async def run_phase(self, phase: Phase) -> None:
        """Run one phase of the plan to its end."""
        await run_phase(self.search, phase)

    @property
    def wall_s(self) -> float:
        """Seconds since the session was opened."""
        return time.monotonic() - self.started_s


@asynccontextmanager
async def open_session(request: SearchRequest, opening: Opening | None = None) -> AsyncIterator[Session]:
    """Open a new search, or go on with `opening.run`.

    Raises:
        InputError: something of the input cannot be used; nothing was spent.
        RunLockedError: another process has the run open.
    """
    opening = opening or Opening()
    started_s = time.monotonic()
    async with AsyncExitStack() as stack:
        servers = stack.enter_context(ExitStack())
        source = await asyncio.to_thread(open_source, request, opening.settings, servers, task=opening.task)
        plan = make_plan(read_plan(request.plan, opening.settings.catalogs / "plans"))
        setting = setting_of(request, source)
        keys = keys_of(source.market, opening.settings)
        drops = drops_without_key(source, keys, is_baseline_known=request.baseline_outcomes is not None)
        check_providers(source.market.providers.values(), keys)
        imports = read_baseline_outcomes(request.baseline_outcomes, source)
        if opening.run is None:
            check_free_phases(setting, plan, drops)
        run = opening.run or RunDir(opening.settings.runs, new_run_id(datetime.now(UTC), random.Random()))
        mark = search_fingerprint(request, setting, plan)
        journal = stack.enter_context(open_journal(request, run, setting, plan, mark))
        client = await stack.enter_async_context(ProviderClient(source.market, keys, seed=request.seed))
        replies = stack.enter_context(open_replies(opening.settings, source))
        recorder = Tee(journal, opening.watch)
        wired = wire(source, setting, client=client, replies=replies, recorder=recorder, run=run)
        search = Search(fold=wired.fold, evaluator=wired.evaluator, recorder=recorder, ledger=wired.ledger)
        if AVAILABLE not in search.fold.closed_phases:
            begin(search, wired.known, drops, imports)
        yield Session(
            request=request,
            run=run,
            source=source,
            setting=setting,
            plan=plan,
            search=search,
            fingerprint=mark,
            started_s=started_s,
        )


def find_session_run(settings: Settings, run_id: str) -> tuple[RunDir, SearchRequest]:
    """An earlier run and what it was asked, to resume it.

    Raises:
        RunNotFoundError: no such run.
    """
    run = find_run(settings.runs, run_id)
    header, _ = Journal.read(run.journal)
    asked = header.get("request")
    if not isinstance(asked, dict):
        message = f"run {run.run_id!r}: its journal does not say what was asked; start the search anew"
        raise RunNotFoundError(message)
    return run, SearchRequest.from_json(asked)


def setting_of(request: SearchRequest, source: Source) -> Setting:
    """Everything fixed before the first call; a share of a table's whole cost becomes dollars here."""
    budget = request.budget_usd
    if budget is None:
        whole = Decimal(repr(source.table.exhaustive_usd)) if source.table is not None else Decimal(0)
        budget = usd(whole * Decimal(str(request.budget_share)))
    return Setting(
        task=source.task,
        market=source.market,
        item_ids=item_order(source.task, request.seed),
        candidates=source.candidates,
        baseline_id=source.baseline.id,
        budget=Budget(spend_usd=budget),
        list_cost_usd=source.list_cost_usd,
        seed=request.seed,
    )
