"""What the emulator answers before it takes a wire format, and who decides it."""

import hashlib
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from modelsearch.core.outcome import TokenLogprob, Usage

DEFAULT_MAX_OUTPUT_TOKENS = 4096
MIN_CONFIDENCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, whatever its wire format.

    Attributes:
        prompt_text: all message contents in order, joined.
        n_marked_chars: of `prompt_text`, up to the last mark for the prompt cache; None = no mark.
        is_whole_kept: without a mark the whole prompt is for the cache, where keeping is charged.
        host: the upstream host pinned by the request, or None.
        given: names of the optional parameters that the request carries.
    """

    provider_id: str
    wire_name: str
    prompt_text: str
    n_marked_chars: int | None = None
    is_whole_kept: bool = False
    host: str | None = None
    max_output_tokens: int = DEFAULT_MAX_OUTPUT_TOKENS
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedReply:
    """One answer. Token counts exclude each other, as in `core.outcome.Usage`.

    Attributes:
        cost_usd: reported on the wire as `usage.cost` where the format has it; None = not reported.
        latency_s: sent as `x-recorded-latency-s`; None = unknown.
        item: whose answer it is, for the log.
        logprobs: the text in pieces with their log-probabilities, told where the request asks for them; empty = the
            model never tells.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    cost_usd: Decimal | None = None
    latency_s: float | None = None
    is_refusal: bool = False
    is_truncated: bool = False
    model: str = ""
    host: str = ""
    fingerprint: str = ""
    item: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()

    @property
    def usage(self) -> Usage:
        """What the call used, as the bill sees it."""
        return Usage(
            input_tokens=self.input_tokens,
            cache_read_tokens=self.cached_tokens,
            cache_write_5m_tokens=self.written_tokens,
            output_tokens=self.output_tokens,
            reasoning_tokens=self.reasoning_tokens,
            reported_usd=self.cost_usd,
        )


class Behaviour(Protocol):
    """Who answers. Pure: the same question always gets the same answer."""

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The answer, or None for a model or an item that is not known."""
        ...


def surely_told(text: str, answer: str, confidence: float) -> tuple[TokenLogprob, ...]:
    """A text in pieces of which the answer's have the probability `confidence` together, the others 1.

    Args:
        text: of the reply.
        answer: a part of it, or all of it counts.
        confidence: in [0, 1]; 0 is told as a very small one.
    """
    start = text.rfind(answer) if answer else -1
    start, end = (start, start + len(answer)) if start >= 0 else (0, len(text))
    middle = start + (end - start) // 2
    half = math.log(max(confidence, MIN_CONFIDENCE)) / 2
    pieces = ((text[:start], 0.0), (text[start:middle], half), (text[middle:end], half), (text[end:], 0.0))
    if middle == start:  # one character
        pieces = ((text[:start], 0.0), (text[start:end], 2 * half), (text[end:], 0.0), ("", 0.0))
    return tuple(TokenLogprob(piece, logprob) for piece, logprob in pieces if piece)


def prompt_key(text: str) -> str:
    """A key of a prompt that does not depend on white space: formats join and split messages differently."""
    return hashlib.blake2b("".join(text.split()).encode(), digest_size=12).hexdigest()
