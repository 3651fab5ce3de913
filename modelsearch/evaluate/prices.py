"""The upper bound of a call before it is sent, and its cost after."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from modelsearch.catalog.price import Prices, dearest_prices, prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint, Market, Processing, Rate, RateKind
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


class _Dearest(NamedTuple):
    """USD: of a token of input, of a token of output, of a call whatever it holds."""

    per_input: Decimal
    per_output: Decimal
    fees: Decimal


class _Shape(NamedTuple):
    """When prices of an endpoint change: above which prompt lengths, and whether by the time of day."""

    rates: tuple[Rate, ...]
    lengths: tuple[int, ...]
    is_timed: bool


_Key = tuple[int, date, int]


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """List prices applied to requests (`ItemCosts`) and to what replies used; of batches with `processing` batch."""

    market: Market
    now: Callable[[], datetime] = utc_now
    processing: Processing = "standard"
    _shapes: dict[int, _Shape] = field(default_factory=dict, init=False, repr=False, compare=False)
    _bounds: dict[_Key, _Dearest] = field(default_factory=dict, init=False, repr=False, compare=False)
    _prices: dict[_Key, Prices] = field(default_factory=dict, init=False, repr=False, compare=False)

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:  # noqa: ARG002
        """The most that a call can cost in USD: every byte a token, all output used, at the dearest rate that can hold.

        An endpoint that bills compute seconds runs for the provider's timeout at most; where tokens are free of charge
        there, its rows say 0.

        Raises:
            PriceUnknownError: no bound can be given without an input and an output price, or for an unknown fee.
        """
        n_in, now = request.max_prompt_tokens, self.now()
        key = self._key(endpoint, now, n_in)
        dearest = self._bounds.get(key)
        if dearest is None:
            dearest = self._bounds[key] = self._dearest_of(endpoint, now, n_in)
        tokens_usd = dearest.per_input * n_in + dearest.per_output * request.max_output_tokens
        return round_usd(tokens_usd + dearest.fees)

    def _dearest_of(self, endpoint: Endpoint, now: datetime, n_in: int) -> _Dearest:
        prices = dearest_prices(endpoint, now, max_prompt_tokens=n_in, processing=self.processing)
        dear_in, dear_out = _dearest(prices, _INPUT_KINDS), _dearest(prices, _OUTPUT_KINDS)
        if dear_in is None or dear_out is None:
            raise PriceUnknownError(kind="input" if dear_in is None else "output", endpoint_id=endpoint.id)
        fees = _fee(endpoint, prices, "request")
        if "compute_second" in prices:
            timeout_s = Decimal(str(self.market.providers[endpoint.provider_id].timeout_s))
            fees += _fee(endpoint, prices, "compute_second") * timeout_s
        return _Dearest(dear_in / _MTOK, dear_out / _MTOK, fees)

    def cost(self, endpoint: Endpoint, usage: Usage) -> Decimal:
        """What a call cost in USD: reported by the provider, else its usage at today's prices."""
        n_in, now = usage.prompt_tokens, self.now()
        key = self._key(endpoint, now, n_in)
        prices = self._prices.get(key)
        if prices is None:
            prices = prices_at(endpoint, at=now, prompt_tokens=n_in, processing=self.processing)
            if not self._shapes[key[0]].is_timed:
                self._prices[key] = prices
        return call_cost_usd(usage, prices)

    def _key(self, endpoint: Endpoint, now: datetime, n_in: int) -> _Key:
        """What prices depend on but for the hour: the rows (kept, so that their identity is theirs), day and length."""
        rows = id(endpoint.rates)
        shape = self._shapes.get(rows)
        if shape is None:
            lengths = tuple(sorted({rate.min_prompt_tokens for rate in endpoint.rates if rate.min_prompt_tokens}))
            is_timed = any(rate.utc_window for rate in endpoint.rates)
            shape = self._shapes[rows] = _Shape(endpoint.rates, lengths, is_timed)
        day = now if now.tzinfo is UTC else now.astimezone(UTC)
        return rows, day.date(), bisect_left(shape.lengths, n_in) if shape.lengths else 0

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
