"""What passes between a dialect and the one file that does HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from modelsearch.core.ids import Json, canonical_json

MESSAGE_OVERHEAD_TOKENS = 64
"""Tokens that a wire format may add around one message; no tokenizer makes more tokens than there are bytes."""
Role = Literal["system", "user", "assistant"]
RetryKind = Literal["none", "rate", "transient", "auth", "quota", "gone", "incapable"]
GATEWAY_TIMEOUTS = frozenset({504, 524})
"""A gateway gave up waiting; the provider behind it may have gone on working, and bill."""
PROCESSING_HEADER = "x-modelsearch-processing"
"""Ours, on replies that came in a batch: what they report as their cost is the batch's, and latency they have none."""
BATCH_PROCESSING = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message.

    Attributes:
        n_stable_chars: so much of the start of `content` is the same for all items; no part of what it says.
    """

    role: Role
    content: str
    n_stable_chars: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """A request before it takes a wire format. `json_schema` asks for structured output where given.

    Attributes:
        is_zdr: only a host that keeps nothing may see it; for providers that take this as a field of the request.
        has_logprobs: the log-probabilities of the reply's tokens are asked for. They are no part of what makes it the
            same call: a reply that was paid without them is used again.
        n_alternatives: the likeliest pieces in place of each one, asked for with their log-probabilities; a reply
            without them is another call's.
    """

    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    json_schema: Mapping[str, Json] | None = None
    is_zdr: bool = False
    has_logprobs: bool = False
    n_alternatives: int = 0

    @property
    def max_prompt_tokens(self) -> int:
        """The most tokens that the prompt can have: every byte a token, with what a wire format adds."""
        schema = 0 if self.json_schema is None else len(canonical_json(dict(self.json_schema)))
        return schema + sum(len(m.content.encode()) + MESSAGE_OVERHEAD_TOKENS for m in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A POST: `path` is joined to the provider's base URL; `headers` hold no key (the client adds it).

    Attributes:
        key_body: what makes the call the same call where the body says more than that (a price limit does not change
            the answer, so a new price must not make a paid reply unknown); None = the body.
        prefix: names the start of the prompt that other items share, where the provider's cache can keep it; "" = not.
        marked_body: the body with that start marked for a cache that keeps only what is marked, and charges for it.
    """

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    key_body: bytes | None = None
    prefix: str = ""
    marked_body: bytes | None = None

    @property
    def marked(self) -> "WireRequest":
        """The same call with its shared start marked; itself where no mark is needed."""
        if self.marked_body is None:
            return self
        return replace(self, body=self.marked_body, key_body=self.body if self.key_body is None else self.key_body)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReply:
    """What came back. `http_status` 0 = no complete answer; `is_sent` tells whether the request may have been billed.

    Attributes:
        headers: lower-case names.
        failure: why there is no answer, without secrets; "" where there is one.
        wait_s: its provider or endpoint is set aside for so many seconds more: asking sooner is of no use.
    """

    http_status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    is_sent: bool = True
    failure: str = ""
    n_attempts: int = 1
    wait_s: float | None = None

    @property
    def is_of_batch(self) -> bool:
        """Whether it came in a batch."""
        return self.headers.get(PROCESSING_HEADER) == BATCH_PROCESSING

    @property
    def is_unanswered(self) -> bool:
        """Sent, and no answer of the provider's own came back: it may be on the bill."""
        return (self.http_status == 0 and self.is_sent) or self.http_status in GATEWAY_TIMEOUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What to do about an error: `rate` shrinks concurrency and waits, `transient` waits, the others do not repeat.

    Attributes:
        kind: none = the item's own fault; auth, quota = stop the run; gone = the endpoint is no longer there
            (a catalogue event); incapable = the endpoint refuses a parameter.
        wait_s: what the provider asked for, or None.
    """

    kind: RetryKind
    wait_s: float | None = None
    message: str = ""
