"""Scorer `json_fields`: the share of the target's fields that the reply's JSON object has right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from modelsearch.core.ids import Json, canonical_json
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000
MAX_TRIES = 50
"""Opening braces tried before a reply counts as one without an object."""


@register("scorer", "json_fields", source="Sundheim 1995, MUC-6 (slot filling), doi:10.3115/1072399.1072402")
@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFields:
    """Reads the first JSON object in the reply, in a code fence or not, and compares it field by field.

    Text is compared without regard to case and white space at ends, numbers by value ("12.0" in quotes is 12 too),
    lists in order. A field that the object lacks is wrong unless the target has null there; fields that the target
    lacks do not count. The canonical form holds the target's fields only, so that votes are about what is asked.

    Attributes:
        is_strict: compare text exactly and keep numbers apart from text.
    """

    is_strict: bool = False
    has_canonical_form: ClassVar[bool] = True
    reads_cut_replies: ClassVar[bool] = True

    def canonical(self, reply: str, item: Item) -> str | None:
        found = _first_object(reply[:MAX_REPLY_CHARS])
        if found is None or not isinstance(item.target, Mapping):
            return None
        return canonical_json({name: self._plain(found.get(name)) for name in item.target}).decode()

    def score(self, answer: str, item: Item) -> float:
        found = _first_object(answer)
        if found is None or not isinstance(item.target, Mapping) or not item.target:
            return 0.0
        right = [
            canonical_json(self._plain(found.get(name))) == canonical_json(self._plain(wanted))
            for name, wanted in item.target.items()
        ]
        return sum(right) / len(right)

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        if isinstance(item.target, Mapping) and item.target:
            return ""
        return f"expected an object with at least one field as target, got {item.target!r}"

    def _plain(self, value: Json) -> Json:
        if isinstance(value, Mapping):
            return {name: self._plain(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(part) for part in value]
        if self.is_strict or value is None or isinstance(value, bool):
            return value
        return _folded(str(value))


def _folded(text: str) -> str:
    """Lower case, white space collapsed; a number as a plain decimal."""
    text = " ".join(text.split()).casefold()
    try:
        number = Decimal(text.replace(",", "")) if len(text) <= 40 else None
    except ArithmeticError:
        return text
    if number is None or not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def _first_object(text: str) -> dict[str, Json] | None:
    """The first JSON object in the text; None without one, NaN and infinities being no JSON."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    start = text.find("{")
    for _ in range(MAX_TRIES):
        if start < 0:
            return None
        try:
            value, _end = decoder.raw_decode(text, start)
            canonical_json(value)  # refuses what JSON text cannot hold, such as 1e999
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        return value if isinstance(value, dict) else None
    return None


def _refuse(name: str) -> Json:
    message = f"{name} is no JSON"
    raise ValueError(message)
