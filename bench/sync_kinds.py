"""What a kind of broken payload is, and those that the wire breaks: connections, sizes, encodings, hosts, pages."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.sync_site import JSON, Reply, Site, bomb, send, stream

Spoil = Callable[[Site], None]
Ending = Literal["failed", "refused", "read", "held"]
MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to be wrong.

    Attributes:
        spoil: makes the site say it.
        ends: of the source at fault; held = the whole sync is.
        says: words that the alert, or the told problem, must hold.
        changed: (endpoint, kind of price) that may change, with the only price it may change to.
        n_syncs: how often it is said, an hour apart.
    """

    name: str
    spoil: Spoil
    ends: Ending
    says: tuple[str, ...] = ()
    source: str = "openrouter"
    changed: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    n_syncs: int = 1


def answering(reply: Reply, source: str = "openrouter") -> Spoil:
    """The source answers so, whatever it has to say."""

    def spoil(site: Site) -> None:
        site.replies[source] = reply

    return spoil


def sending(body: bytes, source: str = "openrouter", *, status: int = 200, **headers: str) -> Spoil:
    """The source answers with this body."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        await send(writer, body, status=status, **headers)

    return answering(reply, source)


def saying(change: Callable[[bytes], bytes], source: str = "openrouter", *, content_type: str = JSON) -> Spoil:
    """The source answers with what is left of its true body."""

    def spoil(site: Site) -> None:
        sending(change(site.body(source, "")), source, content_type=content_type)(site)

    return spoil


async def _nothing(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _reset(writer: asyncio.StreamWriter) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\ncontent-length: 5000\r\n\r\n".encode() + b'{"data": [')
    await writer.drain()
    writer.transport.abort()


async def _drip(writer: asyncio.StreamWriter) -> None:
    await stream(writer, b" ", 3600, pause_s=1)


async def _huge(writer: asyncio.StreamWriter) -> None:
    await stream(writer, b" " * MB, 50)


async def _headers(writer: asyncio.StreamWriter) -> None:
    await send(writer, b'{"data": []}', x_long="y" * 300_000)


def _redirecting(target: Callable[[Site], str]) -> Spoil:
    def spoil(site: Site) -> None:
        sending(b"", status=302, location=target(site))(site)

    return spoil


def _endless(site: Site) -> None:
    """Every page names another one."""
    n_pages = 0

    async def reply(writer: asyncio.StreamWriter) -> None:
        nonlocal n_pages
        n_pages += 1
        await send(writer, json.dumps({"data": [], "has_more": True, "last_id": f"m-{n_pages}"}).encode())

    site.replies["anthropic"] = reply


def _second_page(site: Site) -> None:
    site.said["anthropic"][1] = b"<html>Bad gateway</html>"


def _next_elsewhere(site: Site) -> None:
    """The first page is whole, and names a next one at another host."""
    site.said["openrouter"]["links"] = {"next": f"http://127.0.0.1:{site.stranger_port}/steal?offset=60"}


def _echo(site: Site) -> None:
    """The source repeats the key it was sent, in a row of its own."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        head = next(each for each in reversed(site.asked) if b"/openrouter/" in each.split(b"\r\n")[0])
        key = head.lower().partition(b"authorization: ")[2].partition(b"\r\n")[0].decode()
        said = {**site.said["openrouter"], "note": key}
        await send(writer, json.dumps(said).encode())

    site.replies["openrouter"] = reply


def _once_down(site: Site) -> None:
    """Down at the first request, well at the second."""
    n_asked = 0

    async def reply(writer: asyncio.StreamWriter) -> None:
        nonlocal n_asked
        n_asked += 1
        body = site.body("openrouter", "")
        await send(writer, b"" if n_asked == 1 else body, status=503 if n_asked == 1 else 200)

    site.replies["openrouter"] = reply


