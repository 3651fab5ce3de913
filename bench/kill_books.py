"""The books of a killed search, from two sides: its journal, and the emulator's own log of what it charged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.events import CallReleased, CallReserved, CallSettled, CallUnknown, Event, OutcomeScored
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Market
from modelsearch.emulator.bill import LogLine

Cell = tuple[str, str]
"""Endpoint and item."""


@dataclass(frozen=True, kw_only=True)
class Books:
    """What was found, in calls and USD.

    Attributes:
        n_paid_again: charged requests beyond the first for the same endpoint and item.
        faults: a line for each thing that must not be.
    """

    n_charged: int
    n_settled: int
    n_unknown: int
    n_paid_again: int
    settled_usd: Decimal
    unknown_usd: Decimal
    bill_usd: Decimal
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """In words."""
        return (
            f"{self.n_charged} calls charged, {self.n_settled} settled, {self.n_unknown} unknown, "
            f"{self.n_paid_again} paid again (each in flight at a kill); settled {self.settled_usd} <= "
            f"bill {self.bill_usd} <= {self.settled_usd + self.unknown_usd} USD"
        )


def books_of(events: Sequence[Event], log: Sequence[LogLine], market: Market) -> Books:
    """Hold the journal against the log.

    Args:
        events: the whole journal.
        log: every request that the emulator had for this search.
        market: whose endpoints the log names by provider, wire name and host.
    """
    reserved = {e.call_id: e for e in events if isinstance(e, CallReserved)}
    lists = {
        "settled": [e.call.id for e in events if isinstance(e, CallSettled)],
        "unknown": [e.call_id for e in events if isinstance(e, CallUnknown)],
        "released": [e.call_id for e in events if isinstance(e, CallReleased)],
    }
    closed = Counter(call_id for ids in lists.values() for call_id in ids)
    faults = [f"call {call_id} is in two lists" for call_id, n in closed.items() if n > 1]
    faults += [f"call {call_id} was never reserved" for call_id in closed if call_id not in reserved]
    in_flight = [call_id for call_id in reserved if call_id not in closed]
    unknown = [*lists["unknown"], *in_flight]
    settled_usd = sum((e.call.cost_usd for e in events if isinstance(e, CallSettled)), Decimal(0))
    unknown_usd = sum((reserved[call_id].amount_usd for call_id in unknown), Decimal(0))
    bill_usd = sum((line.cost_usd for line in log), Decimal(0))
    if not settled_usd <= bill_usd <= settled_usd + unknown_usd:
        faults.append(f"bill {bill_usd} is outside settled {settled_usd} to {settled_usd + unknown_usd}")
    charged = _charged(log, market)
    allowed = _allowed(events, unknown)
    faults += [
        f"{cell[0]} on item {cell[1]}: charged {n} times, at most {allowed[cell]} calls may have been"
        for cell, n in charged.items()
        if n > 1 and n > allowed[cell]
    ]
    return Books(
        n_charged=sum(charged.values()), n_settled=len(lists["settled"]), n_unknown=len(unknown),
        n_paid_again=sum(n - 1 for n in charged.values()), settled_usd=settled_usd, unknown_usd=unknown_usd,
        bill_usd=bill_usd, faults=faults,
    )  # fmt: skip


def _charged(log: Sequence[LogLine], market: Market) -> Counter[Cell]:
    """How often each cell was charged."""
    ids: dict[tuple[str, str, str], EndpointId] = {
        (e.provider_id, e.wire_name, e.host or ""): e.id for e in market.endpoints.values()
    }
    return Counter((ids[line.provider, line.model, line.host], line.item) for line in log if line.cost_usd)


def _allowed(events: Sequence[Event], unknown: Sequence[CallId]) -> Counter[Cell]:
    """How often each cell may have been charged: once settled, and once for each call in flight at a kill."""
    keys = {e.call_id: (e.key, e.endpoint_id) for e in events if isinstance(e, CallReserved)}
    item_of = {
        keys[call_id][0]: e.outcome.item_id
        for e in events
        if isinstance(e, OutcomeScored)
        for call_id in e.outcome.call_ids
        if call_id in keys
    }
    settled = [e.call.id for e in events if isinstance(e, CallSettled)]
    cells = ((keys[call_id][1], item_of.get(keys[call_id][0])) for call_id in [*settled, *unknown] if call_id in keys)
    return Counter((endpoint_id, item_id) for endpoint_id, item_id in cells if item_id is not None)
