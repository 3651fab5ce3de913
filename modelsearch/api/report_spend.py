"""What each provider was paid in each phase, from the journal: settled calls exactly, unknown ones at their bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.events import CallReserved, CallSettled, CallUnknown, Event, PhaseStarted
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.market import Market
from modelsearch.core.money import ZERO_USD
from modelsearch.report.page_data import SpendCell

BEFORE = "before any phase"


@dataclass
class _Sum:
    """Of one provider in one phase."""

    spend_usd: Decimal = ZERO_USD
    unknown_usd: Decimal = ZERO_USD
    n_calls: int = 0


def spend_of(events: Iterable[Event], market: Market) -> tuple[SpendCell, ...]:
    """Spend by provider and phase, in the order of phases, then the largest first. O(events)."""
    phase = BEFORE
    sums: dict[tuple[str, str], _Sum] = {}
    reserved: dict[CallId, CallReserved] = {}
    for event in events:
        if isinstance(event, PhaseStarted):
            phase = event.phase
        elif isinstance(event, CallReserved):
            reserved[event.call_id] = event
        elif isinstance(event, CallSettled):
            cell = sums.setdefault((phase, _provider(market, event.call.endpoint_id)), _Sum())
            cell.spend_usd += event.call.cost_usd
            cell.n_calls += 1
        elif isinstance(event, CallUnknown) and event.call_id in reserved:
            held = reserved[event.call_id]
            sums.setdefault((phase, _provider(market, held.endpoint_id)), _Sum()).unknown_usd += held.amount_usd
    phases = {name: place for place, name in enumerate(dict.fromkeys(phase for phase, _ in sums))}
    ordered = sorted(sums.items(), key=lambda pair: (phases[pair[0][0]], -pair[1].spend_usd, pair[0][1]))
    return tuple(
        SpendCell(provider=provider, phase=name, spend_usd=s.spend_usd, n_calls=s.n_calls, unknown_usd=s.unknown_usd)
        for (name, provider), s in ordered
    )


def _provider(market: Market, endpoint_id: EndpointId) -> str:
    """Who bills; an endpoint that left the market goes by its own name."""
    endpoint = market.endpoints.get(endpoint_id)
    return str(endpoint_id if endpoint is None else endpoint.provider_id)
