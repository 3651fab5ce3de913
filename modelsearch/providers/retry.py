"""What an error status means and how long to wait: one table for all providers.

Sources of the table: the public error references of OpenAI, Anthropic, Google and OpenRouter, and the retry rule of
the OpenAI SDK (`x-should-retry` first, then 408, 409, 429 and 5xx). 504 and 524 stand apart: a gateway gave up on a
provider that may have done the work, and bill it. An error inside a 200 counts as the status that it names.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from modelsearch.core.errors import OptionError
from modelsearch.core.wire import RawReply, Retry, RetryKind
from modelsearch.providers.wire_values import WireError

MAX_WAIT_S = 120.0
"""The longest wait within a call; a longer one sets the endpoint aside."""
MAX_PAUSE_S = 900.0
"""The longest pause that a provider is granted at a time."""
_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError"})
_TRANSIENT = frozenset({408, 409, 425, 498})
_GONE = frozenset({404, 410})
_NO_MONEY = (
    "insufficient_quota",
    "insufficient balance",
    "insufficient credits",
    "insufficient_credits",
    "billing_hard_limit",
    "billing_not_active",
    "billing_error",
    "credit balance is too low",
    "reached your specified api usage limits",
    "spend limit",
    "perday",
)
_KEY_REFUSED = ("api key", "api_key", "api-key", "invalid key", "authentication_error")
_BAD_KEY_400 = ("api key not valid", "api_key_invalid")
_LOGPROBS = "logprobs"
"""Whatever is said of them: nobody else asks for them, and the call can do without."""
_INCAPABLE = ("unsupported_value", "unsupported_parameter", "unsupported parameter", "unsupported value", _LOGPROBS)
_STATUS_OF_WORDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (402, _NO_MONEY),
    (429, ("rate limit", "rate_limit", "too many requests", "resource_exhausted")),
    (401, ("authentication_error", "invalid_api_key", "unauthenticated")),
    (404, ("model_not_found", "not_found_error")),
    (400, _INCAPABLE),
)


def classify_error(raw: RawReply, error: WireError) -> Retry:
    """What to do about a reply that is no plain success.

    Args:
        raw: the reply; status 0 is no answer at all.
        error: what its body says.
    """
    wait_s = retry_after_s(raw.headers)
    if wait_s is None and error.wait_s is not None and error.wait_s >= 0:
        wait_s = min(error.wait_s, MAX_PAUSE_S)
    status = told_status(error) if 200 <= raw.http_status < 300 else raw.http_status
    message = error.text or raw.failure or f"HTTP {raw.http_status}"
    if raw.is_unanswered:
        return Retry(kind="none", wait_s=wait_s, message=message)
    kind = _kind(status, error.words, is_short_wait=wait_s is not None and wait_s <= MAX_WAIT_S)
    return Retry(kind=_as_told(kind, raw.headers), wait_s=wait_s, message=message)


def told_status(error: WireError) -> int:
    """The HTTP status that an error inside a 200 would have had by its code or its words; 200 where it says neither."""
    if len(error.code) == 3 and error.code.isdecimal() and 400 <= int(error.code) < 600:
        return int(error.code)
    return next((status for status, phrases in _STATUS_OF_WORDS if _says(error.words, phrases)), 200)


def _kind(status: int, words: str, *, is_short_wait: bool) -> RetryKind:
    if status == 0 or status in _TRANSIENT or status >= 500:
        return "transient"
    if status in _GONE:
        return "gone"
    if status == 402:
        return "rate" if is_short_wait else "quota"
    if status == 401:
        return "auth"
    return _kind_by_words(status, words)


def _kind_by_words(status: int, words: str) -> RetryKind:
    """400, 403, 413, 422 and 429 say with their words what they mean."""
    if status in (400, 403, 429) and _says(words, _NO_MONEY):
        return "quota"
    if status == 429:
        return "rate"
    if status == 403 and _LOGPROBS in words:
        return "incapable"
    if (status == 403 and _says(words, _KEY_REFUSED)) or (status == 400 and _says(words, _BAD_KEY_400)):
        return "auth"
    return "incapable" if status in (400, 422) and _says(words, _INCAPABLE) else "none"


def _says(words: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in words for phrase in phrases)


def _as_told(kind: RetryKind, headers: Mapping[str, str]) -> RetryKind:
    """The provider's own word on whether a repeat helps."""
    told = headers.get("x-should-retry")
    if told == "false" and kind in ("rate", "transient"):
        return "none"
    return "transient" if told == "true" and kind == "none" else kind


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait in s that the headers ask for, cut to [0, 900], or None.

    `retry-after-ms` comes first, then `retry-after` in seconds or as an HTTP date; a date is held against the
    reply's own `date`, never against our clock, which may be wrong or jump: without one it tells nothing.
    """
    for name, unit_s in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        wait_s = _seconds(text, unit_s, headers.get("date"))
        if wait_s is not None and wait_s >= 0:
            return min(wait_s, MAX_PAUSE_S)
    return None


def _seconds(text: str, unit_s: float, date: str | None) -> float | None:
    try:
        return float(text) * unit_s
    except ValueError:
        pass
    try:
        until, since = _moment(text), _moment(date or "")
    except ValueError:
        return None
    return max(0.0, (until - since).total_seconds())


def _moment(text: str) -> datetime:
    """An HTTP date; without a zone it is UTC, as HTTP wants it.

    Raises:
        ValueError: it is none.
    """
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, OverflowError) as error:
        raise ValueError(text) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits between attempts: the provider's wish where it told one, else exponential with full jitter.

    Source: Brooker 2015, Exponential Backoff And Jitter, AWS Architecture Blog ("full jitter").

    Attributes:
        max_attempts: attempts of a call, the first included, >= 1.
        base_s, max_s: upper end of the first wait and of any.
    """

    max_attempts: int = 6
    base_s: float = 0.5
    max_s: float = 8.0
    rng: random.Random = field(default_factory=lambda: random.Random(0), repr=False)

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            message = f"max_attempts of a call: expected at least 1, got {self.max_attempts}"
            raise OptionError(message)

    def wait_s(self, n_attempts: int, retry: Retry) -> float:
        """Seconds to wait after `n_attempts` attempts (>= 1) have failed."""
        if retry.wait_s is not None:
            return retry.wait_s
        return self.rng.uniform(0.0, min(self.max_s, self.base_s * 2.0 ** (n_attempts - 1)))


def is_unsent(error: Exception) -> bool:
    """Whether a transport's error says that nothing went out; what is not known to be unsent was sent.

    By name, so that the exceptions of httpx's forks count as well.
    """
    return any(cls.__name__ in _NOT_SENT for cls in type(error).__mro__)
