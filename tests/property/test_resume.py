"""A search that is killed at any moment and resumed ends as if nothing had happened, and pays nothing twice.

A kill is a journal that ends somewhere: its first n events are copied into a fresh project, and the run goes on there.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pytest

from modelsearch.api.emulated import table_app
from modelsearch.api.finish import result_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, Session, open_session
from modelsearch.core.budget import Spend
from modelsearch.core.errors import StoppedError
from modelsearch.core.events import CallReleased, CallReplied, CallReserved, CallSettled, CallUnknown, Event
from modelsearch.core.ids import RunId
from modelsearch.core.result import SearchResult
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import Faults
from modelsearch.emulator.server import emulator_server
from modelsearch.evaluate.recorded import recorded_market, recorded_task
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from tests.unit.api.small import (
    BAYESIAN_PLAN,
    PLAN,
    make_request,
    make_settings,
    make_table,
    moves_of,
    rounds_of,
    scored,
)

RUN = RunId("20260101-000000-000001")
PLANS = {
    # rows bought whole in the first phase, and a vote looked for in each round: surely right, so surely proposed
    "everything": PLAN.replace("spend_share: 0.6", "spend_share: 1.0").replace(
        "majority_vote: {min_items: 3}", "majority_vote: {min_items: 3, every_rounds: 1}"
    ),
    "bayesian": BAYESIAN_PLAN,
}


@dataclass(kw_only=True)
class Ended:
    """A search that came to its end. `result` is made when asked for: it takes most of the time."""

    session: Session
    events: list[Event]

    @cached_property
    def result(self) -> SearchResult:
        return result_of(self.session)

    @property
    def spend(self) -> Spend:
        return self.session.search.ledger.spend()


def run_to_end(request: SearchRequest, project: Path, journal: bytes | None = None) -> Ended:
    """Run or, with a journal of the search beside it, go on; stages and reports are left out."""
    run = RunDir(project / "runs", RUN)
    if journal is not None:
        run.path.mkdir(parents=True)
        run.journal.write_bytes(journal)
        begun = next(path for path in project.parent.rglob("setting.json"))
        run.setting.write_bytes(begun.read_bytes())
    return asyncio.run(_go_on(request, project, run))


async def _go_on(request: SearchRequest, project: Path, run: RunDir) -> Ended:
    async with open_session(request, Opening(settings=make_settings(project), run=run)) as session:
        for phase in session.plan.phases:
            await session.run_phase(phase)
    return Ended(session=session, events=Journal.read(run.journal)[1])


def prefixes(journal: Path, into: Path) -> list[bytes]:
    """The journal's bytes after its header and after each event: every state a kill can leave."""
    header, events = Journal.read(journal)
    path = into / "prefix" / "journal.bin"
    with Journal.open(path, header=header) as copy:
        found = [path.read_bytes()]
        for event in events:
            copy.append(event)
            found.append(path.read_bytes())
    assert found[-1] == journal.read_bytes()
    return found


def core_of(result: SearchResult) -> SearchResult:
    """The result without what may differ: where and how long."""
    return replace(result, run_dir=None, wall_s=0.0)


@pytest.fixture(autouse=True)
def no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power cut: waiting for the disk only makes these tests slow."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    monkeypatch.setattr("os.fdatasync", lambda _: None)


@pytest.mark.parametrize(("plan", "seed", "step"), [("everything", 4, 1), ("bayesian", 0, 6)])
def test_a_replay_killed_after_any_event_ends_alike(tmp_path: Path, plan: str, seed: int, step: int) -> None:
    request = make_request(tmp_path, table=make_table(5, 6), plan_text=PLANS[plan], seed=seed, budget_share=1.0)
    whole = run_to_end(request, tmp_path)
    cuts = prefixes(tmp_path / "runs" / RUN / "journal.bin", tmp_path)
    for number in range(0, len(cuts), step):
        again = run_to_end(request, tmp_path / f"cut{number}", cuts[number])
        assert number % 4 or core_of(again.result) == core_of(whole.result), number
        assert again.spend == whole.spend, number
        assert moves_of(again.events) == moves_of(whole.events), number
        assert rounds_of(again.events) == rounds_of(whole.events), number
        assert scored(again.events) == scored(whole.events), number
    assert len(cuts) > 80
    assert any(move.drops for move in moves_of(whole.events))
    assert plan == "bayesian" or any(move.additions for move in moves_of(whole.events))


