"""A small world of catalogue sources on loopback: what each would truly say, and any answer in its place.

One HTTP server of raw bytes, since half of the kinds are answers that no framework would send. Prices are synthetic.
"""

import asyncio
import json
import shutil
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from modelsearch.catalog.listed_sources import SOURCES, SourceSpec
from modelsearch.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
JSON = "application/json"
N_ROUTED = 60
OWN = {"openai": 20, "anthropic": 10, "google": 8, "mistral": 10, "groq": 5, "together": 10, "deepseek": 3}
KEY_ENV = {
    "openrouter": "OPENROUTER_API_KEY", "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY",
    "google": "GEMINI_API_KEY", "mistral": "MISTRAL_API_KEY", "groq": "GROQ_API_KEY", "together": "TOGETHER_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
}  # fmt: skip
CANARY = "sk-canary-of-the-sync-bench"
Payload = Any
Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


def names_of(provider: str) -> list[str]:
    """What a provider truly serves."""
    if provider == "openrouter":
        return [f"maker-{i % 6}/model-{i}" for i in range(N_ROUTED)]
    return [f"{provider}-chat-{i}" for i in range(OWN[provider])]


def true_usd(provider: str, number: int) -> tuple[float, float, float]:
    """USD per Mtok of input, output and cached input."""
    paid_in = round(0.2 + 0.1 * number + 0.01 * len(provider), 4)
    return paid_in, round(4 * paid_in, 4), round(paid_in / 10, 5)


def payloads() -> dict[str, Payload]:
    """What each source truly says, by its name; a list of pages for Anthropic."""
    said: dict[str, Payload] = {"openrouter": {"data": [_routed(i) for i in range(N_ROUTED)]}}
    said["models.dev"] = {_theirs(name): {"id": name, "models": _community(name)} for name in OWN}
    said["genai-prices"] = [
        {"id": name, "models": [_opinion(name, i) for i in range(OWN[name])]} for name in ("openai", "anthropic")
    ]
    for name in ("openai", "groq", "deepseek"):
        said[name] = {"object": "list", "data": [{"id": wire, "object": "model"} for wire in names_of(name)]}
    said["google"] = {
        "models": [
            {"name": f"models/{wire}", "version": "001", "supportedGenerationMethods": ["generateContent"]}
            for wire in names_of("google")
        ]
    }
    able = {"completion_chat": True}
    said["mistral"] = {"data": [{"id": wire, "capabilities": able} for wire in names_of("mistral")]}
    said["together"] = [_hosted(i) for i in range(OWN["together"])]
    rows = [{"id": wire, "type": "model", "lifecycle": "active"} for wire in names_of("anthropic")]
    said["anthropic"] = [
        {"data": rows[:5], "has_more": True, "last_id": rows[4]["id"]},
        {"data": rows[5:], "has_more": False, "last_id": rows[-1]["id"]},
    ]
    return said


def _theirs(provider: str) -> str:
    return {"together": "togetherai"}.get(provider, provider)


def _routed(number: int) -> Payload:
    wire = names_of("openrouter")[number]
    paid_in, paid_out, cached = (f"{usd / 1e6:.12f}" for usd in true_usd("openrouter", number))
    return {
        "id": wire,
        "canonical_slug": f"{wire}-20260901",
        "context_length": 131072,
        "architecture": {"output_modalities": ["text"]},
        "top_provider": {"context_length": 131072, "max_completion_tokens": 8192},
        "supported_parameters": ["tools", "temperature", "max_tokens"],
        "pricing": {"prompt": paid_in, "completion": paid_out, "input_cache_read": cached, "request": "0"},
        "expiration_date": None,
    }


def _hosted(number: int) -> Payload:
    paid_in, paid_out, _ = true_usd("together", number)
    return {"id": names_of("together")[number], "type": "chat", "pricing": {"input": paid_in, "output": paid_out}}


def _community(provider: str) -> dict[str, Payload]:
    rows = {}
    for number, wire in enumerate(names_of(provider)):
        paid_in, paid_out, cached = true_usd(provider, number)
        rows[wire] = {
            "id": wire,
            "modalities": {"output": ["text"]},
            "limit": {"context": 200000, "output": 8192},
            "cost": {"input": paid_in, "output": paid_out, "cache_read": cached},
        }
    return rows


