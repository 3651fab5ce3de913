"""Whatever is reserved, settled, released and held in any order: never over budget, never negative."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from modelsearch.core.events import CallReleased, CallReserved, CallSettled, CallUnknown, Event
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.outcome import Call, Status, Usage
from modelsearch.store.ledger import Ledger

amounts = st.decimals(min_value=0, max_value=1, places=12)


def settled(call_id: CallId, cost_usd: Decimal) -> CallSettled:
    return CallSettled(
        call=Call(
            id=call_id,
            key="",
            endpoint_id=EndpointId("e"),
            status=Status.OK,
            usage=Usage(),
            cost_usd=cost_usd,
            latency_s=0.0,
        )
    )


class LedgerMachine(RuleBasedStateMachine):
    """The live ledger beside the journal of what it allowed."""

    open_calls: Bundle[CallReserved] = Bundle("open_calls")

    @initialize(budget_usd=amounts, max_calls=st.none() | st.integers(min_value=0, max_value=9))
    def begin(self, budget_usd: Decimal, max_calls: int | None) -> None:
        self.budget_usd = budget_usd
        self.max_calls = max_calls
        self.ledger = Ledger(budget_usd, max_calls=max_calls)
        self.events: list[Event] = []

    @rule(target=open_calls, share=amounts, is_small=st.booleans())
    def reserve(self, share: Decimal, is_small: bool) -> MultipleResults[CallReserved] | CallReserved:
        amount_usd = (share * self.ledger.left_usd).quantize(Decimal("1e-12")) if is_small else share
        event = CallReserved(
            call_id=CallId(str(len(self.events))), key="", endpoint_id=EndpointId("e"), amount_usd=amount_usd
        )
        before = self.ledger.spend()
        if not self.ledger.reserve(event.call_id, amount_usd):
            is_full = self.max_calls is not None and before.n_calls >= self.max_calls
            assert is_full or before.committed_usd + amount_usd > self.budget_usd
            assert self.ledger.spend() == before
            return multiple()
        self.events.append(event)
        return event

    @rule(event=consumes(open_calls), share=amounts)
    def settle(self, event: CallReserved, share: Decimal) -> None:
        cost_usd = event.amount_usd * share
        self.ledger.settle(event.call_id, cost_usd)
        self.events.append(settled(event.call_id, cost_usd))

    @rule(event=consumes(open_calls))
    def release(self, event: CallReserved) -> None:
        self.ledger.release(event.call_id)
        self.events.append(CallReleased(call_id=event.call_id, reason=""))

    @rule(event=consumes(open_calls))
    def hold(self, event: CallReserved) -> None:
        self.ledger.hold(event.call_id)
        self.events.append(CallUnknown(call_id=event.call_id, reason=""))

    @invariant()
    def never_over_budget_nor_negative(self) -> None:
        spend = self.ledger.spend()
        assert min(spend.settled_usd, spend.reserved_usd, spend.unknown_usd, self.ledger.left_usd) >= 0
        assert spend.committed_usd <= self.budget_usd
        assert self.max_calls is None or spend.n_calls <= self.max_calls

    @invariant()
    def the_journal_tells_the_same(self) -> None:
        live = self.ledger.spend()
        held = replace(live, reserved_usd=Decimal(0), unknown_usd=live.unknown_usd + live.reserved_usd)
        assert Ledger.from_events(self.budget_usd, self.events).spend() == held


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestLedger = LedgerMachine.TestCase
