"""The tables about money, recomputed from the journal's events; pure."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeAlias

from modelsearch.core.errors import LedgerError
from modelsearch.core.events import CallReleased, CallReplied, CallReserved, CallSettled, CallUnknown, Event
from modelsearch.core.ids import CallId
from modelsearch.core.money import round_usd
from modelsearch.core.outcome import Call

Row: TypeAlias = dict[str, Any]


def call_rows(events: Iterable[Event]) -> list[Row]:
    """Table `calls`: every call that was reserved, with how it ended; those cut off by a kill are `in_flight`.

    Raises:
        LedgerError: an event is about a call that was never reserved.
    """
    rows: dict[CallId, Row] = {}
    for event in events:
        if isinstance(event, CallReserved):
            rows[event.call_id] = _reserved_row(event)
        elif isinstance(event, CallReplied):
            _row(rows, event.call_id).update(_reply_fields(event))
        elif isinstance(event, CallSettled):
            _row(rows, event.call.id).update(_settled_fields(event.call))
        elif isinstance(event, CallReleased):
            _row(rows, event.call_id).update(state="released", error=event.reason)
        elif isinstance(event, CallUnknown):
            _row(rows, event.call_id).update(state="unknown", error=event.reason)
    return list(rows.values())


def ledger_rows(events: Iterable[Event]) -> list[Row]:
    """Table `ledger`: every entry with the balances after it. A reservation that a kill left open has one entry.

    Raises:
        LedgerError: an entry closes a reservation that is not open.
    """
    book = _Book()
    for event in events:
        if isinstance(event, CallReserved):
            book.reserve(event.call_id, event.amount_usd)
        elif isinstance(event, CallSettled):
            book.settle(event.call.id, event.call.cost_usd)
        elif isinstance(event, CallReleased):
            book.close(event.call_id, "release")
        elif isinstance(event, CallUnknown):
            book.close(event.call_id, "hold")
    return book.rows


class _Book:
    """Balances over the entries so far."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._open: dict[CallId, Decimal] = {}
        self._balances = {"settled_usd": Decimal(0), "reserved_usd": Decimal(0), "unknown_usd": Decimal(0)}

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> None:
        self._open[call_id] = amount_usd
        self._enter(call_id, "reserve", amount_usd, reserved_usd=amount_usd)

    def settle(self, call_id: CallId, cost_usd: Decimal) -> None:
        self._enter(call_id, "settle", cost_usd, reserved_usd=-self._taken(call_id), settled_usd=cost_usd)

    def close(self, call_id: CallId, kind: str) -> None:
        amount_usd = self._taken(call_id)
        held_usd = amount_usd if kind == "hold" else Decimal(0)
        self._enter(call_id, kind, amount_usd, reserved_usd=-amount_usd, unknown_usd=held_usd)

    def _taken(self, call_id: CallId) -> Decimal:
        if call_id not in self._open:
            message = f"call {call_id!r}: the journal closes a reservation that is not open; is it from another run?"
            raise LedgerError(message)
        return self._open.pop(call_id)

    def _enter(self, call_id: CallId, kind: str, amount_usd: Decimal, **changes: Decimal) -> None:
        for name, change in changes.items():
            self._balances[name] += change
        balances = {name: round_usd(balance) for name, balance in self._balances.items()}
        entry = {"call_id": call_id, "kind": kind, "amount_usd": round_usd(amount_usd)}
        self.rows.append({"n_before": len(self.rows), **entry, **balances})


def _row(rows: dict[CallId, Row], call_id: CallId) -> Row:
    if call_id not in rows:
        message = f"call {call_id!r}: the journal tells its end and no reservation of it; is it from another run?"
        raise LedgerError(message)
    return rows[call_id]


def _reply_fields(event: CallReplied) -> Row:
    return {"http_status": event.http_status, "n_reply_bytes": len(event.body), "latency_s": event.latency_s}


def _reserved_row(event: CallReserved) -> Row:
    return {
        "call_id": event.call_id,
        "key": event.key,
        "endpoint_id": event.endpoint_id,
        "state": "in_flight",
        "bound_usd": round_usd(event.amount_usd),
    }


def _settled_fields(call: Call) -> Row:
    usage = call.usage
    return {
        "state": "settled",
        "status": call.status.value,
        "cost_usd": round_usd(call.cost_usd),
        "input_tokens": usage.input_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "latency_s": call.latency_s,
        "n_attempts": call.n_attempts,
        "served_by": call.served_by,
        "error": call.error,
    }
