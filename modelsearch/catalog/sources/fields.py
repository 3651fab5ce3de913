"""Single fields of sources: a value of the expected kind, or nothing. None of these raises, whatever it is given."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from modelsearch.core.ids import ModelId

MAX_TOKENS = 10**9
MAX_NAME = 200
_NEVER = date(2090, 1, 1)
"""Sources write a day of the far future for "no day is set"."""
_NAME = re.compile(r"[A-Za-z0-9~@][!-~]*")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FREE = ":free"
_WORD = re.compile(r"[a-z0-9]+")
_NO_CHAT = frozenset(
    word
    for line in (
        "aqa asr audio babbage banana captioner computer dall davinci embed embedding embeddings guard image imagen",
        "live lyria moderation ocr realtime research rerank reranker robotics safeguard safety search sonar sora",
        "speech transcribe transcription translate tts veo video voxtral whisper",
    )
    for word in line.split()
)
"""Words of names of models that hear, paint, sort or look things up: some listings tell no kind, and those that search
bill for searches beside their tokens.
"""


def object_of(value: object) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def words_of(value: object) -> frozenset[str]:
    """The texts of a list."""
    return frozenset(word for word in list_of(value) if isinstance(word, str))


def text_of(value: object) -> str:
    """A short plain text, or ""."""
    return value if isinstance(value, str) and len(value) <= MAX_NAME and value.isprintable() else ""


def name_of(value: object) -> str:
    """An id that can stand on the wire and in a file, or ""."""
    return value if isinstance(value, str) and len(value) <= MAX_NAME and _NAME.fullmatch(value) else ""


def number_of(value: object) -> Decimal | None:
    """A finite number, given as one or as text."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    if isinstance(value, str) and len(value) > MAX_NAME:
        return None
    try:
        number = Decimal(value)
    except (ArithmeticError, ValueError):
        return None
    return number if number.is_finite() else None


def count_of(value: object) -> int | None:
    """A number of tokens, at least 1."""
    number = number_of(value)
    return int(number) if number is not None and 1 <= number <= MAX_TOKENS else None


def day_of(value: object) -> date | None:
    """The day of a date or moment in ISO 8601 or in Unix seconds; the sentinels of sources are no day."""
    day = _iso_day(value) if isinstance(value, str) else _unix_day(value)
    return day if day is not None and date(2000, 1, 1) <= day < _NEVER else None


def _iso_day(value: str) -> date | None:
    if not _DAY.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _unix_day(value: object) -> date | None:
    seconds = number_of(value)
    if seconds is None or not 0 < seconds < 10**10:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).date()


def model_id_of(wire_name: str) -> ModelId:
    """The model that a wire name means by its exact spelling; only signs, case and the free variant are set aside.

    No part of a name ever stands for the whole: a new model must not get an old one's scores or prices.
    """
    name = wire_name.rsplit("/", 1)[-1].lower().removesuffix(_FREE)
    return ModelId(_NO_WORD.sub("-", name).strip("-") or "unnamed")


def is_chat_name(wire_name: str) -> bool:
    """Whether nothing in the name says that it is no plain chat model; whole words count, never parts."""
    return not _NO_CHAT & set(_WORD.findall(wire_name.rsplit("/", 1)[-1].lower()))


def is_free_variant(wire_name: str) -> bool:
    """Whether the name says that calls cost nothing."""
    return wire_name.endswith(_FREE)
