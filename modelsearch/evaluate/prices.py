"""The upper bound of a call before it is sent, and its cost after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from modelsearch.catalog.price import Prices, dearest_prices, prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint, Market, Processing, RateKind
from modelsearch.core.money import call_cost_usd, round_usd
from modelsearch.core.outcome import Usage
from modelsearch.core.wire import ModelRequest

_MTOK = Decimal(1_000_000)
_EXPECTED_CHARS_PER_TOKEN = 4.0
# a model of 0.3 B parameters on one core, within a factor of 2 (make local): for an order before anything is bought
_GUESSED_S_PER_INPUT = Decimal("0.001")
_GUESSED_S_PER_OUTPUT = Decimal("0.02")
_INPUT_KINDS: tuple[RateKind, ...] = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
_OUTPUT_KINDS: tuple[RateKind, ...] = ("output", "reasoning")


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """List prices applied to requests (`ItemCosts`) and to what replies used; of batches with `processing` batch."""

    market: Market
    now: Callable[[], datetime] = utc_now
    processing: Processing = "standard"

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:  # noqa: ARG002
        """The most that a call can cost in USD: every byte a token, all output used, at the dearest rate that can hold.

        An endpoint that bills compute seconds runs for the provider's timeout at most; where tokens are free of charge
        there, its rows say 0.

        Raises:
            PriceUnknownError: no bound can be given without an input and an output price, or for an unknown fee.
        """
        n_in = request.max_prompt_tokens
        prices = dearest_prices(endpoint, self.now(), max_prompt_tokens=n_in, processing=self.processing)
        dear_in, dear_out = _dearest(prices, _INPUT_KINDS), _dearest(prices, _OUTPUT_KINDS)
        if dear_in is None or dear_out is None:
            raise PriceUnknownError(kind="input" if dear_in is None else "output", endpoint_id=endpoint.id)
        fees = _fee(endpoint, prices, "request")
        if "compute_second" in prices:
            timeout_s = Decimal(str(self.market.providers[endpoint.provider_id].timeout_s))
            fees += _fee(endpoint, prices, "compute_second") * timeout_s
        return round_usd((dear_in * n_in + dear_out * request.max_output_tokens) / _MTOK + fees)

    def cost(self, endpoint: Endpoint, usage: Usage) -> Decimal:
        """What a call cost in USD: reported by the provider, else its usage at today's prices."""
        prices = prices_at(endpoint, at=self.now(), prompt_tokens=usage.prompt_tokens, processing=self.processing)
        return call_cost_usd(usage, prices)

    def expected(self, endpoint: Endpoint, n_input_chars: int, n_output_tokens: int) -> float | None:
        """A first guess of the cost of an item in USD from list prices; None where a price is unknown.

        What an endpoint computes in a second nobody lists: where seconds are billed, those of a small model are taken.
        """
        n_input = max(1, round(n_input_chars / _EXPECTED_CHARS_PER_TOKEN))
        is_timed = any(rate.kind == "compute_second" for rate in endpoint.rates)
        usage = Usage(
            input_tokens=n_input,
            output_tokens=n_output_tokens,
            compute_s=n_input * _GUESSED_S_PER_INPUT + n_output_tokens * _GUESSED_S_PER_OUTPUT
            if is_timed
            else Decimal(0),
        )
        try:
            return float(self.cost(endpoint, usage))
        except PriceUnknownError:
            return None


def _dearest(prices: Prices, kinds: tuple[RateKind, ...]) -> Decimal | None:
    """The dearest of kinds that stand in for each other; None without the first, which holds where others have no row.

    A kind of unknown price beside a known first one is left out: cached input counts as plain input then, and a call
    that uses hidden reasoning has no known cost either.
    """
    if prices.get(kinds[0]) is None:
        return None
    return max(price for kind in kinds if (price := prices.get(kind)) is not None)


def _fee(endpoint: Endpoint, prices: Prices, kind: RateKind) -> Decimal:
    """USD per call or second; 0 where the endpoint has no such row."""
    price = prices.get(kind, Decimal(0))
    if price is None:
        raise PriceUnknownError(kind=kind, endpoint_id=endpoint.id)
    return price
