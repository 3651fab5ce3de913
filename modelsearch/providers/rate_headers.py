"""What a reply's headers tell of rate limits, whoever sends it: one reading for all the names and units in use.

The forms, from the providers' public references and replies seen in the wild:

    x-ratelimit-{limit,remaining,reset}-{requests,tokens}   OpenAI, Groq, Azure; the reset is a Go duration ("6m0s")
    anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}   reset in RFC 3339
    x-ratelimit-{limit,remaining}-{req,tokens}-minute       Mistral; without a reset
    x-ratelimit-{limit,remaining,reset}-{requests-day,tokens-minute}   Cerebras; the reset in seconds
    x-ratelimit-{limit,remaining,reset}                     OpenRouter on its own 429: Unix milliseconds; others seconds
    x-tokenlimit-{limit,remaining}                          Together
    ratelimit-{limit,remaining,reset}                       the IETF draft; seconds

A moment (RFC 3339, HTTP date, Unix time) is held against the reply's own `date`, never against our clock, which may
be wrong or jump; without one the reset counts as not told.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Literal, NamedTuple

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens"]
Role = Literal["limit", "remaining", "reset"]
RawHeaders = Iterable[tuple[bytes, bytes]]
DEFAULT_RESET_S = 60.0
"""Where neither a reset nor a period is told: limits are by the minute nearly everywhere."""
_PERIOD_S = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0, "month": 30 * 86_400.0}
_ROLES: dict[str, Role] = {"limit": "limit", "remaining": "remaining", "reset": "reset"}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
_UNIT_S = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_UNIX_S, _UNIX_MS = 1e9, 1e12
"""From here on a bare number is a moment: in seconds, in milliseconds."""


class Told(NamedTuple):
    """One limit: `remaining` of `limit` units are left, and in `reset_s` it is whole again."""

    unit: Unit
    limit: float
    remaining: float
    reset_s: float


class _Place(NamedTuple):
    """Where a header belongs: its role in the limit of a subject."""

    role: Role
    subject: str
    unit: Unit
    period_s: float | None


def told_limits(headers: RawHeaders) -> list[Told]:
    """Every limit of which the headers tell both size and remainder; those of no size (-1, 0) are left out.

    Args:
        headers: name and value, names in any case.
    """
    found: dict[str, dict[Role, str]] = {}
    places: dict[str, _Place] = {}
    date = ""
    for name, value in headers:
        place = _place(name)
        if place is not None:
            found.setdefault(place.subject, {})[place.role] = value.decode("latin-1").strip()
            places[place.subject] = place
        elif name.lower() == b"date":
            date = value.decode("latin-1")
    told = (_told(places[subject], roles, date) for subject, roles in found.items())
    return [each for each in told if each is not None]


def _told(place: _Place, roles: dict[Role, str], date: str) -> Told | None:
    limit, remaining = _number(roles.get("limit")), _number(roles.get("remaining"))
    if limit is None or remaining is None or limit <= 0 or remaining < 0:
        return None
    reset_s = _reset_s(roles.get("reset", ""), date)
    if reset_s is None:
        reset_s = place.period_s or DEFAULT_RESET_S
    return Told(place.unit, limit, remaining, reset_s)


@lru_cache(maxsize=512)
def _place(name: bytes) -> _Place | None:
    """What a header's name says; None for any that is about no limit."""
    prefix, mark, rest = name.lower().decode("latin-1").partition("limit-")
    if not mark or not prefix.endswith(("rate", "token")):
        return None
    words = rest.split("-")
    role = next((_ROLES[word] for word in words if word in _ROLES), None)
    if role is None:
        return None
    words.remove(role)
    period_s = next((_PERIOD_S[word] for word in words if word in _PERIOD_S), None)
    return _Place(role, "-".join((prefix, *words)), _unit(prefix, words), period_s)


def _unit(prefix: str, words: list[str]) -> Unit:
    if not prefix.endswith("token") and not any(word.startswith("token") for word in words):
        return "requests"
    if "input" in words or "prompt" in words:
        return "input_tokens"
    return "output_tokens" if "output" in words or "generated" in words else "tokens"


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < _UNIX_MS else None


def _reset_s(text: str, date: str) -> float | None:
    """Seconds until a limit is whole again, >= 0; None where the text does not tell."""
    if _DURATION.fullmatch(text):
        return sum(float(amount) * _UNIT_S[unit] for amount, unit in _PART.findall(text))
    try:
        number = float(text)
    except ValueError:
        return _until_s(_moment(text), date)
    if not 0 <= number < _UNIX_MS * 10:
        return None
    if number < _UNIX_S:
        return number
    return _until_s(datetime.fromtimestamp(number / (1000 if number >= _UNIX_MS else 1), UTC), date)


def _until_s(moment: datetime | None, date: str) -> float | None:
    now = _moment(date)
    return None if moment is None or now is None else max(0.0, (moment - now).total_seconds())


def _moment(text: str) -> datetime | None:
    """A moment in RFC 3339 or as an HTTP date; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError, IndexError):
            return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
