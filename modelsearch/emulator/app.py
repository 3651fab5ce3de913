"""The HTTP application: finds the endpoint, asks the behaviour, lets go wrong what was ordered, keeps the books.

The hot path is bare ASGI, for benches time clients against it; Starlette serves the control pages.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from modelsearch.core.market import Endpoint, Market
from modelsearch.core.money import ZERO_USD, call_cost_usd
from modelsearch.emulator.bill import Bill, LogLine
from modelsearch.emulator.faults import BILLED, FaultKind, Faults
from modelsearch.emulator.replies import Asked, Behaviour, EmulatedReply, prompt_key
from modelsearch.emulator.tariff import prices_on
from modelsearch.emulator.transport import reset_connection
from modelsearch.emulator.wire import Failure, Trouble, WireAnswer, WireError, WireFormat
from modelsearch.emulator.wire_anthropic import AnthropicWire
from modelsearch.emulator.wire_google import GoogleWire
from modelsearch.emulator.wire_openai import OpenAiWire

PREFIX = "/p/"
JSON_TYPE = (b"content-type", b"application/json")
_WIRES: Mapping[str, WireFormat] = {
    "openai_chat": OpenAiWire(),
    "anthropic_messages": AnthropicWire(),
    "google_generate": GoogleWire(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """How the server behaves whatever is asked.

    Attributes:
        key: the only key that is accepted; None = no key is asked for.
        log_path: JSONL file to which every request is appended.
        latency_scale: share of each reply's own latency that is really waited; 0 = none.
    """

    faults: Faults = field(default_factory=Faults)
    key: str | None = None
    log_path: Path | None = None
    latency_scale: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request on its way: what was asked, and what shall come of it."""

    wire: WireFormat
    number: int
    asked: Asked
    endpoint: Endpoint | None = None
    reply: EmulatedReply | None = None
    fault: FaultKind | None = None
    wait_s: float = 0.0
    attempt: int = 0
    cost_usd: Decimal = ZERO_USD
    note: str = ""


