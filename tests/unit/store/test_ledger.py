from decimal import Decimal

import pytest

from modelsearch.core.budget import Spend
from modelsearch.core.errors import BudgetError, LedgerError, OverbilledError
from modelsearch.core.events import CallReleased, CallSettled, CallUnknown, Event
from modelsearch.core.ids import CallId
from modelsearch.store.ledger import Ledger
from tests.unit.store.events import call, reserved

A, B, C = CallId("a"), CallId("b"), CallId("c")


def test_a_reservation_that_would_pass_the_budget_is_refused_and_changes_nothing() -> None:
    ledger = Ledger(Decimal("0.3"))
    assert ledger.reserve(A, Decimal("0.2"))
    assert not ledger.reserve(B, Decimal("0.100000000001"))
    assert ledger.spend().reserved_usd == Decimal("0.2")
    assert ledger.reserve(B, Decimal("0.1"))
    assert ledger.left_usd == 0


def test_settling_books_the_cost_and_frees_the_rest() -> None:
    ledger = Ledger(Decimal(1))
    ledger.reserve(A, Decimal("0.8"))
    ledger.settle(A, Decimal("0.3"))
    assert ledger.spend() == Spend(settled_usd=Decimal("0.3"), n_calls=1)
    assert ledger.left_usd == Decimal("0.7")


def test_an_overbilled_call_is_booked_in_full_before_the_error() -> None:
    ledger = Ledger(Decimal(1))
    ledger.reserve(A, Decimal("0.8"))
    with pytest.raises(OverbilledError, match=r"billed 1\.5 USD, at most 0\.8 USD"):
        ledger.settle(A, Decimal("1.5"))
    assert ledger.spend().settled_usd == Decimal("1.5")
    assert ledger.left_usd == 0
    assert not ledger.reserve(B, Decimal("0.1"))


def test_a_held_reservation_stays_taken() -> None:
    ledger = Ledger(Decimal(1))
    ledger.reserve(A, Decimal("0.8"))
    ledger.hold(A)
    assert ledger.spend().unknown_usd == Decimal("0.8")
    assert not ledger.reserve(B, Decimal("0.3"))


def test_what_is_closed_cannot_be_closed_again_and_the_message_says_how_it_was() -> None:
    ledger = Ledger(Decimal(1))
    ledger.reserve(A, Decimal("0.1"))
    ledger.settle(A, Decimal("0.1"))
    for close in (ledger.release, ledger.hold, lambda c: ledger.settle(c, Decimal(0))):
        with pytest.raises(LedgerError, match=r"'a'.*it is settled"):
            close(A)
        with pytest.raises(LedgerError, match=r"'b'.*never reserved"):
            close(B)
    assert ledger.spend().settled_usd == Decimal("0.1")


def test_a_call_is_reserved_once_unless_released() -> None:
    ledger = Ledger(Decimal(1))
    ledger.reserve(A, Decimal("0.1"))
    with pytest.raises(LedgerError, match="reserved already"):
        ledger.reserve(A, Decimal("0.1"))
    ledger.release(A)
    assert ledger.reserve(A, Decimal("0.1"))
    ledger.settle(A, Decimal("0.1"))
    with pytest.raises(LedgerError, match="settled already"):
        ledger.reserve(A, Decimal("0.1"))


@pytest.mark.parametrize("amount", ["-0.1", "NaN", "Infinity"])
def test_amounts_are_finite_and_not_negative(amount: str) -> None:
    with pytest.raises(BudgetError, match=amount):
        Ledger(Decimal(amount))
    ledger = Ledger(Decimal(1))
    with pytest.raises(LedgerError, match=amount):
        ledger.reserve(A, Decimal(amount))
    ledger.reserve(A, Decimal("0.1"))
    with pytest.raises(LedgerError, match=amount):
        ledger.settle(A, Decimal(amount))
    assert ledger.open_calls == (A,)


def test_the_limit_of_calls_counts_all_but_the_released() -> None:
    ledger = Ledger(Decimal(1), max_calls=2)
    assert ledger.reserve(A, Decimal(0))
    assert ledger.reserve(B, Decimal(0))
    assert not ledger.reserve(C, Decimal(0))
    ledger.settle(A, Decimal(0))
    assert not ledger.reserve(C, Decimal(0))
    ledger.release(B)
    assert ledger.reserve(C, Decimal(0))
    assert ledger.spend().n_calls == 2


def test_what_was_in_flight_at_a_kill_is_held_at_its_bound() -> None:
    events: list[Event] = [
        reserved("a", "0.01"),
        reserved("b", "0.02"),
        reserved("c", "0.04"),
        reserved("d", "0.08"),
        CallSettled(call=call("a", "0.004")),
        CallReleased(call_id=B, reason="not sent"),
        CallUnknown(call_id=C, reason="timeout"),
    ]
    spend = Ledger.from_events(Decimal(1), events).spend()
    assert spend == Spend(settled_usd=Decimal("0.004"), unknown_usd=Decimal("0.12"), n_calls=3)


def test_a_journal_with_an_overbilled_call_is_read() -> None:
    ledger = Ledger.from_events(Decimal("0.01"), [reserved("a", "0.01"), CallSettled(call=call("a", "0.5"))])
    assert ledger.spend().settled_usd == Decimal("0.5")


def test_a_journal_that_contradicts_itself_is_a_ledger_error() -> None:
    with pytest.raises(LedgerError, match="never reserved"):
        Ledger.from_events(Decimal(1), [CallSettled(call=call("a"))])
    with pytest.raises(LedgerError, match="reserved already"):
        Ledger.from_events(Decimal(1), [reserved("a"), reserved("a")])
