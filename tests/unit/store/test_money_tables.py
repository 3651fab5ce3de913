from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.core.errors import LedgerError
from modelsearch.core.events import CallReleased, CallReplied, CallSettled, CallUnknown, Event, Warned
from modelsearch.core.ids import CallId
from modelsearch.store.ledger import Ledger
from modelsearch.store.money_tables import call_rows, ledger_rows
from modelsearch.store.tables import read_table, write_table
from tests.unit.store.events import call, reserved

EVENTS: list[Event] = [
    reserved("a", "0.01"),
    reserved("b", "0.02"),
    Warned(code="slow", subject="acme/small", message=""),
    CallReplied(call_id=CallId("a"), http_status=200, body=b"12345", latency_s=0.5),
    CallSettled(call=call("a", "0.004")),
    reserved("c", "0.04"),
    CallReleased(call_id=CallId("b"), reason="not sent"),
    CallUnknown(call_id=CallId("c"), reason="timeout"),
    reserved("d", "0.08"),
]


def test_every_reserved_call_has_a_row_with_its_state() -> None:
    rows = call_rows(EVENTS)
    assert [(row["call_id"], row["state"]) for row in rows] == [
        ("a", "settled"),
        ("b", "released"),
        ("c", "unknown"),
        ("d", "in_flight"),
    ]
    assert rows[0]["cost_usd"] == Decimal("0.004")
    assert (rows[0]["http_status"], rows[0]["n_reply_bytes"], rows[0]["input_tokens"]) == (200, 5, 90)
    assert rows[2]["error"] == "timeout"


def test_the_balances_end_where_the_ledger_does() -> None:
    rows = ledger_rows(EVENTS)
    assert [row["kind"] for row in rows] == ["reserve", "reserve", "settle", "reserve", "release", "hold", "reserve"]
    spend = Ledger.from_events(Decimal(1), EVENTS).spend()
    last = rows[-1]
    assert last["settled_usd"] == spend.settled_usd == Decimal("0.004")
    assert last["unknown_usd"] + last["reserved_usd"] == spend.unknown_usd == Decimal("0.12")


def test_both_fit_their_schemas(tmp_path: Path) -> None:
    for name, rows in (("calls", call_rows(EVENTS)), ("ledger", ledger_rows(EVENTS))):
        path = tmp_path / f"{name}.parquet"
        assert write_table(path, name, rows, fingerprint="") == len(rows)
        assert read_table(path, name).num_rows == len(rows) > 3


@pytest.mark.parametrize("end", [CallSettled(call=call("z")), CallReleased(call_id=CallId("z"), reason="")])
def test_the_end_of_a_call_that_never_began_is_a_ledger_error(end: Event) -> None:
    with pytest.raises(LedgerError, match="'z'"):
        call_rows([end])
    with pytest.raises(LedgerError, match="'z'"):
        ledger_rows([end])