class EmulatorApp:
    """An ASGI application over one behaviour and the market whose endpoints it serves.

    Attributes:
        bill: the books; safe to read between requests.
    """

    def __init__(self, behaviour: Behaviour, market: Market, options: EmulatorOptions | None = None) -> None:
        self.options = options or EmulatorOptions()
        self.bill = Bill(self.options.log_path)
        self._behaviour = behaviour
        self._dialects = {provider.id: provider.dialect for provider in market.providers.values()}
        self._endpoints: dict[tuple[str, str, str | None], Endpoint] = {}
        for endpoint in market.endpoints.values():
            self._endpoints[endpoint.provider_id, endpoint.wire_name, endpoint.host] = endpoint
            self._endpoints.setdefault((endpoint.provider_id, endpoint.wire_name, None), endpoint)
        self._numbers = itertools.count(1)
        self._n_in_flight = 0
        self._control = _control_app(self.bill)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX) or scope["method"] != "POST":
            await self._control(scope, receive, send)
            return
        self._n_in_flight += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._n_in_flight -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        provider_id, _, rest = scope["path"][len(PREFIX) :].partition("/")
        wire = _WIRES.get(self._dialects.get(provider_id, "")) or _WIRES["openai_chat"]
        body = await _read(receive)
        exchange = _Exchange(
            wire=wire, number=next(self._numbers), asked=Asked(provider_id=provider_id, wire_name="", prompt_text="")
        )
        try:
            self._check_door(scope, wire, rest)
            exchange.asked = wire.asked(provider_id, rest, dict(scope["headers"]), body)
            self._decide(exchange)
        except WireError as error:
            exchange.note = exchange.note or error.trouble.value
            answer = wire.error(self._failure(exchange, error))
            self._book(exchange, answer.status)
            await _send(send, answer)
            return
        await self._deliver(exchange, scope, receive, send)

    def _check_door(self, scope: Scope, wire: WireFormat, rest: str) -> None:
        """The right path with the right key."""
        if not wire.is_path(rest):
            raise WireError(Trouble.NOT_FOUND, f"Unknown request URL: POST {rest}")
        if self.options.key is None:
            return
        key = wire.key_of(dict(scope["headers"]), scope["query_string"])
        if key != self.options.key:
            raise WireError(Trouble.AUTH, "Incorrect API key provided" if key else "No API key provided")

    def _decide(self, exchange: _Exchange) -> None:
        """Fill in the reply, the fault and the cost; what gets no reply raises a WireError."""
        asked = exchange.asked
        endpoint = exchange.endpoint = self._endpoints.get((asked.provider_id, asked.wire_name, asked.host))
        if endpoint is None:
            pinned = f" at {asked.host!r}" if asked.host else ""
            raise WireError(Trouble.NOT_FOUND, f"The model {asked.wire_name!r} does not exist{pinned}")
        if asked.host is None and endpoint.host is not None:
            exchange.asked = asked = replace(asked, host=endpoint.host)
        _check_parameters(endpoint, asked)
        reply = exchange.reply = self._behaviour.reply(asked)
        if reply is None:
            raise WireError(
                Trouble.BAD_REQUEST, "the emulator does not know this item: nothing recorded for the prompt"
            )
        if endpoint.context_tokens is not None and reply.input_tokens + reply.cached_tokens > endpoint.context_tokens:
            raise WireError(Trouble.BAD_REQUEST, f"maximum context length is {endpoint.context_tokens} tokens")
        self._pick_fault(exchange, reply)
        exchange.cost_usd = self._cost_usd(endpoint, reply) if _is_billed(exchange) else ZERO_USD
        self.bill.n_served += 1

    def _pick_fault(self, exchange: _Exchange, reply: EmulatedReply) -> None:
        faults, asked = self.options.faults, exchange.asked
        subject = f"{asked.provider_id}|{asked.wire_name}|{asked.host}|{prompt_key(asked.prompt_text)}"
        exchange.attempt = self.bill.attempts[subject]
        self.bill.attempts[subject] += 1
        if asked.provider_id in faults.provider_down:
            exchange.note = "provider_down"
            raise WireError(Trouble.OVERLOADED, "The service is down")
        if faults.quota_calls is not None and self.bill.n_served >= faults.quota_calls:
            exchange.note = "quota"
            raise WireError(
                Trouble.QUOTA, "You exceeded your current quota, please check your plan and billing details"
            )
        if faults.max_in_flight is not None and self._n_in_flight > faults.max_in_flight:
            exchange.note = FaultKind.RATE_LIMIT.value
            raise WireError(Trouble.RATE, "Rate limit reached")
        exchange.fault, exchange.wait_s = faults.pick(subject, exchange.attempt)
        exchange.wait_s += (reply.latency_s or 0.0) * self.options.latency_scale
        exchange.note = exchange.fault.value if exchange.fault else ""
        if exchange.fault is FaultKind.RATE_LIMIT:
            raise WireError(Trouble.RATE, "Rate limit reached")
        if exchange.fault is FaultKind.SERVER_ERROR:
            raise WireError(Trouble.SERVER, "The server had an error while processing your request")

    def _failure(self, exchange: _Exchange, error: WireError) -> Failure:
        faults = self.options.faults
        is_rate = error.trouble is Trouble.RATE
        return Failure(
            trouble=error.trouble,
            message=error.message,
            retry_after_s=faults.retry_after_s if is_rate else None,
            is_date=faults.retry_after_date,
            status=faults.server_status if exchange.fault is FaultKind.SERVER_ERROR else None,
        )

    def _cost_usd(self, endpoint: Endpoint, reply: EmulatedReply) -> Decimal:
        usage = reply.usage
        return call_cost_usd(usage, prices_on(endpoint, _today(), usage.prompt_tokens))

    async def _deliver(self, exchange: _Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        is_cut = exchange.fault in (FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.HANG)
        self._book(exchange, 0 if is_cut else 200)
        if exchange.wait_s > 0:
            await asyncio.sleep(exchange.wait_s)
        if exchange.fault is FaultKind.HANG:
            await _until_gone(receive, self.options.faults.hang_s)
        if is_cut:
            if exchange.fault is FaultKind.RESET_AFTER:
                await _send(send, _answer(exchange), share=0.5)
            reset_connection(scope)
            await receive()
            return
        await _send(send, _answer(exchange))

    def _book(self, exchange: _Exchange, status: int) -> None:
        asked, reply = exchange.asked, exchange.reply
        self.bill.add(
            LogLine(
                at_s=time.time(),
                provider=asked.provider_id,
                model=asked.wire_name,
                host=asked.host or "",
                item=reply.item if reply else "",
                prompt=prompt_key(asked.prompt_text),
                attempt=exchange.attempt,
                status=status,
                cost_usd=exchange.cost_usd,
                fault=exchange.note,
            )
        )


def _today() -> date:
    return datetime.now(tz=UTC).date()


def _check_parameters(endpoint: Endpoint, asked: Asked) -> None:
    """Reasoning models refuse parameters that others take."""
    if "no_temperature" in endpoint.capabilities and "temperature" in asked.given:
        raise WireError(Trouble.UNSUPPORTED, "Unsupported value: 'temperature' is not supported with this model")
    if "max_completion_tokens" in endpoint.capabilities and "max_tokens" in asked.given:
        raise WireError(
            Trouble.UNSUPPORTED, "Unsupported parameter: 'max_tokens': use 'max_completion_tokens' with this model"
        )


def _is_billed(exchange: _Exchange) -> bool:
    if exchange.fault is FaultKind.ERROR_IN_200:
        return exchange.wire.is_failure_billed
    return exchange.fault is None or exchange.fault in BILLED


def _answer(exchange: _Exchange) -> WireAnswer:
    """The response of a request that got a reply, spoilt as the fault says."""
    reply = exchange.reply
    if reply is None:
        raise WireError(Trouble.SERVER, "no reply")
    headers = () if reply.latency_s is None else ((b"x-recorded-latency-s", repr(reply.latency_s).encode()),)
    if exchange.fault is FaultKind.TRUNCATED:
        reply = replace(reply, text=reply.text[: len(reply.text) // 2], is_truncated=True, is_refusal=False)
    if exchange.fault is FaultKind.ERROR_IN_200:
        body = exchange.wire.error_in_200(reply, exchange.number)
    else:
        body = exchange.wire.answer(reply, exchange.number)
    if exchange.fault is FaultKind.MALFORMED:
        body = body[: len(body) // 2]
    return WireAnswer(status=200, body=body, headers=headers)


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _send(send: Send, answer: WireAnswer, share: float = 1.0) -> None:
    """Send a response, or only the first `share` of its body."""
    length = (b"content-length", str(len(answer.body)).encode())
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": [JSON_TYPE, length, *answer.headers]}
    )
    part = answer.body[: int(len(answer.body) * share)]
    await send({"type": "http.response.body", "body": part, "more_body": share < 1})


async def _until_gone(receive: Receive, seconds: float) -> None:
    try:
        await asyncio.wait_for(receive(), seconds)
    except TimeoutError:
        return


def _control_app(bill: Bill) -> Starlette:
    """The pages about the emulator itself."""

    async def ready(_: Request) -> Response:
        return Response(b'{"ready":true}', media_type="application/json")

    async def read_bill(_: Request) -> Response:
        return Response(bill.summary(), media_type="application/json")

    async def read_log(_: Request) -> Response:
        return Response(bill.log(), media_type="application/json")

    async def reset(_: Request) -> Response:
        bill.reset()
        return Response(b'{"reset":true}', media_type="application/json")

    return Starlette(
        routes=[
            Route("/__emulator/ready", ready),
            Route("/__emulator/bill", read_bill),
            Route("/__emulator/log", read_log),
            Route("/__emulator/reset", reset, methods=["POST"]),
        ]
    )
