"""The upper bound of a call before it is sent, and its cost after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from modelsearch.catalog.price import dearest_prices, prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint, Market, RateKind
from modelsearch.core.money import call_cost_usd, round_usd
from modelsearch.core.outcome import Usage
from modelsearch.core.wire import ModelRequest

MESSAGE_OVERHEAD_TOKENS = 64
"""Tokens that a wire format may add around one message; no tokenizer makes more tokens than there are bytes."""
_MTOK = Decimal(1_000_000)
_EXPECTED_CHARS_PER_TOKEN = 4.0
_INPUT_KINDS: tuple[RateKind, ...] = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
_OUTPUT_KINDS: tuple[RateKind, ...] = ("output", "reasoning")


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """List prices applied to requests (`ItemCosts`) and to what replies used."""

    market: Market
    now: Callable[[], datetime] = utc_now

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:  # noqa: ARG002
        """The most that a call can cost in USD: every byte a token, all output used, at the dearest rate.

        Raises:
            PriceUnknownError: no bound can be given without an input and an output price.
        """
        prices = dearest_prices(endpoint, self.now())
        compute = prices.get("compute_second")
        fee = prices.get("request") or Decimal(0)
        if compute is not None:
            timeout_s = Decimal(str(self.market.providers[endpoint.provider_id].timeout_s))
            return round_usd(compute * timeout_s + fee)
        dear_in = max((p for k in _INPUT_KINDS if (p := prices.get(k)) is not None), default=None)
        dear_out = max((p for k in _OUTPUT_KINDS if (p := prices.get(k)) is not None), default=None)
        if dear_in is None or dear_out is None:
            raise PriceUnknownError(kind="input" if dear_in is None else "output", endpoint_id=endpoint.id)
        n_in = sum(len(m.content.encode()) + MESSAGE_OVERHEAD_TOKENS for m in request.messages)
        return round_usd((dear_in * n_in + dear_out * request.max_output_tokens) / _MTOK + fee)

    def cost(self, endpoint: Endpoint, usage: Usage) -> Decimal:
        """What a call cost in USD: reported by the provider, else its usage at today's prices."""
        return call_cost_usd(usage, prices_at(endpoint, at=self.now(), prompt_tokens=usage.prompt_tokens))

    def expected(self, endpoint: Endpoint, n_input_chars: int, n_output_tokens: int) -> float | None:
        """A first guess of the cost of an item in USD from list prices; None where a price is unknown."""
        usage = Usage(
            input_tokens=max(1, round(n_input_chars / _EXPECTED_CHARS_PER_TOKEN)), output_tokens=n_output_tokens
        )
        try:
            return float(self.cost(endpoint, usage))
        except PriceUnknownError:
            return None
