"""What passes between a dialect and the one file that does HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelsearch.core.ids import Json

Role = Literal["system", "user", "assistant"]
RetryKind = Literal["none", "rate", "transient", "auth", "quota", "gone", "incapable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """A request before it takes a wire format. `json_schema` asks for structured output where given."""

    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    json_schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A POST: `path` is joined to the provider's base URL; `headers` hold no key (the client adds it)."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReply:
    """What came back. `http_status` 0 = no complete answer; `is_sent` tells whether the request may have been billed.

    Attributes:
        headers: lower-case names.
        failure: why there is no answer, without secrets; "" where there is one.
    """

    http_status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    is_sent: bool = True
    failure: str = ""
    n_attempts: int = 1


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
