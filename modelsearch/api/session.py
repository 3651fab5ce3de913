"""A search that is open: its run directory, journal, ledger, evaluator and state; and how it is resumed."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from modelsearch.api.batching import Batching, batched
from modelsearch.api.begun import AVAILABLE, Begun, begun_before, begun_now, with_hosts
from modelsearch.api.keys import check_live_keys
from modelsearch.api.lives import begin_life, last_written_s
from modelsearch.api.observing import observed_run
from modelsearch.api.publishing import Fenced, Publisher, find_run_anywhere, publishing
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.api.wiring import Tee, Watch, begin, open_journal, open_replies, wire
from modelsearch.api.workers import Shared
from modelsearch.core.errors import RunNotFoundError
from modelsearch.core.market import Market
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.search import Setting
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.judge_agreement import agreement_with_people
from modelsearch.evaluate.plugs import Plugs
from modelsearch.providers.batch.client import HttpBatchClient
from modelsearch.providers.client import ProviderClient
from modelsearch.search.loop import Search, check_free_phases, run_phase
from modelsearch.settings import Settings, read_settings
from modelsearch.stats.agreement import Kappa
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, new_run_id


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How to open a search, apart from what is searched.

    Attributes:
        watch: called with every event once it is durable.
        task: the task itself, where the request has no file.
        market: what is on sale, where the catalogues alone do not say; a run that is gone on with has its own.
        run: an existing run to go on with.
        batch_wait_s: the longest that batches are waited for before the search stops, to be resumed; None = as long
            as they take.
        shared: what this worker shares with others; None = as the settings say.
        is_taken_over: go on with a run that another machine has open in the store; that one stops at its next word.
    """

    settings: Settings = field(default_factory=read_settings)
    watch: Watch | None = None
    task: TaskSpec | None = None
    market: Market | None = None
    run: RunDir | None = None
    batch_wait_s: float | None = None
    shared: Shared | None = None
    is_taken_over: bool = False


@dataclass(kw_only=True)
class Session:
    """An open search. `started_s` is when it would have begun in one life, on the monotonic clock.

    Attributes:
        agreement: of the task's judge with people, where some have scored answers.
        plugs: of the live evaluator; None where nothing is called.
    """

    request: SearchRequest
    run: RunDir
    source: Source
    setting: Setting
    plan: Plan
    search: Search
    fingerprint: str
    started_s: float
    agreement: Kappa | None = None
    plugs: Plugs | None = None

    async def run_phase(self, phase: Phase) -> None:
        """Run one phase of the plan to its end."""
        await run_phase(self.search, phase)

    @property
    def wall_s(self) -> float:
        """Seconds since the session was opened, and those of the run's earlier lives."""
        return time.monotonic() - self.started_s


@asynccontextmanager
async def open_session(request: SearchRequest, opening: Opening | None = None) -> AsyncIterator[Session]:
    """Open a new search, or go on with `opening.run`.

    Raises:
        InputError: something of the input cannot be used; nothing was spent.
        StoppedError: a key that the run still needs is gone; set it and resume.
        RunLockedError: another process has the run open.
    """
    opening = opening or Opening()
    started_s = time.monotonic()
    async with AsyncExitStack() as stack:
        publisher = _published(opening, opening.run, stack)
        begun = await _begun(request, opening, stack.enter_context(ExitStack()))
        run = opening.run or RunDir(opening.settings.runs, new_run_id(datetime.now(UTC), random.Random()))
        last_s = last_written_s(run)
        journal = stack.enter_context(open_journal(request, run, begun, sync_s=opening.settings.sync_s))
        earlier_s = begin_life(run, last_s)
        publisher = publisher or _published(opening, run, stack, is_open_here=True)
        client = await stack.enter_async_context(ProviderClient(begun.source.market, begun.keys, seed=request.seed))
        if opening.shared is not None:
            client.share(opening.shared.leases())
        replies = stack.enter_context(open_replies(opening.settings, begun.source, opening.shared))
        watch = stack.enter_context(observed_run(opening.settings, request, run, begun, opening.watch))
        recorder = Tee(journal if publisher is None else Fenced(journal, publisher), watch)
        wired = wire(begun.source, begun.setting, client=client, replies=replies, recorder=recorder, run=run)
        batch_client = await stack.enter_async_context(HttpBatchClient(begun.source.market, begun.keys))
        batching = Batching(client=batch_client, policy=request.batch_policy, wait_s=opening.batch_wait_s, run=run)
        evaluator = batched(wired, batching, recorder)
        search = Search(fold=wired.fold, evaluator=evaluator, recorder=recorder, ledger=wired.ledger)
        if AVAILABLE not in search.fold.closed_phases:
            begin(search, wired.known, begun)
        if any(phase.name not in search.fold.closed_phases for phase in begun.plan.phases):
            check_live_keys(search.fold, begun.keys)
        agreement = await agreement_with_people(wired.grader, begun.setting.task.items)
        yield Session(
            request=request,
            run=run,
            source=begun.source,
            setting=begun.setting,
            plan=begun.plan,
            search=search,
            fingerprint=begun.fingerprint,
            started_s=started_s - earlier_s,
            agreement=agreement,
            plugs=wired.plugs,
        )


async def _begun(request: SearchRequest, opening: Opening, stack: ExitStack) -> Begun:
    """What the run was begun with, or is now; files are read beside the event loop."""
    settings = opening.settings
    if opening.run is not None:
        before = await asyncio.to_thread(begun_before, request, opening.run, settings, stack)
        if before is not None:
            return before
    begun = await asyncio.to_thread(begun_now, request, settings, stack, opening.task, opening.market)
    if opening.run is None or not Journal.is_begun(opening.run.journal):
        begun = await with_hosts(begun, request)
        if (
            not request.candidates
        ):  # a few that are named are nobody's whole market: the result says what became of them
            check_free_phases(begun.setting, begun.plan, begun.drops)
    return begun


def _published(
    opening: Opening, run: RunDir | None, stack: AsyncExitStack, *, is_open_here: bool = False
) -> Publisher | None:
    """A run on its way to the store, where several machines share one; an earlier run before anything of it is read."""
    if run is None:
        return None
    is_taken_over = opening.is_taken_over or opening.shared is not None  # among workers, the claim says whose it is
    taken = publishing(opening.settings, run, is_open_here=is_open_here, is_taken_over=is_taken_over)
    return stack.enter_context(taken)


def find_session_run(settings: Settings, run_id: str) -> tuple[RunDir, SearchRequest]:
    """An earlier run and what it was asked, to resume it.

    Raises:
        RunNotFoundError: no such run.
    """
    run = find_run_anywhere(settings, run_id)
    header, _ = Journal.read(run.journal)
    asked = header.get("request")
    if not isinstance(asked, dict):
        message = f"run {run.run_id!r}: its journal does not say what was asked; start the search anew"
        raise RunNotFoundError(message)
    return run, SearchRequest.from_json(asked)
