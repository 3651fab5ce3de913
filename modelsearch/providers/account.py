"""What one provider's account needs to be called: its address and key, its limits, its pause after failures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import httpx

from modelsearch.core.errors import CatalogError, KeyMissingError, RegistryError
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Provider
from modelsearch.core.ports import Clock, Dialect
from modelsearch.core.registry import lookup
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.providers.exchange import Answered
from modelsearch.providers.limits import AccountLimits
from modelsearch.providers.transport import Address

DEFAULT_AUTH_HEADER = "authorization"
MAX_PORT = 65_535
HIDDEN = "***"
SECRET_CHARS = 16
"""Shorter keys are dummies for local servers; hiding them would hide plain words of replies."""
READ_HEADERS = frozenset(
    (b"content-type", b"request-id", b"x-request-id", b"retry-after", b"retry-after-ms", b"x-should-retry", b"date",
     b"x-recorded-latency-s")
)  # fmt: skip
"""The headers of a reply that somebody in the house reads; a gateway sends a dozen more, and decoding them costs."""
_USER_AGENT = "modelsearch"


@dataclass(slots=True, kw_only=True)
class Pause:
    """Sets its subject (a provider, an endpoint) aside for a while: after so many calls in a row came to nothing, or
    for as long as it asks.
    """

    subject: str
    n_failures: int = 5
    cool_down_s: float = 30.0
    n_in_row: int = 0
    until_s: float = 0.0
    asked_s: float | None = None

    def is_on(self, now_s: float) -> bool:
        """Whether the account is set aside at `now_s`."""
        return now_s < self.until_s

    def succeed(self) -> None:
        """The account answered."""
        self.n_in_row = 0

    def fail(self, now_s: float) -> None:
        """A call came to nothing; after a pause one more failure is enough for the next."""
        self.n_in_row += 1
        if self.n_in_row >= self.n_failures:
            self.until_s, self.asked_s = now_s + self.cool_down_s, None

    def hold(self, now_s: float, wait_s: float) -> None:
        """The subject asks to be left alone for `wait_s`."""
        self.until_s, self.asked_s = max(self.until_s, now_s + wait_s), wait_s

    @property
    def is_on_trial(self) -> bool:
        """Whether it has not answered since it was set aside: one attempt shows whether it does."""
        return self.n_in_row >= self.n_failures

    @property
    def reason(self) -> str:
        """Why nothing is sent."""
        if self.asked_s is not None:
            return f"{self.subject} asks for a long wait: not asked again for {self.asked_s:g} s"
        return (
            f"{self.subject} is down: {self.n_in_row} calls in a row came to nothing; "
            f"not asked again for {self.cool_down_s:g} s"
        )


@dataclass(slots=True, kw_only=True)
class Account:
    """One provider's account in use. The key is kept out of its repr.

    Attributes:
        pause: of the provider, after connections that never stood.
        endpoint_pauses: of each endpoint, after any other failure, or where a long wait is asked for: one model that
            is dead, or has used up its day, says nothing about the others.
    """

    provider: Provider
    base_url: str
    key: str = field(repr=False)
    dialect: Dialect
    limits: AccountLimits
    transport: httpx.AsyncBaseTransport
    pause: Pause
    endpoint_pauses: dict[EndpointId, Pause] = field(default_factory=dict)
    _addresses: dict[tuple[str, tuple[tuple[str, str], ...]], Address] = field(default_factory=dict, repr=False)

    def address(self, wire: WireRequest) -> Address:
        """Where a wire request goes, and its headers, key included; made once for many requests."""
        key = (wire.path, tuple(wire.headers.items()))
        found = self._addresses.get(key)
        if found is None:
            found = self._addresses[key] = self._address(wire)
        return found

    def request(self, wire: WireRequest) -> httpx.Request:
        """The HTTP request of a wire request, key included, for transports other than ours."""
        address = self.address(wire)
        headers = [*address.headers, (b"content-length", b"%d" % len(wire.body))]
        stream = httpx.ByteStream(wire.body)
        return httpx.Request("POST", address.url, headers=headers, stream=stream, extensions=self._extensions())

    def _extensions(self) -> Mapping[str, Mapping[str, float]]:
        """The time limits as httpx's own transports read them."""
        limit_s = self.provider.timeout_s
        return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), limit_s)}

    def paused(self, endpoint_id: EndpointId, now_s: float) -> Pause | None:
        """What keeps an endpoint from being called now."""
        if self.pause.is_on(now_s):
            return self.pause
        own = self.endpoint_pauses.get(endpoint_id)
        return own if own is not None and own.is_on(now_s) else None

    def is_on_trial(self, endpoint_id: EndpointId) -> bool:
        """Whether the provider or the endpoint has to show first that it answers again."""
        own = self.endpoint_pauses.get(endpoint_id)
        return self.pause.is_on_trial or (own is not None and own.is_on_trial)

    def pause_of(self, endpoint_id: EndpointId) -> Pause:
        """The pause of an endpoint."""
        return self.endpoint_pauses.setdefault(endpoint_id, Pause(subject=f"endpoint {endpoint_id}"))

    def note_success(self, endpoint_id: EndpointId) -> None:
        """A call was answered, be it with an error that is the call's own fault."""
        self.pause.succeed()
        own = self.endpoint_pauses.get(endpoint_id)
        if own is not None:
            own.succeed()
            if own.asked_s is None:  # a wait that was asked for stands, whatever was in flight when it was
                del self.endpoint_pauses[endpoint_id]

    def note_failure(self, endpoint_id: EndpointId, now_s: float, *, is_connected: bool) -> None:
        """A call came to nothing."""
        if is_connected:
            self.pause.succeed()
            self.pause_of(endpoint_id).fail(now_s)
        else:
            self.pause.fail(now_s)

    def _address(self, wire: WireRequest) -> Address:
        url = httpx.URL(self.base_url + wire.path)
        headers = httpx.Headers(
            {"host": url.netloc.decode("ascii"), "user-agent": _USER_AGENT, **wire.headers, **self._auth()}
        )
        return Address(url, headers.raw)

    def _auth(self) -> Mapping[str, str]:
        """Where the key goes is the dialect's to say (`auth_header`); `authorization` takes it as a bearer."""
        if not self.key:
            return {}
        name = str(getattr(self.dialect, "auth_header", DEFAULT_AUTH_HEADER))
        return {name: f"Bearer {self.key}" if name == DEFAULT_AUTH_HEADER else self.key}

    def hide_key(self, text: str) -> str:
        """`text` without the key, should a provider have echoed it."""
        return text.replace(self.key, HIDDEN) if len(self.key) >= SECRET_CHARS else text

    def reply(self, answered: Answered, latency_s: float, n_attempts: int) -> RawReply:
        """The reply to keep: what came, without the key, should it hold it, for it goes into the journal."""
        body = answered.body
        headers = {name: value.decode("latin-1") for raw, value in answered.headers if (name := _read_name(raw))}
        key = self.key
        if len(key) >= SECRET_CHARS:
            if any(key in value for value in headers.values()):
                headers = {name: self.hide_key(value) for name, value in headers.items()}
            body = body.replace(key.encode(), HIDDEN.encode())
        return RawReply(
            http_status=answered.status,
            body=body,
            headers=headers,
            latency_s=latency_s,
            n_attempts=n_attempts,
        )


