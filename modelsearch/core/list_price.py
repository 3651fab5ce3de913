"""One number for a price list: what tiers are made of and rankers compare."""

from datetime import date
from decimal import Decimal

from modelsearch.core.market import Endpoint, RateKind


def blended_usd_per_mtok(endpoint: Endpoint, as_of: date) -> Decimal | None:
    """List price in USD per Mtok of 3 parts input and 1 part output; None where either is unknown.

    Standard processing, short prompts, outside any window of the day, by the newest row that holds at `as_of`.
    """
    paid_in, paid_out = _rate_usd(endpoint, "input", as_of), _rate_usd(endpoint, "output", as_of)
    return None if paid_in is None or paid_out is None else (3 * paid_in + paid_out) / 4


def _rate_usd(endpoint: Endpoint, kind: RateKind, as_of: date) -> Decimal | None:
    plain = [
        rate
        for rate in endpoint.rates
        if rate.kind == kind
        and rate.per == "mtok"
        and rate.processing == "standard"
        and rate.min_prompt_tokens == 0
        and rate.utc_window is None
        and rate.valid_from <= as_of
    ]
    return max(plain, key=lambda rate: (rate.valid_from, rate.observed_at)).usd if plain else None