def _opinion(provider: str, number: int) -> Payload:
    paid_in, paid_out, cached = true_usd(provider, number)
    return {
        "id": names_of(provider)[number],
        "prices": {"input_mtok": paid_in, "output_mtok": paid_out, "cache_read_mtok": cached},
        "price_variants": [
            {"when": {"processing": "batch"}, "prices": {"input_mtok": paid_in / 2, "output_mtok": paid_out / 2}}
        ],
    }


@dataclass(kw_only=True)
class Site:
    """The sources on one port.

    Attributes:
        said: what each says now; a kind spoils it.
        replies: raw answers in place of what a source says.
        asked: request heads, as they came.
        strangers: request heads at another port, where nothing should ever be asked.
    """

    port: int = 0
    stranger_port: int = 0
    said: dict[str, Payload] = field(default_factory=payloads)
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    strangers: list[bytes] = field(default_factory=list)

    def row(self, source: str, number: int = 0) -> Payload:
        """One row of a source that has rows in `data`."""
        return self.said[source]["data"][number]

    def heal(self) -> None:
        """Everything is said truly again."""
        self.said = payloads()
        self.replies.clear()

    def body(self, source: str, target: str) -> bytes:
        """What a source says, as JSON."""
        said = self.said[source]
        if source == "anthropic":
            said = said[1] if "after_id" in target else said[0]
        return said if isinstance(said, bytes) else json.dumps(said).encode()

    def sources(self) -> tuple[SourceSpec, ...]:
        """The known sources; those of nobody at this site."""
        base = f"http://127.0.0.1:{self.port}"
        return tuple(spec if spec.provider_id else replace(spec, url=f"{base}/{spec.name}/list") for spec in SOURCES)

    def settings(self, folder: Path) -> Settings:
        """A home of its own, and a catalogue whose providers are at this site."""
        catalogs = folder / "catalogs"
        shutil.copytree(ROOT / "catalogs", catalogs)
        for path in (catalogs / "providers").glob("*.yaml"):
            lines = path.read_text().partition("\nendpoints:")[0].splitlines()
            own = f"base_url: http://127.0.0.1:{self.port}/{path.stem}"
            path.write_text("\n".join([own if line.startswith("base_url:") else line for line in lines]) + "\n")
        environ = {name: f"{CANARY}-{provider}" for provider, name in KEY_ENV.items()}
        return Settings(home=folder / "home", catalogs=catalogs, environ=environ)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, one request."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head)
            target = head.split(b" ")[1].decode()
            source = target.split("/")[1]
            if source in self.replies:
                await self.replies[source](writer)
            elif source in self.said:
                await send(writer, self.body(source, target))
            else:
                await send(writer, b"{}", status=404)
            await writer.drain()
        writer.close()

    async def serve_stranger(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Record that somebody came, and lie to them."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            self.strangers.append(await reader.readuntil(b"\r\n\r\n"))
            await send(writer, json.dumps({"data": []}).encode())
        writer.close()


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    """A site that listens."""
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    stranger = await asyncio.start_server(site.serve_stranger, "127.0.0.1", 0)
    site.port, site.stranger_port = (each.sockets[0].getsockname()[1] for each in (server, stranger))
    try:
        yield site
    finally:
        for each in (server, stranger):
            each.close()


async def send(writer: asyncio.StreamWriter, body: bytes, *, status: int = 200, **headers: str) -> None:
    """A whole answer; `content_length` may lie."""
    told = {"content-type": JSON, "content-length": str(len(body)), "connection": "close"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in told.items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    with suppress(ConnectionError):
        await writer.drain()


async def stream(writer: asyncio.StreamWriter, chunk: bytes, n_chunks: int, *, pause_s: float = 0) -> None:
    """An answer of many chunks, as long as somebody listens."""
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\nconnection: close\r\n\r\n".encode())
    with suppress(ConnectionError):
        for _ in range(n_chunks):
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)


def bomb(n_bytes: int) -> bytes:
    """So many spaces and a bit of JSON, packed, without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    spaces = b" " * 1_000_000
    packed = [packer.compress(spaces) for _ in range(n_bytes // len(spaces))]
    return b"".join((*packed, packer.compress(b"{}"), packer.flush()))
