"""The download of a catalogue source: bounded in bytes, time and pages, and never from another host than asked.

A key travels in a header only, to the origin it belongs to, and is in no message. What comes must say that it is JSON
(or plain text, as raw files of repositories are served) in UTF-8, and must not be a web page in disguise. A redirect
is followed within the same origin only: elsewhere nobody has promised what is listed there, nor may the key go.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.message import Message

import httpx

from modelsearch.catalog.listed_sources import SourceSpec
from modelsearch.catalog.sources.pages import MAX_PAGES, next_url
from modelsearch.catalog.sources.payload import joined
from modelsearch.core.errors import FetchError
from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Provider
from modelsearch.core.ports import Clock
from modelsearch.providers.account import DEFAULT_AUTH_HEADER, HIDDEN, SECRET_CHARS, checked_base_url, checked_key
from modelsearch.providers.client import TransportFactory
from modelsearch.providers.clock import SystemClock
from modelsearch.providers.transport import AiohttpTransport, Timeouts

_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_A_REPEAT = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_PLAIN_TYPES = frozenset({"", "application/json", "text/json", "text/plain"})
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_SHOWN = 60
_MAX_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How much a download may take.

    Attributes:
        request_s, whole_s: seconds for one request and for all pages with their repeats.
        max_redirects: one after another, within the origin.
        max_attempts: of a page that met no connection, a rate limit or a server error, >= 1.
        pause_s: seconds between two attempts.
    """

    request_s: float = 30.0
    whole_s: float = 90.0
    max_redirects: int = 3
    max_attempts: int = 2
    pause_s: float = 1.0


async def fetch_source(
    spec: SourceSpec,
    provider: Provider | None = None,
    key: str | None = None,
    *,
    transport_factory: TransportFactory | None = None,
    limits: FetchLimits | None = None,
    clock: Clock | None = None,
) -> bytes:
    """The raw payload of a source, all its pages.

    Args:
        spec: of `listed_sources`.
        provider: whose base URL its path is joined to; None = the spec has a whole URL.
        key: of that provider.
        transport_factory: any httpx transport, for tests or special networks.
        limits: of time and attempts; of bytes the spec's own.
        clock: for pauses.

    Returns:
        One JSON text, or several as `payload.joined` writes them.

    Raises:
        FetchError: it cannot be had.
        CatalogError, KeyMissingError: URL or key cannot be used at all.
    """
    limits = limits or FetchLimits()
    origin = provider or _nobody(spec)
    base_url = checked_base_url(origin)
    secret = "" if not (key or spec.is_key_needed) else checked_key(origin, key)
    transport = (
        _transport(spec, limits)
        if transport_factory is None
        else transport_factory(replace(origin, timeout_s=limits.request_s))
    )
    url = base_url + spec.url if provider is not None else spec.url
    download = _Download(
        spec=spec, url=url, key=secret, transport=transport, limits=limits, clock=clock or SystemClock()
    )
    try:
        async with asyncio.timeout(limits.whole_s):
            return await download.pages()
    except TimeoutError:
        raise _failed(spec, f"not read within {limits.whole_s:g} s") from None
    finally:
        await transport.aclose()