def test_a_torn_last_record_is_the_same_as_none(tmp_path: Path) -> None:
    request = make_request(tmp_path, table=make_table(5, 6), seed=2)
    whole = run_to_end(request, tmp_path)
    cuts = prefixes(tmp_path / "runs" / RUN / "journal.bin", tmp_path)
    again = run_to_end(request, tmp_path / "torn", cuts[40] + cuts[41][len(cuts[40]) : -3])
    assert core_of(again.result) == core_of(whole.result)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A search over HTTP, to its end, and the server's own books."""

    app: EmulatorApp
    request: SearchRequest
    whole: Ended
    cuts: list[bytes]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The whole search has run once; the books are empty again."""
    table = replace(make_table(5, 6), name="small")
    request = make_request(tmp_path, table=table, seed=2, is_emulated=True, budget_share=None, budget_usd=Decimal(5))
    app = table_app(table, recorded_task(table), recorded_market(table))
    with emulator_server(app) as url:
        request = replace(request, emulator_url=url)
        whole = run_to_end(request, tmp_path)
        assert app.bill.total_usd == whole.spend.settled_usd > 0
        app.reset()
        yield Served(
            app=app, request=request, whole=whole, cuts=prefixes(tmp_path / "runs" / RUN / "journal.bin", tmp_path)
        )


def test_a_search_over_http_pays_for_no_reply_twice(served: Served, tmp_path: Path) -> None:
    for number in range(0, len(served.cuts), 7):
        again = run_to_end(served.request, tmp_path / f"cut{number}", served.cuts[number])
        first_life = again.events[:number]
        in_flight = {e.call_id for e in first_life if isinstance(e, CallReserved)} - _answered(first_life)
        assert served.app.bill.total_usd == _settled_usd(again.events) - _replied_usd(first_life, again.events), number
        assert again.spend.settled_usd == _settled_usd(again.events)
        assert again.spend.unknown_usd == sum(
            (e.amount_usd for e in first_life if isinstance(e, CallReserved) and e.call_id in in_flight), Decimal(0)
        )
        assert scored(again.events) == scored(served.whole.events), number
        assert moves_of(again.events) == moves_of(served.whole.events), number
        assert again.result.recommendation == served.whole.result.recommendation
        served.app.reset()
    assert len(served.cuts) > 100


def _answered(events: Sequence[Event]) -> set[str]:
    """Calls that are no longer in flight."""
    booked = {e.call.id for e in events if isinstance(e, CallSettled)}
    return booked | {e.call_id for e in events if isinstance(e, CallReplied | CallReleased | CallUnknown)}


def _settled_usd(events: Sequence[Event]) -> Decimal:
    return sum((e.call.cost_usd for e in events if isinstance(e, CallSettled)), Decimal(0))


def _replied_usd(first_life: Sequence[Event], events: Sequence[Event]) -> Decimal:
    """What the calls cost that were answered before the kill, whenever they were settled."""
    replied = {e.call_id for e in first_life if isinstance(e, CallReplied)}
    return sum((e.call.cost_usd for e in events if isinstance(e, CallSettled) and e.call.id in replied), Decimal(0))


def test_a_search_that_a_provider_stops_goes_on_where_it_was(tmp_path: Path) -> None:
    table = make_table(5, 6)
    request = make_request(tmp_path, table=table, seed=2, is_emulated=True, budget_share=None, budget_usd=Decimal(5))
    options = EmulatorOptions(faults=Faults(quota_calls=9))
    stopping = table_app(table, recorded_task(table), recorded_market(table), options)
    with emulator_server(stopping) as url:
        request = replace(request, emulator_url=url)
        with pytest.raises(StoppedError):
            run_to_end(request, tmp_path / "stopped")
        journal = (tmp_path / "stopped" / "runs" / RUN / "journal.bin").read_bytes()
        assert stopping.bill.total_usd == _settled_usd(
            Journal.read(tmp_path / "stopped" / "runs" / RUN / "journal.bin")[1]
        )
        stopping.options = EmulatorOptions()
        stopping._decider._faults = Faults()
        paid_usd = stopping.bill.total_usd
        again = run_to_end(request, tmp_path / "resumed", journal)
        assert again.spend.settled_usd == stopping.bill.total_usd > paid_usd > 0
        assert again.spend.unknown_usd == 0


def test_a_tight_budget_holds_over_two_lives(tmp_path: Path) -> None:
    """What was in flight at the kill stays taken, so the two lives together cannot spend more than was allowed."""
    table = make_table(5, 6)
    request = make_request(tmp_path, table=table, seed=2, is_emulated=True, budget_share=0.4)
    app = table_app(table, recorded_task(table), recorded_market(table))
    with emulator_server(app) as url:
        request = replace(request, emulator_url=url)
        run_to_end(request, tmp_path)
        cuts = prefixes(tmp_path / "runs" / RUN / "journal.bin", tmp_path)
        for number in range(3, len(cuts), 9):
            again = run_to_end(request, tmp_path / f"cut{number}", cuts[number])
            assert 0 < again.spend.committed_usd <= again.session.setting.budget.spend_usd, number
            assert again.spend.settled_usd == _settled_usd(again.events), number
