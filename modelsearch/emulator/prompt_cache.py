"""Prompt caches of the emulated providers: a start of a prompt that was answered a short time ago is billed as cached.

An endpoint with the capability `prompt_cache` keeps every prompt in steps of about 128 tokens, at no charge. One that
charges for keeping keeps what a request marks, and OpenAI's newer models keep the whole prompt of a request
that neither marks nor switches caching off. An entry is there once an answer that read it has begun.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from modelsearch.core.market import Endpoint
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.providers.prompt_prefix import is_write_charged

LIFETIME_S = 300.0
MIN_TOKENS = 1024
STEP_TOKENS = 128
STEP_CHARS = 512
MAX_ENTRIES = 100_000


class Served(NamedTuple):
    """A reply with its input split into plain, read and written, and the entries that its answer leaves behind."""

    reply: EmulatedReply
    entries: tuple[str, ...] = ()


class PromptCaches:
    """Entries of all endpoints with the time of their last use."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._used_s: dict[str, float] = {}

    def reset(self) -> None:
        """Forget all."""
        self._used_s.clear()

    def keep(self, entries: tuple[str, ...]) -> None:
        """Answer has begun: what it read is there for the others."""
        now_s = self._now_s()
        if len(self._used_s) > MAX_ENTRIES:
            self._used_s = {entry: at_s for entry, at_s in self._used_s.items() if now_s - at_s < LIFETIME_S}
        for entry in entries:
            self._used_s[entry] = now_s

    def served(self, endpoint: Endpoint, asked: Asked, reply: EmulatedReply) -> Served:
        """The reply as this endpoint would bill it now."""
        if "prompt_cache" not in endpoint.capabilities or reply.cached_tokens or reply.input_tokens < MIN_TOKENS:
            return Served(reply)
        if not is_write_charged(endpoint):
            return self._unmarked(endpoint, asked, reply)
        n_chars = asked.n_marked_chars
        if n_chars is None and asked.is_whole_kept:
            n_chars = len(asked.prompt_text)
        return Served(reply) if n_chars is None else self._marked(endpoint, asked, reply, n_chars)

    def _marked(self, endpoint: Endpoint, asked: Asked, reply: EmulatedReply, n_chars: int) -> Served:
        n_tokens = reply.input_tokens * n_chars // max(1, len(asked.prompt_text))
        if n_tokens < MIN_TOKENS:
            return Served(reply)
        entry = _entry(endpoint, asked.prompt_text[:n_chars])
        n_read, n_written = (n_tokens, 0) if self._is_here(entry) else (0, n_tokens)
        return Served(_split(reply, n_read, n_written), (entry,))

    def _unmarked(self, endpoint: Endpoint, asked: Asked, reply: EmulatedReply) -> Served:
        text = asked.prompt_text
        entries = tuple(_entry(endpoint, text[:end]) for end in range(STEP_CHARS, len(text) + 1, STEP_CHARS))
        n_steps = next((n for n in range(len(entries), 0, -1) if self._is_here(entries[n - 1])), 0)
        n_read = reply.input_tokens * n_steps * STEP_CHARS // max(1, len(text)) // STEP_TOKENS * STEP_TOKENS
        return Served(_split(reply, n_read if n_read >= MIN_TOKENS else 0, 0), entries)

    def _is_here(self, entry: str) -> bool:
        used_s = self._used_s.get(entry)
        return used_s is not None and self._now_s() - used_s < LIFETIME_S


def _entry(endpoint: Endpoint, start: str) -> str:
    return hashlib.blake2b(f"{endpoint.id}\0{start}".encode(), digest_size=16).hexdigest()


def _split(reply: EmulatedReply, n_read: int, n_written: int) -> EmulatedReply:
    n_plain = reply.input_tokens - n_read - n_written
    return replace(reply, input_tokens=n_plain, cached_tokens=n_read, written_tokens=n_written)
