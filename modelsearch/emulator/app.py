"""The HTTP application: reads a request, has it decided, books it, and sends what shall be sent.

The hot path is bare ASGI, for benches time clients against it; Starlette serves the pages about the emulator itself.
A request is booked before its answer is sent: a client that is killed while it waits has still been charged.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.types import Receive, Scope, Send

from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Market
from modelsearch.emulator.batch import BatchHabits, BatchWork
from modelsearch.emulator.batch_wires import BATCH_WIRES, BatchAsked
from modelsearch.emulator.bill import Bill, LogLine
from modelsearch.emulator.control import control_app
from modelsearch.emulator.exchange import Decider, Exchange, answer_of
from modelsearch.emulator.faults import FaultKind, Faults
from modelsearch.emulator.listing_control import listing_routes
from modelsearch.emulator.listings import Listings
from modelsearch.emulator.replies import Asked, Behaviour, EmulatedReply
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.transport import reset_connection
from modelsearch.emulator.wire import Failure, Trouble, WireAnswer, WireError, WireFormat
from modelsearch.emulator.wire_anthropic import AnthropicWire
from modelsearch.emulator.wire_embeddings import EmbeddingsWire
from modelsearch.emulator.wire_google import GoogleWire
from modelsearch.emulator.wire_openai import OpenAiWire

PREFIX = "/p/"
JSON_TYPE = (b"content-type", b"application/json")
WIRES: Mapping[str, WireFormat] = {
    "openai_chat": OpenAiWire(),
    "anthropic_messages": AnthropicWire(),
    "google_generate": GoogleWire(),
    "openai_embeddings": EmbeddingsWire(),
}
_CUT = frozenset({FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.HANG})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """How the server behaves whatever is asked.

    Attributes:
        key: the only key that is accepted; None = no key is asked for.
        log_path: JSONL file to which every request is appended.
        latency_scale: share of each reply's own latency that is really waited; 0 = none.
        batch: how batches behave, at the providers that have them.
    """

    faults: Faults = field(default_factory=Faults)
    key: str | None = field(default=None, repr=False)
    log_path: Path | None = None
    latency_scale: float = 0.0
    batch: BatchHabits = field(default_factory=BatchHabits)


class EmulatorApp:
    """An ASGI application over one behaviour and the market whose endpoints it serves.

    Attributes:
        bill: the books; safe to read between requests.
        shelf: what is on sale.
    """

    def __init__(self, behaviour: Behaviour, market: Market, options: EmulatorOptions | None = None) -> None:
        self.options = options or EmulatorOptions()
        self.bill = Bill(self.options.log_path)
        self._wires = {p.id: WIRES[p.dialect] for p in market.providers.values() if p.dialect in WIRES}
        self.shelf = Shelf(market)
        self._decider = Decider(behaviour, self.shelf, self.options.faults)
        self._numbers = itertools.count(1)
        self._n_in_flight = 0
        self._listings = Listings(self.shelf, self._wires, self.options.key)
        self._control = control_app(self.bill, self.reset, listing_routes(self.shelf))
        self._work = BatchWork(self._decider, self.shelf, self.bill, self.options.batch)
        self._batch_wires = {
            p.id: BATCH_WIRES[str(p.batch)] for p in market.providers.values() if p.batch in BATCH_WIRES
        }

    def reset(self) -> None:
        """Forget bill, log, attempts, calls served and batches, and what was changed of the listings."""
        self.shelf.reset()
        self.bill.reset()
        self._decider.reset()
        self._work.reset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX) and self._is_of_batches(scope):
            await self._serve_batches(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] == "GET" and self._listings.is_path(scope["path"]):
            await _send(send, self._listings.answer(scope["path"], dict(scope["headers"]), scope["query_string"]))
            return
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(PREFIX):
            await self._control(scope, receive, send)
            return
        self._n_in_flight += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._n_in_flight -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        provider_id, _, rest = scope["path"][len(PREFIX) :].partition("/")
        rest = rest.removeprefix("v1/").removeprefix("v1beta/")  # the official clients bring the version along
        body = await _read(receive)
        exchange = Exchange(
            wire=self._wires.get(provider_id, WIRES["openai_chat"]),
            number=next(self._numbers),
            asked=Asked(provider_id=provider_id, wire_name="", prompt_text=""),
        )
        try:
            self._read_request(exchange, scope, rest, body)
            self._decider.decide(exchange, self._n_in_flight)
        except WireError as error:
            exchange.note = exchange.note or error.trouble.value
            answer = exchange.wire.error(self._failure(exchange, error))
            answer = replace(answer, headers=answer.headers + exchange.headers)
            self._book(exchange, answer.status)
            await _send(send, answer)
            return
        if exchange.reply is not None:
            await self._deliver(exchange, exchange.reply, (scope, receive, send))

    def _is_of_batches(self, scope: Scope) -> bool:
        provider_id, _, rest = scope["path"][len(PREFIX) :].partition("/")
        rest = rest.removeprefix("v1/").removeprefix("v1beta/")  # the official clients bring the version along
        wire = self._batch_wires.get(provider_id)
        return wire is not None and wire.is_path(scope["method"], rest)

    async def _serve_batches(self, scope: Scope, receive: Receive, send: Send) -> None:
        provider_id, _, rest = scope["path"][len(PREFIX) :].partition("/")
        rest = rest.removeprefix("v1/").removeprefix("v1beta/")  # the official clients bring the version along
        wire, headers = self._wires[ProviderId(provider_id)], dict(scope["headers"])
        asked = BatchAsked(
            method=scope["method"], path=rest, headers=headers, body=await _read(receive), provider_id=provider_id
        )
        try:
            self._check_key(wire.key_of(headers, scope["query_string"]))
            answer = await self._batch_wires[ProviderId(provider_id)].answer(self._work, wire, asked)
        except WireError as error:
            answer = wire.error(Failure(trouble=error.trouble, message=error.message))
        await _send(send, answer)

    def _read_request(self, exchange: Exchange, scope: Scope, rest: str, body: bytes) -> None:
        """The right path with the right key, then the body."""
        wire, provider_id, headers = exchange.wire, exchange.asked.provider_id, dict(scope["headers"])
        if provider_id not in self._wires or not wire.is_path(rest):
            raise WireError(Trouble.NOT_FOUND, f"Unknown request URL: POST {scope['path']}")
        self._check_key(wire.key_of(headers, scope["query_string"]))
        exchange.asked = wire.asked(provider_id, rest, headers, body)

    def _check_key(self, key: str | None) -> None:
        if self.options.key is not None and key != self.options.key:
            raise WireError(Trouble.AUTH, "Incorrect API key provided" if key else "No API key provided")

    def _failure(self, exchange: Exchange, error: WireError) -> Failure:
        faults = self.options.faults
        wait_s = faults.retry_after_s if exchange.retry_after_s is None else exchange.retry_after_s
        return Failure(
            trouble=error.trouble,
            message=error.message,
            retry_after_s=wait_s if error.trouble is Trouble.RATE else None,
            is_date=faults.retry_after_date,
            status=faults.server_status if exchange.fault is FaultKind.SERVER_ERROR else None,
        )

    async def _deliver(self, exchange: Exchange, reply: EmulatedReply, asgi: tuple[Scope, Receive, Send]) -> None:
        scope, receive, send = asgi
        self._book(exchange, 0 if exchange.fault in _CUT else 200)
        wait_s = exchange.wait_s + (reply.latency_s or 0.0) * self.options.latency_scale
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._decider.begin(exchange)
        if exchange.fault not in _CUT:
            await _send(send, answer_of(exchange, reply))
            return
        if exchange.fault is FaultKind.HANG:
            await _until_gone(receive, self.options.faults.hang_s)
        if exchange.fault is FaultKind.RESET_AFTER:
            await _send(send, answer_of(exchange, reply), share=0.5)
        reset_connection(scope)
        await receive()  # returns once the connection is gone, so that the server does not complain of no response

    def _book(self, exchange: Exchange, status: int) -> None:
        asked, reply = exchange.asked, exchange.reply
        self.bill.add(
            LogLine(
                at_s=time.time(),
                provider=asked.provider_id,
                model=asked.wire_name,
                host=asked.host or "",
                item=reply.item if reply else "",
                prompt=exchange.prompt,
                attempt=exchange.attempt,
                status=status,
                cost_usd=exchange.cost_usd,
                fault=exchange.note,
            )
        )


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
