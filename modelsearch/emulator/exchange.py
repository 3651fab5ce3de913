"""What shall come of one request: endpoint, reply, fault and cost, decided before anything is sent."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from modelsearch.catalog.price import prices_at
from modelsearch.core.market import Endpoint
from modelsearch.core.money import ZERO_USD, call_cost_usd
from modelsearch.emulator.faults import BILLED, FaultKind, Faults
from modelsearch.emulator.prompt_cache import PromptCaches
from modelsearch.emulator.rate_limits import HeaderPairs, RateLimiter, rate_headers
from modelsearch.emulator.replies import Asked, Behaviour, EmulatedReply, prompt_key
from modelsearch.emulator.shelf import OnSale, Shelf
from modelsearch.emulator.wire import Trouble, WireAnswer, WireError, WireFormat


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request on its way; filled in as it is understood.

    Attributes:
        wait_s: before the first byte.
        attempt: how often this prompt was asked of this endpoint before.
        note: the fault or trouble in a word, for the log.
        headers: of the response, whichever it is; `retry_after_s` of a refusal, None = as the faults have it.
    """

    wire: WireFormat
    number: int
    asked: Asked
    prompt: str = ""
    reply: EmulatedReply | None = None
    fault: FaultKind | None = None
    wait_s: float = 0.0
    attempt: int = 0
    cost_usd: Decimal = ZERO_USD
    note: str = ""
    cache_entries: tuple[str, ...] = ()
    headers: HeaderPairs = ()
    retry_after_s: float | None = None


class Decider:
    """Decides exchanges; counts what decides the next: attempts and calls served."""

    def __init__(self, behaviour: Behaviour, shelf: Shelf, faults: Faults) -> None:
        self._behaviour = behaviour
        self._shelf = shelf
        self._faults = faults
        self._is_quiet = faults.is_quiet
        self._limiter = (
            None if faults.rate_limit is None else RateLimiter(limit=faults.rate_limit, period_s=faults.rate_period_s)
        )
        self._attempts: Counter[str] = Counter()
        self._caches = PromptCaches()
        self._n_served = 0

    def reset(self) -> None:
        """Forget attempts and calls served."""
        self._attempts.clear()
        self._caches.reset()
        self._n_served = 0

    def decide(self, exchange: Exchange, n_in_flight: int) -> None:
        """Fill in reply, fault, wait and cost.

        Raises:
            WireError: there is no reply, by fault or by right.
        """
        on_sale = self._on_sale(exchange)
        endpoint = on_sale.endpoint
        _check_parameters(endpoint, exchange.asked)
        exchange.prompt = prompt_key(exchange.asked.prompt_text)
        reply = exchange.reply = self._reply(on_sale, exchange.asked)
        if reply is None:
            raise WireError(Trouble.BAD_REQUEST, "the emulator knows no item with this prompt")
        if reply.logprobs and ("logprobs" not in exchange.asked.given or reply.is_refusal):
            reply = exchange.reply = replace(reply, logprobs=())
        self._refuse(exchange, n_in_flight)
        reply = self._cached(exchange, endpoint, reply)
        usage = reply.usage
        if endpoint.context_tokens is not None and usage.prompt_tokens > endpoint.context_tokens:
            raise WireError(Trouble.BAD_REQUEST, f"maximum context length is {endpoint.context_tokens} tokens")
        self._pick_fault(exchange, endpoint)
        if _is_billed(exchange):
            prices = prices_at(endpoint, at=datetime.now(tz=UTC), prompt_tokens=usage.prompt_tokens)
            exchange.cost_usd = call_cost_usd(usage, prices)
        self._n_served += 1

    def begin(self, exchange: Exchange) -> None:
        """The answer begins: what it read of the prompt is in the cache from now on."""
        if exchange.cache_entries:
            self._caches.keep(exchange.cache_entries)

    def _cached(self, exchange: Exchange, endpoint: Endpoint, reply: EmulatedReply) -> EmulatedReply:
        """The reply with what the prompt cache holds; a router's cost is told anew."""
        served, exchange.cache_entries = self._caches.served(endpoint, exchange.asked, reply)
        if served is not reply and reply.cost_usd is not None:
            usage = replace(served.usage, reported_usd=None)
            prices = prices_at(endpoint, at=datetime.now(tz=UTC), prompt_tokens=usage.prompt_tokens)
            served = replace(served, cost_usd=call_cost_usd(usage, prices))
        exchange.reply = served
        return served

    def _reply(self, on_sale: OnSale, asked: Asked) -> EmulatedReply | None:
        """What the behaviour says, or says of the endpoint that this one is like, at this one's price."""
        like = on_sale.like
        if like is not None:
            asked = replace(asked, provider_id=like.provider_id, wire_name=like.wire_name, host=like.host)
        reply = self._behaviour.reply(asked)
        if reply is None or not on_sale.is_changed:
            return reply
        endpoint = on_sale.endpoint
        named = reply if like is None else replace(reply, model=endpoint.wire_name, host=endpoint.host or "")
        if reply.cost_usd is None:
            return named
        usage = replace(reply.usage, reported_usd=None)
        prices = prices_at(endpoint, at=datetime.now(tz=UTC), prompt_tokens=usage.prompt_tokens)
        return replace(named, cost_usd=call_cost_usd(usage, prices))

    def _on_sale(self, exchange: Exchange) -> OnSale:
        asked = exchange.asked
        found = self._shelf.find(asked.provider_id, asked.wire_name, asked.host)
        if found is None:
            pinned = f" at {asked.host!r}" if asked.host else ""
            raise WireError(Trouble.NOT_FOUND, f"The model {asked.wire_name!r} does not exist{pinned}")
        if asked.host is None and found.endpoint.host is not None:
            exchange.asked = replace(asked, host=found.endpoint.host)
        return found

    def _refuse(self, exchange: Exchange, n_in_flight: int) -> None:
        """Faults of a whole provider or account."""
        faults = self._faults
        if exchange.asked.provider_id in faults.provider_down:
            exchange.note = "provider_down"
            raise WireError(Trouble.OVERLOADED, "The service is down")
        if faults.quota_calls is not None and self._n_served >= faults.quota_calls:
            raise WireError(
                Trouble.QUOTA, "You exceeded your current quota, please check your plan and billing details"
            )
        if faults.max_in_flight is not None and n_in_flight > faults.max_in_flight:
            exchange.note = FaultKind.RATE_LIMIT.value
            raise WireError(Trouble.RATE, "Rate limit reached: too many requests at once")
        if self._limiter is not None:
            self._limit(exchange, self._limiter)

    def _limit(self, exchange: Exchange, limiter: RateLimiter) -> None:
        standing = limiter.take(f"{exchange.asked.provider_id}|{exchange.asked.wire_name}")
        exchange.headers = rate_headers(exchange.wire, standing)
        if standing.wait_s > 0:
            exchange.retry_after_s = standing.wait_s
            exchange.note = FaultKind.RATE_LIMIT.value
            raise WireError(Trouble.RATE, "Rate limit reached: too many requests a minute")

    def _pick_fault(self, exchange: Exchange, endpoint: Endpoint) -> None:
        """Faults of a single request."""
        subject = f"{endpoint.id}|{exchange.prompt}"
        exchange.attempt = self._attempts[subject]
        self._attempts[subject] += 1
        if self._is_quiet:
            return
        fault, exchange.wait_s = self._faults.pick(subject, exchange.attempt)
        exchange.fault = fault
        exchange.note = fault.value if fault else ""
        if fault is FaultKind.RATE_LIMIT:
            raise WireError(Trouble.RATE, "Rate limit reached")
        if fault is FaultKind.SERVER_ERROR:
            raise WireError(Trouble.SERVER, "The server had an error while processing your request")


