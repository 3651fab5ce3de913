"""Catalogue pages of a provider, read with its key: a few at a time, each within its time, none ever raising.

A page that cannot be had is told as such, for what it would have said is unknown and nothing else; a key that is
refused shows at the first call, with a better message than a listing could give.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import httpx

from modelsearch.core.market import Provider
from modelsearch.core.ports import Clock
from modelsearch.providers.account import HIDDEN, SECRET_CHARS, checked_base_url, checked_key
from modelsearch.providers.client import TransportFactory, default_transport
from modelsearch.providers.clock import SystemClock
from modelsearch.providers.transport import MAX_REPLY_BYTES

_OK = 200
_REFUSED = 401
_WORTH_A_REPEAT = frozenset({408, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its body, or why there is none (without the key)."""

    body: bytes | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How pages are read.

    Attributes:
        max_concurrency: most pages under way, >= 1.
        page_s, whole_s: seconds for one attempt and for all pages; pages not read by then have no body.
        max_attempts: of a page that met a rate limit, a server error or no connection, >= 1.
        pause_s: seconds between two attempts.
    """

    max_concurrency: int = 8
    page_s: float = 10.0
    whole_s: float = 60.0
    max_attempts: int = 2
    pause_s: float = 1.0


@dataclass(kw_only=True)
class _Reader:
    base_url: str
    key: str = field(repr=False)
    transport: httpx.AsyncBaseTransport
    pace: Pace
    clock: Clock
    places: asyncio.Semaphore
    is_refused: bool = False

    async def page(self, path: str) -> Page:
        """One page, with its repeats; none once the key was refused."""
        async with self.places:
            if self.is_refused:
                return Page(failure=f"HTTP {_REFUSED}")
            page, is_final = await self._attempt(path)
            for _ in range(1, self.pace.max_attempts):
                if is_final:
                    break
                await self.clock.sleep(self.pace.pause_s)
                page, is_final = await self._attempt(path)
            return page

    async def _attempt(self, path: str) -> tuple[Page, bool]:
        """One attempt, and whether a repeat would be of no use."""
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            request = httpx.Request("GET", self.base_url + path, headers=headers, extensions=self._extensions())
            async with asyncio.timeout(self.pace.page_s):
                response = await self.transport.handle_async_request(request)
                try:
                    body = await response.aread()
                finally:
                    await response.aclose()
        except Exception as error:  # noqa: BLE001 - whatever a transport raises, one page is missing and no more
            return Page(failure=self._hidden(f"{type(error).__name__}: {error}".rstrip(": "))), False
        self.is_refused = self.is_refused or response.status_code == _REFUSED
        if response.status_code != _OK:
            return Page(failure=f"HTTP {response.status_code}"), response.status_code not in _WORTH_A_REPEAT
        if len(body) > MAX_REPLY_BYTES:
            return Page(failure=f"more than {MAX_REPLY_BYTES} bytes"), True
        return Page(body=body), True

    def _extensions(self) -> dict[str, dict[str, float]]:
        return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.pace.page_s)}

    def _hidden(self, text: str) -> str:
        return text.replace(self.key, HIDDEN) if len(self.key) >= SECRET_CHARS else text


async def read_pages(
    provider: Provider,
    key: str | None,
    paths: Collection[str],
    *,
    transport_factory: TransportFactory | None = None,
    pace: Pace | None = None,
    clock: Clock | None = None,
) -> dict[str, Page]:
    """GET pages of a provider.

    Args:
        provider: whose base URL the paths are joined to.
        key: sent as a bearer, or None.
        paths: each once, beginning with "/".
        transport_factory: any httpx transport, for tests or special networks.
        pace: limits of time and number.
        clock: for the pauses.

    Returns:
        One page a path, in the order of `paths`.

    Raises:
        CatalogError, KeyMissingError: the provider's URL or key cannot be used at all.
    """
    pace = pace or Pace()
    base_url, secret = checked_base_url(provider), checked_key(provider, key)
    transport = (transport_factory or default_transport)(replace(provider, timeout_s=pace.page_s))
    reader = _Reader(
        base_url=base_url,
        key=secret,
        transport=transport,
        pace=pace,
        clock=clock or SystemClock(),
        places=asyncio.Semaphore(pace.max_concurrency),
    )
    tasks = {path: asyncio.create_task(reader.page(path)) for path in dict.fromkeys(paths)}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=pace.whole_s)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await transport.aclose()
    late = Page(failure=f"not read within {pace.whole_s:g} s")
    return {path: late if task.cancelled() else task.result() for path, task in tasks.items()}
