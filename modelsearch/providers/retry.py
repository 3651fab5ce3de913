"""What an error status means and how long to wait: one table for all providers.

Sources of the table: the public error references of OpenAI, Anthropic, Google and OpenRouter, and the retry rule of
the OpenAI SDK (`x-should-retry` first, then 408, 409, 429 and 5xx; waits above 120 s are ignored).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from modelsearch.core.errors import OptionError
from modelsearch.core.wire import RawReply, Retry, RetryKind
from modelsearch.providers.wire_values import WireError

MAX_WAIT_S = 120.0
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
_INCAPABLE = ("unsupported_value", "unsupported_parameter", "unsupported parameter", "unsupported value")


def classify_error(raw: RawReply, error: WireError) -> Retry:
    """What to do about a reply that is no plain success.

    Args:
        raw: the reply; status 0 is no answer at all.
        error: what its body says.
    """
    wait_s = retry_after_s(raw.headers)
    if wait_s is None and error.wait_s is not None and 0 <= error.wait_s <= MAX_WAIT_S:
        wait_s = error.wait_s
    kind = _kind(raw, error.words, has_wait=wait_s is not None)
    message = error.text or raw.failure or f"HTTP {raw.http_status}"
    return Retry(kind=_as_told(kind, raw.headers), wait_s=wait_s, message=message)


def _kind(raw: RawReply, words: str, *, has_wait: bool) -> RetryKind:
    status = raw.http_status
    if status == 0:
        return "none" if raw.is_sent else "transient"
    if status in _TRANSIENT or status >= 500:
        return "transient"
    if status in _GONE:
        return "gone"
    if status == 402:
        return "rate" if has_wait else "quota"
    if status == 401:
        return "auth"
    return _kind_by_words(status, words)


def _kind_by_words(status: int, words: str) -> RetryKind:
    """400, 403, 413, 422 and 429 say with their words what they mean."""
    if status in (400, 403, 429) and _says(words, _NO_MONEY):
        return "quota"
    if status == 429:
        return "rate"
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
    """The wait in s that the headers ask for, in [0, 120], or None.

    `retry-after-ms` comes first, then `retry-after` in seconds or as an HTTP date; a date is held against the
    reply's own `date`, so that clocks need not agree.
    """
    for name, unit_s in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        wait_s = _seconds(text, unit_s, headers.get("date"))
        if wait_s is not None and 0 <= wait_s <= MAX_WAIT_S:
            return wait_s
    return None


def _seconds(text: str, unit_s: float, date: str | None) -> float | None:
    try:
        return float(text) * unit_s
    except ValueError:
        pass
    try:
        until, since = parsedate_to_datetime(text), parsedate_to_datetime(date or "")
        return max(0.0, (until - since).total_seconds())
    except (TypeError, ValueError):  # no date, or one with and one without a zone
        return None


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
