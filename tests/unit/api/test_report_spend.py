from decimal import Decimal

from modelsearch.api.report_spend import BEFORE, spend_of
from modelsearch.core.events import CallReleased, CallReserved, CallSettled, CallUnknown, Event, PhaseStarted
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.outcome import Call, Status, Usage
from modelsearch.testing.factories import make_market


def reserved(number: int, endpoint: str = "m00") -> CallReserved:
    return CallReserved(
        call_id=CallId(f"call-{number}"), key="k", endpoint_id=EndpointId(endpoint), amount_usd=Decimal("0.5")
    )


def settled(number: int, usd: str, endpoint: str = "m00") -> CallSettled:
    return CallSettled(
        call=Call(
            id=CallId(f"call-{number}"), key="k", endpoint_id=EndpointId(endpoint), status=Status.OK, usage=Usage(),
            cost_usd=Decimal(usd), latency_s=0.1,
        )
    )  # fmt: skip


def test_settled_is_exact_and_unknown_at_its_bound_by_phase_and_provider() -> None:
    events: list[Event] = [
        reserved(0), settled(0, "0.1"),
        PhaseStarted(phase="race", spend_usd=Decimal(1)),
        reserved(1), settled(1, "0.2"), reserved(2), settled(2, "0.3"),
        reserved(3), CallUnknown(call_id=CallId("call-3"), reason="killed"),
        reserved(4), CallReleased(call_id=CallId("call-4"), reason="not sent"),
        reserved(5, "gone/x"), settled(5, "0.05", "gone/x"),
    ]  # fmt: skip
    cells = [(c.phase, c.provider, c.spend_usd, c.n_calls, c.unknown_usd) for c in spend_of(events, make_market())]
    assert cells == [
        (BEFORE, "p0", Decimal("0.1"), 1, Decimal(0)),
        ("race", "p0", Decimal("0.5"), 2, Decimal("0.5")),
        ("race", "gone/x", Decimal("0.05"), 1, Decimal(0)),
    ]


def test_nothing_called_is_nothing() -> None:
    assert spend_of([], make_market()) == ()
