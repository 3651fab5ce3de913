"""The client: attempts of a call, and what to do after each.

Repeated by itself is only what was surely not billed: a connection that never stood, and an answer that says rate
limit or server error. What was sent and not answered in full goes back to the caller at once, marked `is_sent`; so
does a gateway's timeout, and an error inside a 200 that is no rate limit. A wait of minutes is not waited for inside
a call: it sets the account aside, and the reply says for how long (`wait_s`).

No provider of the catalogue documents idempotency keys for inference, and the clients of OpenAI (3.54), Anthropic
(2.12) and Google (3.4) send none: so what may have been billed is never sent again here.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

import httpx

from modelsearch.core.errors import AuthenticationError, InputError, QuotaError, StoppedError
from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Endpoint, Market, Provider
from modelsearch.core.outcome import Status, Usage
from modelsearch.core.ports import Clock, Leases
from modelsearch.core.wire import RawReply, Retry, WireRequest
from modelsearch.providers.account import Account, Pause, checked_base_url, checked_key, dialect_of, limits_of
from modelsearch.providers.clock import SystemClock
from modelsearch.providers.exchange import Answered
from modelsearch.providers.limits import Ending, Place
from modelsearch.providers.retry import MAX_WAIT_S, Backoff, is_unsent
from modelsearch.providers.shares import Shares
from modelsearch.providers.transport import MAX_REPLY_BYTES, AiohttpTransport, Timeouts

TransportFactory = Callable[[Provider], httpx.AsyncBaseTransport]
BYTES_PER_TOKEN = 4.0
PAYMENT_REQUIRED = 402
OVERLOADED = frozenset({429, 503, 529})
"""Fewer calls at once help: a rate limit, or a server that has too much to do."""
CONNECT_S = 15.0
BACKSTOP_S = 2.0
"""Over the provider's time limit: for transports that know no limit of the whole; ours ends by itself before."""
_DONE = Retry(kind="none")
_HELD = Retry(kind="none", message="the account was set aside before the request was sent")
_ERROR = b'"error"'
"""Without it a 200 holds no error in any dialect; looked for first, for nearly every reply is a good one."""


def default_transport(provider: Provider) -> httpx.AsyncBaseTransport:
    """Our own transport with the provider's time limit."""
    limit_s = provider.timeout_s
    return AiohttpTransport(timeouts=Timeouts(connect_s=min(CONNECT_S, limit_s), read_s=limit_s, total_s=limit_s))


