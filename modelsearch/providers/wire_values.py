"""What the dialects share when they read a body: typed decoding, token counts, money and error details."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite, isnan
from typing import Any, TypeVar

import msgspec

from modelsearch.core.outcome import TokenLogprob
from modelsearch.core.wire import Message, RawReply

T = TypeVar("T")
Number = int | float | None
ERROR_TEXT_CHARS = 500
MAX_TOKENS = 10**12
MAX_AMOUNT = Decimal(10) ** 9
"""Of USD or seconds; more of either, or of tokens, is a fault in the reply."""
_ANY = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireError:
    """An error as a provider words it: code, type, message, the parameter at fault, and the wait asked for in s."""

    code: str = ""
    kind: str = ""
    message: str = ""
    param: str = ""
    wait_s: float | None = None

    @property
    def words(self) -> str:
        """Code, type and message in lower case, to look for what they say."""
        return f"{self.code} {self.kind} {self.message}".lower()

    @property
    def text(self) -> str:
        """One line for people."""
        param = f"parameter {self.param}" if self.param and self.param not in self.message else ""
        return ": ".join(part for part in (self.code or self.kind, param, self.message) if part)[:ERROR_TEXT_CHARS]


def logprobs_of(tokens: object, text_name: str, logprob_name: str, others_name: str = "") -> tuple[TokenLogprob, ...]:
    """The pieces of a reply with their log-probabilities; none where one of them is missing or no such number.

    They are an extra: whatever their shape, the reply that was paid is read.

    Args:
        tokens: a list of objects, if the provider keeps to its own format.
        text_name: field of an object with its text.
        logprob_name: field with its natural log-probability.
        others_name: field with a list of such objects, the likeliest in its place; "" = there is none.
    """
    if not isinstance(tokens, list):
        return ()
    found = []
    for token in tokens:
        text, logprob = (token.get(text_name), token.get(logprob_name)) if isinstance(token, dict) else (None, None)
        if not isinstance(text, str) or not isinstance(logprob, int | float) or isnan(logprob):
            return ()
        others = logprobs_of(token.get(others_name), text_name, logprob_name) if others_name else ()
        found.append(TokenLogprob(text, min(0.0, float(logprob)), tuple((each.text, each.logprob) for each in others)))
    return tuple(found)


def read_body(decoder: msgspec.json.Decoder[T], raw: RawReply) -> T:
    """The typed body of a reply.

    Raises:
        ValueError: not UTF-8, not JSON, not of the type, or nested beyond reason.
    """
    try:
        return decoder.decode(raw.body)
    except RecursionError:
        message = "reply: expected JSON of a known shape, got one nested too deep"
        raise ValueError(message) from None
    except ValueError as error:
        message = f"reply: expected JSON of a known shape: {error}"
        raise ValueError(message) from None


def read_object(raw: RawReply) -> Mapping[str, Any]:
    """The body as an object; where it is none, an empty one (an error page may be anything)."""
    try:
        body = read_body(_ANY, raw)
    except ValueError:
        return {}
    if isinstance(body, list) and body:  # Google wraps some errors in a list
        body = body[0]
    return body if isinstance(body, dict) else {}


def count(value: Number) -> int:
    """A token count: absent or negative is 0, `12.0` is 12.

    Raises:
        ValueError: no reply can have so many; its bill is not known then.
    """
    if type(value) is int and value <= MAX_TOKENS:  # nearly always
        return max(value, 0)
    if value is None or not isfinite(value) or value < 0:
        return 0
    if value > MAX_TOKENS:
        message = f"reply: expected at most {MAX_TOKENS:.0e} tokens, got {value:.3g}"
        raise ValueError(message)
    return int(value)


def amount(value: Decimal | None) -> Decimal | None:
    """An amount >= 0 that was really told; None where it is absent, negative or no number.

    Raises:
        ValueError: no call can cost so much; its bill is not known then.
    """
    if value is None or not value.is_finite() or value < 0:
        return None
    if value > MAX_AMOUNT:
        message = f"reply: expected an amount of at most {MAX_AMOUNT:.0e}, got {value:.3g}"
        raise ValueError(message)
    return value


def error_of(value: object) -> WireError:
    """The error in an `error` field, which is an object with most providers and plain text with some."""
    if isinstance(value, str):
        return WireError(message=value)
    if not isinstance(value, dict):
        return WireError(message="" if value is None else str(value))
    return WireError(
        code=_text(value.get("code")),
        kind=_text(value.get("type") or value.get("error_type")),
        message=_text(value.get("message")),
        param=_text(value.get("param")),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages for a model that takes no system message: its text opens the first user message."""
    systems = [message for message in messages if message.role == "system" and message.content]
    system = "\n\n".join(message.content for message in systems)
    rest = tuple(message for message in messages if message.role != "system")
    if not system:
        return rest
    n_stable = len(system) if all(len(message.content) == message.n_stable_chars for message in systems) else 0
    if rest and rest[0].role == "user":
        n_stable += 2 + rest[0].n_stable_chars if n_stable else 0
        first = Message(role="user", content=f"{system}\n\n{rest[0].content}", n_stable_chars=n_stable)
        return (first, *rest[1:])
    return (Message(role="user", content=system, n_stable_chars=n_stable), *rest)
