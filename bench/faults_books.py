"""What must hold of a run of `bench.faults`, found in its journal and in the emulator's own log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.kill_books import Books, Cell, books_of
from modelsearch.core.events import CallReplied, CallReserved, CallSettled, CallUnknown, Event, OutcomeScored
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Market
from modelsearch.emulator.bill import LogLine, read_log
from modelsearch.store.journal import Journal

_SUCCESS = 200


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The books with what else was found.

    Attributes:
        n_outcomes: cells with a status.
        n_bodies: bodies of answered calls in the journal; `n_unreadable` of them could not be used and are kept.
        statuses: of all outcomes.
        faults: a line for each thing that must not be.
    """

    books: Books
    n_outcomes: int
    n_bodies: int
    n_unreadable: int
    statuses: Counter[str]
    faults: list[str]

    def line(self) -> str:
        """In words."""
        told = ", ".join(f"{n} {status}" for status, n in sorted(self.statuses.items()))
        books = self.books
        most_usd = books.settled_usd + books.unknown_usd
        return (
            f"{self.n_outcomes} items ended ({told}); {books.n_charged} calls charged, {books.n_settled} settled, "
            f"{books.n_unknown} held as unknown (sent and not answered, unreadable, or in flight at an end), "
            f"{self.n_unreadable} unreadable bodies kept, {books.n_paid_again} charged again after such a call; "
            f"settled {books.settled_usd:.4f} <= bill {books.bill_usd:.4f} <= {most_usd:.4f} USD"
        )


def audited(journal: Path, log: Path, market: Market, *, n_wanted: int) -> Audit:
    """Hold a finished run against the log.

    Args:
        journal: of the run.
        log: every request that the emulator had for it.
        market: of the run.
        n_wanted: cells that were asked for.
    """
    _, events = Journal.read(journal)
    lines = read_log(log)
    books = books_of(events, lines, market)
    cells = Counter(_cell(e) for e in events if isinstance(e, OutcomeScored))
    faults = [*books.faults, *(f"{cell} has {n} outcomes" for cell, n in cells.items() if n > 1)]
    if len(cells) != n_wanted:
        faults.append(f"{len(cells)} of {n_wanted} items have a status")
    bodies = [e for e in events if isinstance(e, CallReplied) and e.http_status == _SUCCESS]
    faults += _lost_bodies(events, lines, market)
    return Audit(
        books=books,
        n_outcomes=len(cells),
        n_bodies=len(bodies),
        n_unreadable=len(_unreadable(events)),
        statuses=Counter(e.outcome.status.value for e in events if isinstance(e, OutcomeScored)),
        faults=faults,
    )


def _cell(event: OutcomeScored) -> Cell:
    return str(event.outcome.candidate_id), str(event.outcome.item_id)


def _unreadable(events: Sequence[Event]) -> set[CallId]:
    """Calls that were answered in full and could not be settled."""
    replied = {e.call_id for e in events if isinstance(e, CallReplied)}
    return replied & {e.call_id for e in events if isinstance(e, CallUnknown)}


def _lost_bodies(events: Sequence[Event], lines: Sequence[LogLine], market: Market) -> list[str]:
    """Bodies that the emulator sent and the journal has not, beyond those in flight at a kill."""
    endpoint_ids: dict[tuple[str, str], EndpointId] = {
        (e.provider_id, e.wire_name): e.id for e in market.endpoints.values()
    }
    sent: Counter[tuple[EndpointId, str | None]] = Counter()
    sent.update((endpoint_ids[line.provider, line.model], line.item) for line in lines if line.status == _SUCCESS)
    replied = {e.call_id for e in events if isinstance(e, CallReplied)}
    closed = {e.call.id for e in events if isinstance(e, CallSettled)} | replied
    keys = {e.call_id: (e.key, e.endpoint_id) for e in events if isinstance(e, CallReserved)}
    items = {
        keys[call_id][0]: e.outcome.item_id
        for e in events
        if isinstance(e, OutcomeScored)
        for call_id in e.outcome.call_ids
        if call_id in keys
    }
    kept: Counter[tuple[EndpointId, str | None]] = Counter()
    kept.update((keys[call_id][1], items.get(keys[call_id][0])) for call_id in replied)
    open_calls: Counter[tuple[EndpointId, str | None]] = Counter()
    open_calls.update((keys[c][1], items.get(keys[c][0])) for c in keys if c not in closed)
    return [
        f"{cell}: {n} bodies sent, {kept[cell]} in the journal, {open_calls[cell]} calls without"
        for cell, n in sent.items()
        if n > kept[cell] + open_calls[cell]
    ]
