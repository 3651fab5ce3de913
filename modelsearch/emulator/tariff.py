"""The prices by which the emulator bills: the endpoint's own dated rates."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from modelsearch.core.market import Endpoint, Rate, RateKind


def prices_on(endpoint: Endpoint, on: date, prompt_tokens: int = 0) -> Mapping[RateKind, Decimal | None]:
    """USD per unit and kind, standard processing, on a day: of the rows that hold, the newest of the longest tier.

    Args:
        endpoint: whose rates.
        on: the day of the call.
        prompt_tokens: all input tokens of the call, which decide the tier.
    """
    held: dict[RateKind, Rate] = {}
    for rate in endpoint.rates:
        if not _holds(rate, on, prompt_tokens):
            continue
        known = held.get(rate.kind)
        if known is None or (rate.min_prompt_tokens, rate.valid_from) >= (known.min_prompt_tokens, known.valid_from):
            held[rate.kind] = rate
    return {kind: rate.usd for kind, rate in held.items()}


def _holds(rate: Rate, on: date, prompt_tokens: int) -> bool:
    is_tier = rate.min_prompt_tokens == 0 or prompt_tokens > rate.min_prompt_tokens
    return rate.processing == "standard" and rate.utc_window is None and rate.valid_from <= on and is_tier