class ProviderClient:
    """Sends wire requests to the accounts of a market; a `Client` of `core.ports`. Use it as an async context.

    Args:
        market: whose providers and endpoints are called.
        keys: key by provider; providers without `key_env` need none.
        clock: time; the real one by default.
        transport_factory: any httpx transport per provider, for tests or special networks.
        max_attempts: attempts of a call, the first included, >= 1.
        seed: of the jitter of waits.
    """

    def __init__(
        self,
        market: Market,
        keys: Mapping[ProviderId, str],
        *,
        clock: Clock | None = None,
        transport_factory: TransportFactory | None = None,
        max_attempts: int = 6,
        seed: int = 0,
    ) -> None:
        self._market = market
        self._keys = dict(keys)
        self._clock: Clock = clock or SystemClock()
        self._transport_factory = transport_factory or default_transport
        self._backoff = Backoff(max_attempts=max_attempts, rng=random.Random(seed))
        self._accounts: dict[ProviderId, Account] = {}
        self._shares: Shares | None = None

    def share(self, leases: Leases) -> None:
        """Others call the same accounts: take of their limits only what `leases` give, from the first call on."""
        self._shares = Shares(leases=leases, now_s=self._clock.now_s)

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
        if self._shares is not None:
            await self._shares.close()

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        """The final answer of one call: of a 200, of an error that no repeat helps, or of the last attempt.

        Raises:
            QuotaError, AuthenticationError: the account cannot go on.
            KeyMissingError: the provider needs a key and none was given.
        """
        account = self._accounts.get(endpoint.provider_id) or self._open(endpoint.provider_id)
        now_s = self._clock.now_s()
        pause = account.paused(endpoint.id, now_s)
        if pause is not None:
            return _unsent(pause, now_s, 0)
        max_attempts = 1 if account.is_on_trial(endpoint.id) else self._backoff.max_attempts
        for n_attempts in range(1, max_attempts + 1):
            raw, retry = await self._attempt(account, endpoint, wire, n_attempts)
            if retry.kind in ("quota", "auth"):
                raise _stopped(account, retry, raw)
            if retry is _HELD:
                return raw
            if retry.kind not in ("rate", "transient") or self._is_held(account, endpoint, retry):
                break
            if n_attempts < max_attempts:
                await account.limits.rest(endpoint.id, self._backoff.wait_s(n_attempts, retry))
        if raw.http_status == PAYMENT_REQUIRED:  # it named a wait, and waiting did not help
            raise _stopped(account, replace(retry, kind="quota"), raw)
        return self._noted(account, endpoint, raw, retry)

    def room(self, endpoint: Endpoint) -> int:
        """How many calls of an endpoint are of use at once, by what its provider has been found to take."""
        account = self._accounts.get(endpoint.provider_id)
        if account is None:
            return self._market.providers[endpoint.provider_id].max_concurrency
        return account.limits.room(endpoint.id)

    def _is_held(self, account: Account, endpoint: Endpoint, retry: Retry) -> bool:
        """Whether the provider asks for a wait too long for a call: the endpoint is then set aside."""
        if retry.wait_s is None or retry.wait_s <= MAX_WAIT_S:
            return False
        account.pause_of(endpoint.id).hold(self._clock.now_s(), retry.wait_s)
        return True

    def _noted(self, account: Account, endpoint: Endpoint, raw: RawReply, retry: Retry) -> RawReply:
        """The reply, once it is counted whether the call came to nothing; with the pause that follows, if any."""
        is_outage = retry.kind in ("rate", "transient")
        if raw.http_status != 0 and not raw.is_unanswered and not is_outage:
            account.note_success(endpoint.id)
            return raw
        now_s = self._clock.now_s()
        account.note_failure(endpoint.id, now_s, is_connected=raw.http_status != 0 or raw.is_sent)
        pause = account.paused(endpoint.id, now_s)
        return replace(raw, wait_s=pause.until_s - now_s) if is_outage and pause is not None else raw

    def _open(self, provider_id: ProviderId) -> Account:
        provider = self._market.providers.get(provider_id)
        if provider is None:
            known = ", ".join(sorted(self._market.providers))
            message = f"provider: expected one of {known}, got {provider_id!r}"
            raise InputError(message)
        account = Account(
            provider=provider,
            base_url=checked_base_url(provider),
            key=checked_key(provider, self._keys.get(provider_id)),
            dialect=dialect_of(provider),
            limits=limits_of(provider, self._clock),
            transport=self._transport_factory(provider),
            pause=Pause(subject=f"provider {provider.id}"),
        )
        self._accounts[provider_id] = account
        if self._shares is not None:
            self._shares.begin(provider_id, account.limits)
        return account

    async def _attempt(
        self, account: Account, endpoint: Endpoint, wire: WireRequest, n_attempts: int
    ) -> tuple[RawReply, Retry]:
        """One request under the account's limits, and what is to be done about its answer."""
        place = await account.limits.enter(endpoint.id, len(wire.body) / BYTES_PER_TOKEN)
        pause = account.paused(endpoint.id, now_s := self._clock.now_s())
        if pause is not None:  # since it began to wait for its place
            account.limits.leave(place, "other")
            return _unsent(pause, now_s, n_attempts - 1), _HELD
        ending: Ending = "other"
        n_reply_tokens = 0.0
        try:
            raw = await self._exchange(account, place, wire, n_attempts)
            retry = _verdict(account, raw)
            if retry is _DONE:
                ending = "ok"
            elif retry.kind == "rate" or raw.http_status in OVERLOADED:
                ending = "rate"
            n_reply_tokens = len(raw.body) / BYTES_PER_TOKEN
        finally:
            account.limits.leave(place, ending, n_reply_tokens)
        return raw, retry

    async def _exchange(self, account: Account, place: Place, wire: WireRequest, n_attempts: int) -> RawReply:
        """One request and its whole reply, whatever comes of it."""
        start_s = self._clock.now_s()
        try:
            answered = await _asked(account, wire)
        except Exception as error:  # noqa: BLE001 - a user's transport may raise anything; all of it is data from here
            return RawReply(
                http_status=0,
                latency_s=self._clock.now_s() - start_s,
                is_sent=not is_unsent(error),
                failure=account.hide_key(f"provider {account.provider.id}: {type(error).__name__}: {error}"),
                n_attempts=n_attempts,
            )
        now_s, pace = self._clock.now_s(), place[0].pace
        if now_s >= pace.next_look_s or answered.status in OVERLOADED:
            n_tokens = len(wire.body) / BYTES_PER_TOKEN, len(answered.body) / BYTES_PER_TOKEN
            pace.look(answered.headers, number=place[3], n_tokens=n_tokens, now_s=now_s)
        return account.reply(answered, now_s - start_s, n_attempts)


