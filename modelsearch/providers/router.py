"""What OpenRouter is told of who may serve a call: the pinned host, a price limit, what it may keep.

Why a limit: a call is sent only when its upper bound is set aside, and the bound rests on the catalogue's prices; a
dearer host must refuse the call, not bill it.
"""

from decimal import Decimal
from typing import Any

from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Endpoint, Rate, RateKind
from modelsearch.core.wire import ModelRequest

ROUTER_ID = ProviderId("openrouter")
_LIMITS: dict[str, RateKind] = {"prompt": "input", "completion": "output", "request": "request"}
_ROUNDING = Decimal("1.000001")
"""A host at exactly the catalogue's price is not to be lost to the router's floating point."""


def preferences(request: ModelRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The `provider` field of a request, without its price limit: no fallbacks from a pinned host, and no host that
    would drop a parameter in silence.
    """
    pin = {"only": [endpoint.host], "allow_fallbacks": False} if endpoint.host else {}
    kept = {"zdr": True, "data_collection": "deny"} if request.is_zdr else {}
    return {**pin, **kept, "require_parameters": True}


def price_limits(request: ModelRequest, endpoint: Endpoint) -> dict[str, float]:
    """`provider.max_price`: USD per Mtok of prompt and completion and USD a request, as the call's bound counts them.

    The dearest standard price that a prompt of this length can meet, at whatever hour, by the newest rows and not by
    the day: the same request stays the same request tomorrow. A price that is unknown sets no limit; a fee that no
    row names is 0, as in the bound.
    """
    n_in = request.max_prompt_tokens
    limits: dict[str, float] = {}
    for name, kind in _LIMITS.items():
        prices = _newest(endpoint.rates, kind, n_in)
        known = [usd for usd in prices if usd is not None]
        if prices and len(known) == len(prices):
            limits[name] = float(max(known) * _ROUNDING)
    if any(rate.kind == "request" for rate in endpoint.rates):
        return limits
    return {**limits, "request": 0.0} if limits else {}


def _newest(rates: tuple[Rate, ...], kind: RateKind, n_in: int) -> list[Decimal | None]:
    """The newest price of each condition that a prompt of at most `n_in` tokens can meet."""
    newest: dict[tuple[int, tuple[str, str] | None], Decimal | None] = {}
    for rate in sorted(rates, key=lambda rate: (rate.valid_from, rate.observed_at)):
        can_hold = rate.min_prompt_tokens == 0 or n_in > rate.min_prompt_tokens
        if rate.kind == kind and rate.processing == "standard" and can_hold:
            newest[rate.min_prompt_tokens, rate.utc_window] = rate.usd
    return list(newest.values())