@lru_cache(maxsize=1024)
def _read_name(name: bytes) -> str:
    """The name in lower case where somebody reads the header, else ""."""
    lower = name.lower()
    return lower.decode("latin-1") if lower in READ_HEADERS else ""


def checked_base_url(provider: Provider) -> str:
    """The base URL without a slash at its end.

    Raises:
        CatalogError: it is no http(s) URL with a host.
    """
    try:
        url = httpx.URL(provider.base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not _is_plain(url):
        message = (
            f"provider {provider.id}: base_url must be http(s)://host/path without login or query, "
            f"got {url.scheme}://{url.host}: correct the provider's file in catalogs/providers"
        )
        raise CatalogError(message)
    return provider.base_url.rstrip("/")


def _is_plain(url: httpx.URL) -> bool:
    return bool(url.host) and not (url.query or url.userinfo) and (url.port or 443) <= MAX_PORT


def checked_key(provider: Provider, key: str | None) -> str:
    """The key of a provider, or "" for one that needs none.

    Raises:
        KeyMissingError: it needs one and has none, or the text cannot be a key.
    """
    text = (key or "").strip()
    if not text and provider.key_env is not None:
        message = f"provider {provider.id}: its key is not set: export {provider.key_env}=... and try again"
        raise KeyMissingError(message)
    if not (text.isascii() and text.isprintable()):
        message = f"provider {provider.id}: {provider.key_env} must be one line of ASCII characters: copy the key again"
        raise KeyMissingError(message)
    return text


def check_providers(providers: Iterable[Provider], keys: Mapping[ProviderId, str]) -> None:
    """Refuse, before the first call, providers that no call can be made to.

    Args:
        providers: all of a market.
        keys: those that are known; a provider without its key is nobody's fault here, for it is not called.

    Raises:
        CatalogError, RegistryError: no usable URL, no such dialect.
        KeyMissingError: a text that cannot be a key.
    """
    for provider in providers:
        checked_base_url(provider)
        try:
            dialect_of(provider)
        except RegistryError as error:
            message = f"provider {provider.id}: {error}: correct the provider's file in catalogs/providers"
            raise CatalogError(message) from error
        if provider.id in keys:
            checked_key(provider, keys[provider.id])


def limits_of(provider: Provider, clock: Clock) -> AccountLimits:
    """The limits that the catalogue gives an account."""
    return AccountLimits(clock, max_concurrency=provider.max_concurrency, rpm=provider.rpm, tpm=provider.tpm)


def dialect_of(provider: Provider) -> Dialect:
    """The dialect that a provider speaks.

    Raises:
        RegistryError: there is none of that name.
    """
    dialect: Dialect = lookup("dialect", provider.dialect).cls()
    return dialect