async def _asked(account: Account, wire: WireRequest) -> Answered:
    """The whole reply: of our own transport without httpx's objects in between, which cost as much as the request."""
    transport = account.transport
    if type(transport) is AiohttpTransport:  # it ends by itself
        return await transport.post(account.address(wire), wire.body)
    async with asyncio.timeout(account.provider.timeout_s + BACKSTOP_S):
        response = await transport.handle_async_request(account.request(wire))
        body = await _read(response)
    return Answered(response.status_code, response.headers.raw, body)


async def _read(response: httpx.Response) -> bytes:
    """The body, up to 10 MB; what is in memory already is taken as it is."""
    if response.is_closed:
        return response.content
    if type(response.stream) is httpx.ByteStream and "content-encoding" not in response.headers:
        return b"".join(response.stream)
    chunks, n_bytes = [], 0
    try:
        async for chunk in response.aiter_bytes():
            n_bytes += len(chunk)
            if n_bytes > MAX_REPLY_BYTES:
                message = f"reply: expected at most {MAX_REPLY_BYTES} bytes, got more"
                raise httpx.ReadError(message)
            chunks.append(chunk)
    finally:
        await response.aclose()
    return b"".join(chunks)


def _verdict(account: Account, raw: RawReply) -> Retry:
    """What to do about a reply: only a request that surely never left is repeated without an answer."""
    if 200 <= raw.http_status < 300:
        return _DONE if _ERROR not in raw.body else _inner_verdict(account, raw)
    if raw.http_status == 0:
        return Retry(kind="none" if raw.is_sent else "transient", message=raw.failure)
    return account.dialect.classify(raw)


def _unsent(pause: Pause, now_s: float, n_attempts: int) -> RawReply:
    """What stands for a reply while nothing is sent."""
    left_s = pause.until_s - now_s
    return RawReply(http_status=0, is_sent=False, n_attempts=n_attempts, failure=pause.reason, wait_s=left_s)


def _inner_verdict(account: Account, raw: RawReply) -> Retry:
    """What to do about an error inside a 200: unless it says rate limit, a repeat may be billed twice."""
    try:
        reply = account.dialect.decode(raw)
    except ValueError:  # for the caller, which keeps what it paid for
        return _DONE
    if reply.status is not Status.ERROR or reply.usage != Usage():
        return _DONE
    retry = account.dialect.classify(raw)
    return replace(retry, kind="none") if retry.kind == "transient" else retry


def _stopped(account: Account, retry: Retry, raw: RawReply) -> StoppedError:
    provider = account.provider
    told = account.hide_key(retry.message)
    where = provider.key_env or "(none is configured)"
    error: StoppedError = AuthenticationError(
        f"provider {provider.id} refuses the key in {where} ({told}): set a valid one, then `modelsearch resume`"
    )
    if retry.kind == "quota":
        message = f"provider {provider.id}: no money or quota left ({told}): top up, then `modelsearch resume`"
        error = QuotaError(message)
    error.is_perhaps_billed = 200 <= raw.http_status < 300
    return error