WIRE_KINDS = (
    Kind(name="connection closed at once", spoil=answering(_nothing), ends="failed", says=("openrouter",)),
    Kind(name="connection reset in mid-body", spoil=answering(_reset), ends="failed", says=("openrouter",)),
    Kind(name="body shorter than it says", spoil=sending(b'{"data"', content_length="900"), ends="failed"),
    Kind(name="HTTP 500 again and again", spoil=sending(b"{}", status=500), ends="failed", says=("HTTP 500",)),
    Kind(name="HTTP 503 once, then well", spoil=_once_down, ends="read"),
    Kind(name="HTTP 401", spoil=sending(b"{}", status=401), ends="failed", says=("HTTP 401", "key")),
    Kind(name="HTTP 404", spoil=sending(b"{}", status=404), ends="failed", says=("HTTP 404",)),
    Kind(name="three outages in a row", spoil=sending(b"", status=502), ends="failed", says=("HTTP 502",), n_syncs=3),
    Kind(name="a provider down for eight syncs", spoil=sending(b"", "openai", status=502), source="openai",
         ends="failed", says=("HTTP 502",), n_syncs=8),
    Kind(name="redirect to another host", ends="failed", says=("another host",),
         spoil=_redirecting(lambda site: f"http://localhost:{site.stranger_port}/openrouter/models")),
    Kind(name="redirect to another port", ends="failed", says=("another host",),
         spoil=_redirecting(lambda site: f"http://127.0.0.1:{site.stranger_port}/openrouter/models")),
    Kind(name="redirect without a scheme", ends="failed", says=("another host",),
         spoil=_redirecting(lambda site: f"//127.0.0.1:{site.stranger_port}/openrouter/models")),
    Kind(name="redirect to a file", spoil=_redirecting(lambda _: "file:///etc/passwd"), ends="failed"),
    Kind(name="redirects in a circle", spoil=_redirecting(lambda _: "/openrouter/models"), ends="failed",
         says=("redirects",)),
    Kind(name="next page at another host", spoil=_next_elsewhere, ends="failed", says=("pages",)),
    Kind(name="pages without end", spoil=_endless, source="anthropic", ends="failed", says=("20 pages",)),
    Kind(name="second page broken", spoil=_second_page, source="anthropic", ends="failed", says=("web page",)),
    Kind(name="web page", spoil=sending(b"<html>Sorry</html>", content_type="text/html"), ends="failed",
         says=("text/html",)),
    Kind(name="web page that says JSON", spoil=sending(b"\n<!doctype html>"), ends="failed", says=("web page",)),
    Kind(name="JSON that says it is an image", spoil=saying(bytes, content_type="image/png"), ends="failed",
         says=("image/png",)),
    Kind(name="charset UTF-16 announced", spoil=saying(bytes, content_type=f"{JSON}; charset=utf-16"), ends="failed",
         says=("utf-16",)),
    Kind(name="UTF-16 unannounced", spoil=saying(lambda body: body.decode().encode("utf-16")), ends="refused",
         says=("UTF-8",)),
    Kind(name="Latin-1 in UTF-8's place", spoil=saying(lambda body: body.replace(b"maker-0", b"m\xe4ker-0", 1)),
         ends="refused", says=("UTF-8",)),
    Kind(name="50 MB", spoil=answering(_huge), ends="failed", says=("16000000 bytes",)),
    Kind(name="gzip bomb of 2 GB", spoil=sending(bomb(2000 * MB), content_encoding="gzip"), ends="failed"),
    Kind(name="broken gzip", spoil=sending(bomb(MB)[:500], content_encoding="gzip"), ends="refused"),
    Kind(name="gzip that is none", spoil=sending(b'{"data": []}', content_encoding="gzip"), ends="failed"),
    Kind(name="packed in an unknown way", spoil=sending(b"\x01\x02", content_encoding="br"), ends="failed"),
    Kind(name="300 kB of headers", spoil=answering(_headers), ends="failed"),
    Kind(name="200,000 levels deep", spoil=sending(b"[" * 200_000), ends="refused", says=("64 levels",)),
    Kind(name="empty body", spoil=sending(b""), ends="refused", says=("expected JSON",)),
    Kind(name="nothing but spaces", spoil=sending(b" " * 900), ends="refused", says=("expected JSON",)),
    Kind(name="cut JSON", spoil=saying(lambda body: body[: len(body) // 2]), ends="refused", says=("expected JSON",)),
    Kind(name="two JSON texts", spoil=saying(lambda body: body + body), ends="refused", says=("expected JSON",)),
    Kind(name="the key in the payload", spoil=_echo, ends="read"),
)  # fmt: skip
SLOW_KINDS = (Kind(name="a drop a second", spoil=answering(_drip), ends="failed", says=("30 s",)),)