@dataclass(kw_only=True)
class _Download:
    spec: SourceSpec
    url: str
    key: str = field(repr=False)
    transport: httpx.AsyncBaseTransport
    limits: FetchLimits
    clock: Clock

    async def pages(self) -> bytes:
        """All pages, one after another."""
        pages: list[bytes] = []
        asked: set[str] = set()
        url: str | None = self.url
        while url is not None:
            if url in asked or len(asked) >= MAX_PAGES:
                raise _failed(self.spec, f"expected at most {MAX_PAGES} pages, each once, got more")
            asked.add(url)
            pages.append(await self._page(url))
            if sum(map(len, pages)) > self.spec.max_bytes:
                raise _failed(self.spec, f"expected at most {self.spec.max_bytes} bytes, got more")
            url = next_url(self.spec.paging, self.url, pages[-1])
        return joined(pages)

    async def _page(self, url: str) -> bytes:
        """One page, with its repeats."""
        for n_left in reversed(range(self.limits.max_attempts)):
            try:
                return await self._followed(url)
            except _PassingError as error:
                if not n_left:
                    raise _failed(self.spec, str(error)) from None
            await self.clock.sleep(self.limits.pause_s)
        raise _failed(self.spec, "no attempt was allowed")

    async def _followed(self, url: str) -> bytes:
        """The page, wherever it is at this origin."""
        at = httpx.URL(url)
        for _ in range(self.limits.max_redirects + 1):
            response, body = await self._answer(at)
            if response.status_code not in _REDIRECTS:
                return self._checked(response, body)
            target = self._target(at, response.headers.get("location", ""))
            if _origin(target) != _origin(at):
                raise _failed(self.spec, f"it redirects to another host ({_shown(target.host)}), which is not followed")
            at = target
        raise _failed(self.spec, f"expected at most {self.limits.max_redirects} redirects, got more")

    def _target(self, at: httpx.URL, location: str) -> httpx.URL:
        try:
            return at.join(location)
        except (httpx.InvalidURL, ValueError):
            raise _failed(self.spec, f"it redirects to no address: {_shown(location)}") from None

    async def _answer(self, url: httpx.URL) -> tuple[httpx.Response, bytes]:
        timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.limits.request_s)}
        try:
            request = httpx.Request("GET", url, headers=self._headers(), extensions=timeouts)
            async with asyncio.timeout(self.limits.request_s):
                response = await self.transport.handle_async_request(request)
                return response, await self._body(response)
        except FetchError:
            raise
        except httpx.ReadError as error:  # also a body that grows too large
            raise _failed(self.spec, self._hidden(str(error))) from None
        except TimeoutError:
            raise _PassingError(f"no whole reply within {self.limits.request_s:g} s") from None
        except Exception as error:  # noqa: BLE001 - whatever a transport raises, one source is missing and no more
            raise _PassingError(self._hidden(f"{type(error).__name__}: {error}".rstrip(": "))) from None

    async def _body(self, response: httpx.Response) -> bytes:
        """The body, decompressed, as far as it may go."""
        chunks, n_bytes = [], 0
        try:
            async for chunk in response.aiter_bytes():
                n_bytes += len(chunk)
                if n_bytes > self.spec.max_bytes:
                    raise _failed(self.spec, f"expected at most {self.spec.max_bytes} bytes, got more")
                chunks.append(chunk)
        finally:
            await response.aclose()
        return b"".join(chunks)

    def _headers(self) -> Mapping[str, str]:
        sent = {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": "modelsearch"}
        name = self.spec.auth_header
        auth = {name: f"Bearer {self.key}" if name == DEFAULT_AUTH_HEADER else self.key} if self.key else {}
        return {**sent, **self.spec.headers, **auth}

    def _checked(self, response: httpx.Response, body: bytes) -> bytes:
        """The body of an answer that can be a listing."""
        status = response.status_code
        if status in _WORTH_A_REPEAT:
            raise _PassingError(f"HTTP {status}")
        if status != _OK:
            hint = ": is the key right?" if status in (401, 403) else ""
            raise _failed(self.spec, f"HTTP {status}{hint}")
        kind, charset = _content_type(response.headers.get("content-type", ""))
        if kind not in _PLAIN_TYPES and not (kind.startswith("application/") and kind.endswith("+json")):
            raise _failed(self.spec, f"expected JSON, got {_shown(kind)}")
        if charset and charset not in _CHARSETS:
            raise _failed(self.spec, f"expected UTF-8, got {_shown(charset)}")
        if body.lstrip()[:1] == b"<":
            raise _failed(self.spec, "expected JSON, got a web page")
        if self.key and len(self.key) >= SECRET_CHARS:
            return body.replace(self.key.encode(), HIDDEN.encode())
        return body

    def _hidden(self, text: str) -> str:
        """Foreign words in one line, without the key."""
        safe = text.replace(self.key, HIDDEN) if len(self.key) >= SECRET_CHARS else text
        return " ".join(safe.split())[:_MAX_WORDS]


class _PassingError(Exception):
    """What may be over in a moment."""


def _failed(spec: SourceSpec, what: str) -> FetchError:
    return FetchError(f"source {spec.name}: {what}: what it said before stays in force")


def _nobody(spec: SourceSpec) -> Provider:
    """Stands for the provider of a source that belongs to none; only its address counts."""
    url = spec.url.partition("?")[0]
    return Provider(
        id=ProviderId(spec.name), name=spec.name, dialect="", base_url=url, key_env=None, pricing_class="variable"
    )


def _transport(spec: SourceSpec, limits: FetchLimits) -> AiohttpTransport:
    timeouts = Timeouts(connect_s=min(15.0, limits.request_s), read_s=limits.request_s, total_s=limits.request_s)
    return AiohttpTransport(timeouts=timeouts, max_reply_bytes=spec.max_bytes)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _content_type(header: str) -> tuple[str, str]:
    """Kind and charset, in lower case."""
    message = Message()
    message["content-type"] = header[:200]
    kind = header.partition(";")[0].strip().lower()
    return kind, str(message.get_param("charset") or "").strip().lower()


def _shown(text: str) -> str:
    """Foreign words in a message: short, in one line."""
    return repr("".join(sign if sign.isprintable() else " " for sign in text[:_SHOWN]))
