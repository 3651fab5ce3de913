"""HTTP to batch APIs: few calls and big ones, so no limits of concurrency, and none of the hot path's short cuts."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

from modelsearch.core.batch import HttpCall
from modelsearch.core.errors import InputError
from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Market, Provider
from modelsearch.core.ports import Clock, Dialect
from modelsearch.core.wire import RawReply, Retry
from modelsearch.providers.account import (
    DEFAULT_AUTH_HEADER,
    HIDDEN,
    SECRET_CHARS,
    checked_base_url,
    checked_key,
    dialect_of,
)
from modelsearch.providers.client import TransportFactory
from modelsearch.providers.clock import SystemClock
from modelsearch.providers.retry import Backoff, is_unsent
from modelsearch.providers.transport import AiohttpTransport, Timeouts

MAX_FILE_BYTES = 400_000_000
"""Of results: 50,000 long replies."""
CONNECT_S, READ_S, WHOLE_S = 15.0, 120.0, 900.0
MAX_ATTEMPTS = 4
_OK = range(200, 300)


def batch_transport(provider: Provider) -> httpx.AsyncBaseTransport:  # noqa: ARG001 - the factory's signature
    """Our own transport with room and time for files."""
    limits = Timeouts(connect_s=CONNECT_S, read_s=READ_S, total_s=WHOLE_S)
    return AiohttpTransport(timeouts=limits, max_reply_bytes=MAX_FILE_BYTES)


@dataclass(frozen=True, kw_only=True)
class _Account:
    base_url: str
    key: str = field(repr=False)
    dialect: Dialect
    transport: httpx.AsyncBaseTransport

    def request(self, call: HttpCall) -> httpx.Request:
        headers = {"user-agent": "modelsearch", **call.headers}
        if self.key:
            name = str(getattr(self.dialect, "auth_header", DEFAULT_AUTH_HEADER))
            headers[name] = f"Bearer {self.key}" if name == DEFAULT_AUTH_HEADER else self.key
        return httpx.Request(call.method, self.base_url + call.path, headers=headers, content=call.body or None)

    def hidden(self, text: str) -> str:
        return text.replace(self.key, HIDDEN) if len(self.key) >= SECRET_CHARS else text


class HttpBatchClient:
    """A `core.batch.BatchClient`; use it as an async context.

    Args:
        market: whose providers are called.
        keys: key by provider.
        clock: of waits between attempts.
        transport_factory: any httpx transport per provider.
        max_attempts: of one call, >= 1.
    """

    def __init__(
        self,
        market: Market,
        keys: Mapping[ProviderId, str],
        *,
        clock: Clock | None = None,
        transport_factory: TransportFactory | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        self._market = market
        self._keys = dict(keys)
        self._clock: Clock = clock or SystemClock()
        self._transport_factory = transport_factory or batch_transport
        self._backoff = Backoff(max_attempts=max_attempts, rng=random.Random(0))
        self._accounts: dict[ProviderId, _Account] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        accounts, self._accounts = self._accounts, {}
        for account in accounts.values():
            await account.transport.aclose()

    async def exchange(self, provider_id: ProviderId, call: HttpCall) -> RawReply:
        """The reply to one call.

        What begins a bill is repeated only where it surely was not taken: never sent, or told to come later.

        Raises:
            KeyMissingError: the provider needs a key and none was given.
        """
        account = self._accounts.get(provider_id) or self._open(provider_id)
        for n_attempts in range(1, self._backoff.max_attempts + 1):
            raw = await self._attempt(account, call)
            retry = _verdict(account, raw)
            is_safe = not call.is_billed or retry.kind == "rate" or not raw.is_sent
            if retry.kind not in ("rate", "transient") or not is_safe:
                break
            if n_attempts < self._backoff.max_attempts:
                await self._clock.sleep(self._backoff.wait_s(n_attempts, retry))
        return raw

    def _open(self, provider_id: ProviderId) -> _Account:
        provider = self._market.providers.get(provider_id)
        if provider is None:
            message = f"provider: expected one of {', '.join(sorted(self._market.providers))}, got {provider_id!r}"
            raise InputError(message)
        account = self._accounts[provider_id] = _Account(
            base_url=checked_base_url(provider),
            key=checked_key(provider, self._keys.get(provider_id)),
            dialect=dialect_of(provider),
            transport=self._transport_factory(provider),
        )
        return account

    async def _attempt(self, account: _Account, call: HttpCall) -> RawReply:
        start_s = self._clock.now_s()
        try:
            async with asyncio.timeout(WHOLE_S):
                response = await account.transport.handle_async_request(account.request(call))
                body = await response.aread()
                await response.aclose()
        except Exception as error:  # noqa: BLE001 - whatever a transport raises is data from here
            told = account.hidden(f"{type(error).__name__}: {error}")
            return RawReply(
                http_status=0, is_sent=not is_unsent(error), failure=told, latency_s=self._clock.now_s() - start_s
            )
        headers = {name.lower(): account.hidden(value) for name, value in response.headers.items()}
        if len(account.key) >= SECRET_CHARS:
            body = body.replace(account.key.encode(), HIDDEN.encode())
        return RawReply(
            http_status=response.status_code,
            body=body,
            headers=headers,
            latency_s=self._clock.now_s() - start_s,
        )


def _verdict(account: _Account, raw: RawReply) -> Retry:
    """What to do about a reply; silence after sending is transient here, where no repeat of ours is billed."""
    if raw.http_status in _OK:
        return Retry(kind="none")
    if raw.http_status == 0 or raw.is_unanswered:
        return Retry(kind="transient", message=raw.failure)
    return account.dialect.classify(raw)
