"""What one provider's account needs to be called: its address and key, its limits, its pause after failures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from modelsearch.core.errors import CatalogError, KeyMissingError
from modelsearch.core.market import Provider
from modelsearch.core.ports import Clock, Dialect
from modelsearch.core.registry import lookup
from modelsearch.core.wire import WireRequest
from modelsearch.providers.limits import AccountLimits

DEFAULT_AUTH_HEADER = "authorization"
_USER_AGENT = "modelsearch"


@dataclass(slots=True, kw_only=True)
class Pause:
    """Sets an account aside for a while after `n_failures` calls in a row that all came to nothing."""

    n_failures: int = 5
    cool_down_s: float = 30.0
    n_in_row: int = 0
    until_s: float = 0.0

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
            self.until_s = now_s + self.cool_down_s


@dataclass(slots=True, kw_only=True)
class Account:
    """One provider's account in use. The key is kept out of its repr."""

    provider: Provider
    base_url: str
    key: str = field(repr=False)
    dialect: Dialect
    limits: AccountLimits
    transport: httpx.AsyncBaseTransport
    pause: Pause
    _prepared: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[httpx.URL, httpx.Headers]] = field(
        default_factory=dict, repr=False
    )

    def request(self, wire: WireRequest) -> httpx.Request:
        """The HTTP request of a wire request, key included."""
        prepared = self._prepared.get((wire.path, tuple(wire.headers.items())))
        url, headers = prepared or self._prepare(wire)
        request = httpx.Request("POST", url, headers=headers, stream=httpx.ByteStream(wire.body))
        request.headers["content-length"] = str(len(wire.body))  # httpx adds it only to `content`, at twice the cost
        return request

    def _prepare(self, wire: WireRequest) -> tuple[httpx.URL, httpx.Headers]:
        url = httpx.URL(self.base_url + wire.path)
        headers = httpx.Headers(
            {"host": url.netloc.decode("ascii"), "user-agent": _USER_AGENT, **wire.headers, **self._auth()}
        )
        self._prepared[wire.path, tuple(wire.headers.items())] = url, headers
        return url, headers

    def _auth(self) -> Mapping[str, str]:
        """Where the key goes is the dialect's to say (`auth_header`); `authorization` takes it as a bearer."""
        if not self.key:
            return {}
        name = str(getattr(self.dialect, "auth_header", DEFAULT_AUTH_HEADER))
        return {name: f"Bearer {self.key}" if name == DEFAULT_AUTH_HEADER else self.key}

    def hide_key(self, text: str) -> str:
        """`text` without the key, should a provider have echoed it."""
        return text.replace(self.key, "***") if self.key else text


def checked_base_url(provider: Provider) -> str:
    """The base URL without a slash at its end.

    Raises:
        CatalogError: it is no http(s) URL with a host.
    """
    try:
        url = httpx.URL(provider.base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.query or url.userinfo:
        message = (
            f"provider {provider.id}: base_url must be http(s)://host/path without login or query, "
            f"got {url.scheme}://{url.host}: correct the provider's file in catalogs/providers"
        )
        raise CatalogError(message)
    return provider.base_url.rstrip("/")


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