def _check_parameters(endpoint: Endpoint, asked: Asked) -> None:
    """Reasoning models refuse parameters that others take."""
    if "no_temperature" in endpoint.capabilities and "temperature" in asked.given:
        raise WireError(Trouble.UNSUPPORTED, "Unsupported value: 'temperature' is not supported with this model")
    if "max_completion_tokens" in endpoint.capabilities and "max_tokens" in asked.given:
        raise WireError(
            Trouble.UNSUPPORTED, "Unsupported parameter: 'max_tokens': use 'max_completion_tokens' with this model"
        )
    if "logprobs" not in endpoint.capabilities and "logprobs" in asked.given:
        raise WireError(Trouble.UNSUPPORTED, "Unsupported parameter: 'logprobs' is not supported with this model")


def _is_billed(exchange: Exchange) -> bool:
    if exchange.fault is FaultKind.ERROR_IN_200:
        return exchange.wire.is_failure_billed
    return exchange.fault is None or exchange.fault in BILLED


def answer_of(exchange: Exchange, reply: EmulatedReply) -> WireAnswer:
    """The response of a request that got a reply, spoilt as its fault says."""
    headers = () if reply.latency_s is None else ((b"x-recorded-latency-s", repr(reply.latency_s).encode()),)
    if exchange.fault is FaultKind.TRUNCATED:
        reply = replace(
            reply, text=reply.text[: len(reply.text) // 2], is_truncated=True, is_refusal=False, logprobs=()
        )
    if exchange.fault is FaultKind.ERROR_IN_200:
        body = exchange.wire.error_in_200(reply, exchange.number)
    else:
        body = exchange.wire.answer(reply, exchange.number)
    if exchange.fault is FaultKind.MALFORMED:
        body = body[: len(body) // 2]
    return WireAnswer(status=200, body=body, headers=headers + exchange.headers)
