"""The first nights twice: through Prefect, with the engine of real nights, and in memory. The same decisions?

Real: `flows.nightly` under a Prefect server of its own, the catalogue on disk rewritten before each night, runs,
journals, reply store and state on disk; only the client that calls providers is made up. In memory: the engine of the
simulated years. Both start from nothing and never see each other.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec

from bench.year_engine import YearEngine
from bench.year_market import FIRST_DAY, YearMarket
from bench.year_project import N_NIGHTS, Models, Project, short_world
from modelsearch.api.night_work import NightWork, night_work
from modelsearch.api.registered import rules_of
from modelsearch.compare.tables import Field
from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Job, JobResult, NightReport, TaskState
from modelsearch.core.search import Setting
from modelsearch.evaluate.item_order import item_order
from modelsearch.nights.after import after_night, first_state
from modelsearch.nights.align import aligned
from modelsearch.nights.night import Night
from modelsearch.nights.plan import plan_night
from modelsearch.nights.tonight import Tonight
from modelsearch.store.night_store import STATE, NightStore


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a night decided: jobs with their places, verdicts, moves, who serves, who waits."""

    jobs: tuple[tuple[str, str, int], ...]
    verdicts: tuple[tuple[str, str, int], ...]
    moves: tuple[tuple[str, str], ...]
    incumbent: str
    waiting: tuple[str, ...]


def compared(seed: int) -> tuple[list[Decided], list[Decided], list[int]]:
    """The nights through Prefect and in memory, and the bytes of Prefect's database after each."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder) / "real", YearMarket(short_world(seed), seed))
        real, weighed = zip(*through_prefect(project), strict=True)
        memory = in_memory(Project(Path(folder) / "memory", YearMarket(short_world(seed), seed)), seed)
        return list(real), list(memory), list(weighed)


def through_prefect(project: Project) -> Iterator[tuple[Decided, int]]:
    """Night after night by the flow that deployments run; what it decided, and the bytes of Prefect's database."""
    from flows.prefect_env import prepare  # noqa: PLC0415 - before Prefect is imported

    prepare(project.root / "prefect")
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - its settings come first

    from flows.nightly import nightly  # noqa: PLC0415

    client = patch("modelsearch.api.session.ProviderClient", Models)
    with patch.dict(os.environ, project.environ), client, prefect_test_harness(server_startup_timeout=180):
        for day in range(N_NIGHTS):
            _begin(project, day)
            (plain,) = asyncio.run(nightly(day=(FIRST_DAY + timedelta(days=day)).isoformat()))
            report = msgspec.convert(plain, NightReport, strict=False)
            state = NightStore(project.settings.nights / "short").read(STATE, TaskState)
            if state is not None:
                moves = tuple((m.from_id, m.to_id) for m in report.moves)
                yield _decided(report.results, moves, state), _database_bytes()


def _database_bytes() -> int:
    """Of the server that is in use, its write-ahead log included."""
    from prefect.settings import get_current_settings  # noqa: PLC0415 - after `prepare`

    url = get_current_settings().server.database.connection_url
    file = Path(url.get_secret_value().partition("///")[2]) if url is not None else Path()
    return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))


def in_memory(project: Project, seed: int) -> Iterator[Decided]:
    """The same nights by the engine of simulated years, on offers as the catalogue's files give them."""
    state: TaskState | None = None
    engine = _Engine(project.market, seed)
    for day in range(N_NIGHTS):
        _begin(project, day)
        engine.work = night_work(project.registered, project.settings, FIRST_DAY + timedelta(days=day), state=state)
        state = state or first_state(project.registered.id, engine.work.task_revision, engine.work.baseline.id)
        night = _night(engine.work)
        tonight = Tonight(state=aligned(state, night).state, night=night)
        results: list[JobResult] = []
        while jobs := plan_night(state, night, results).jobs:
            results += [engine.run(job, tonight) for job in jobs]
        outcome = after_night(state, night, results)
        state = outcome.state
        yield _decided(tuple(results), tuple((m.from_id, m.to_id) for m in outcome.moves), state)


def _begin(project: Project, day: int) -> None:
    project.root.mkdir(parents=True, exist_ok=True)
    project.market.begin(day)
    project.write(day)
    Models.serve(project.market)


def _night(work: NightWork) -> Night:
    return Night(
        day=work.day,
        offers=work.offers,
        n_items=len(work.task.items),
        alpha=work.task.alpha,
        budget_usd=work.registered.night_usd,
        search_budget_usd=work.registered.night_usd,
        rules=rules_of(work.registered),
    )


class _Engine(YearEngine):
    """With the task and the market of the project, so that list prices and lengths are the same."""

    work: NightWork

    def _is_gone(self, job: Job, day: int) -> bool:  # noqa: ARG002 - who overrides takes what it is given
        """The client of the real nights answers for whoever is listed."""
        return False

    def _setting(self, job: Job, field: Field) -> Setting:
        plain, work = super()._setting(job, field), self.work
        task = replace(plain.task, items=work.task.items, labels=work.task.labels)
        known = {candidate.id for candidate in plain.candidates}
        listed = {name: offer.list_cost_usd for name, offer in work.offers.items()}
        return replace(
            plain,
            task=task,
            market=work.market,
            item_ids=item_order(work.task, job.seed),
            list_cost_usd={name: cost for name, cost in listed.items() if name in known and cost is not None},
        )


def _decided(
    results: tuple[JobResult, ...], moves: tuple[tuple[CandidateId, CandidateId], ...], state: TaskState
) -> Decided:
    jobs = sorted((r.job.kind, str(r.job.candidate_id), r.job.place) for r in results)
    found = {str(s.candidate_id): s for r in results if r.job.kind in ("search", "screen") for s in r.standings}
    return Decided(
        jobs=tuple(jobs),
        verdicts=tuple(
            sorted((name, str(s.verdict), s.n_items) for name, s in found.items() if name != state.baseline_id)
        ),
        moves=tuple((str(a), str(b)) for a, b in moves),
        incumbent=str(state.incumbent_id),
        waiting=tuple(str(c) for c in state.waiting),
    )
