"""The start of a prompt that all items share, where a provider's prompt cache can keep it.

Sources: the prompt caching guides of Anthropic, OpenAI, Google and OpenRouter (2026). Most providers cache the start of
a prompt unasked, at no charge for keeping it. Those that charge (Anthropic, OpenAI from GPT-5.6 on: 1.25 times the
price of input) keep what is marked, so the catalogue's price of writing tells them apart. A prompt below the
minimum of its model is served without the cache: a mark there costs nothing and does nothing.
"""

import hashlib
from decimal import Decimal
from typing import Any, NamedTuple

from modelsearch.core.market import Endpoint
from modelsearch.core.wire import Message

MIN_UNMARKED_TOKENS = 1024
"""OpenAI, Google and most others; a few cache less, where one call's wait to fill the cache gains next to nothing."""
MIN_MARKED_TOKENS = 512
"""The least of any model of Anthropic's; of others 1,024 to 4,096, and below it nothing happens."""
MIN_BYTES_PER_TOKEN = 3
"""Fewer are rare: a start of fewer bytes than this times the minimum has not enough tokens."""
_KINDS = frozenset({"input", "cache_read", "cache_write_5m"})


class Cut(NamedTuple):
    """Where the shared start ends: in which message, after how many of its characters, and its name."""

    place: int
    n_chars: int
    name: str


def is_write_charged(endpoint: Endpoint) -> bool:
    """Whether keeping a prompt costs more than reading it plainly, at known prices: such caches want marks.

    A price of writing below that of input is for storage, where caches fill unasked (Gemini behind a router).
    """
    usd: dict[str, Decimal] = {}
    for rate in endpoint.rates:
        if rate.usd is not None and rate.processing == "standard" and not rate.min_prompt_tokens:
            usd[rate.kind] = rate.usd
    return usd.keys() >= _KINDS and usd["cache_write_5m"] > usd["input"]


def shared_start(messages: tuple[Message, ...], endpoint: Endpoint, *, is_marked: bool) -> Cut | None:
    """Where the start ends that other items share; None where the endpoint cannot cache, or not so little.

    Args:
        messages: in the order in which the model reads them.
        endpoint: its capabilities say whether there is a cache.
        is_marked: only what is marked is kept.
    """
    if "prompt_cache" not in endpoint.capabilities or not messages:
        return None
    index = next((i for i, m in enumerate(messages) if m.n_stable_chars < len(m.content)), len(messages) - 1)
    n_chars = _before_text(messages[index])
    if n_chars == 0:
        index -= 1
        n_chars = len(messages[index].content)
    if index < 0:
        return None
    start = "\0".join([*(m.content for m in messages[:index]), messages[index].content[:n_chars]]).encode()
    min_tokens = MIN_MARKED_TOKENS if is_marked else MIN_UNMARKED_TOKENS
    if len(start) < min_tokens * MIN_BYTES_PER_TOKEN:
        return None
    return Cut(index, n_chars, hashlib.blake2b(start, digest_size=12).hexdigest())


def _before_text(message: Message) -> int:
    """The stable characters of the message that is not stable to its end; 0 where white space alone stands on a side.

    Providers refuse a piece of text that holds nothing.
    """
    stable, rest = message.content[: message.n_stable_chars], message.content[message.n_stable_chars :]
    return message.n_stable_chars if stable.strip() and rest.strip() else 0


def marked_content(message: Message, n_chars: int, mark: dict[str, Any]) -> list[dict[str, Any]]:
    """The content of the message where the shared start ends, in parts, the first with the mark."""
    first = {"type": "text", "text": message.content[:n_chars], **mark}
    rest = message.content[n_chars:]
    return [first, {"type": "text", "text": rest}] if rest else [first]
