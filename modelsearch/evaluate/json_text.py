"""JSON inside a model's reply: in a code fence or not, with prose around it."""

import json
from collections.abc import Mapping
from decimal import Decimal

from modelsearch.core.ids import Json, canonical_json

MAX_REPLY_CHARS = 100_000
"""Of a reply that are looked at."""
MAX_TRIES = 50
"""Opening brackets tried before a reply counts as one without JSON."""
_OPENINGS = "{["


def first_json(text: str, openings: str = _OPENINGS) -> Json:
    """The first JSON object or list in the text; None without one, NaN and infinities being no JSON."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    start = _next(text, openings, 0)
    for _ in range(MAX_TRIES):
        if start < 0:
            return None
        try:
            value, _end = decoder.raw_decode(text, start)
            canonical_json(value)  # refuses what JSON text cannot hold, such as 1e999
        except (ValueError, RecursionError):
            start = _next(text, openings, start + 1)
            continue
        return value  # type: ignore[no-any-return]
    return None


def json_answer(reply: str) -> str | None:
    """The canonical form of the first JSON object or list of a reply; None without one."""
    found = first_json(reply[:MAX_REPLY_CHARS])
    return None if found is None else canonical_json(found).decode(errors="replace")


def leaves(value: Json, path: str = "") -> dict[str, Json]:
    """Path -> value of every field that holds no object; a list counts by its elements, their order left out.

    `{"a": {"b": 1}, "c": [2, 3]}` has `a.b`, `c[]#2` and `c[]#3`; equal elements are numbered.
    """
    if isinstance(value, Mapping) and value:
        found: dict[str, Json] = {}
        for name, part in value.items():
            found |= leaves(part, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(value, list | tuple) and value:
        return _elements(value, path)
    return {path: value}


def folded(value: Json) -> Json:
    """Text in lower case with white space collapsed, numbers by value whether in quotes or not, all else as it is."""
    if value is None or isinstance(value, bool | list | tuple | Mapping):
        return value
    text = " ".join(str(value).split()).casefold()
    try:
        number = Decimal(text.replace(",", "")) if len(text) <= 40 else None
    except ArithmeticError:
        return text
    if number is None or not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def _elements(value: list[Json] | tuple[Json, ...], path: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for part in value:
        key = canonical_json(folded(part)).decode(errors="replace")
        number = 0
        while f"{path}[]#{key}#{number}" in found:
            number += 1
        found[f"{path}[]#{key}#{number}"] = part
    return found


def _next(text: str, openings: str, start: int) -> int:
    places = [place for char in openings if (place := text.find(char, start)) >= 0]
    return min(places, default=-1)


def _refuse(name: str) -> Json:
    message = f"{name} is no JSON"
    raise ValueError(message)
