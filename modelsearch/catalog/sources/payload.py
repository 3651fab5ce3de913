"""Raw payloads as values: strict about what a reader could misunderstand, lenient about all else.

A payload of several pages is one payload: its pages as a JSON text sequence (RFC 7464), so that one hash names it.
Numbers come out as `Decimal`; NaN, Infinity and numbers that no `Decimal` holds come out as None, which is unknown.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from modelsearch.core.errors import CatalogError

MAX_DEPTH = 64
MAX_BYTES = 16_000_000
_RECORD = b"\x1e"
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_OPENING = b"[{"
_LONGEST_INT = 40
_SHOWN = 40


def joined(pages: Sequence[bytes]) -> bytes:
    """One payload of a source's pages; a single page is its own payload."""
    return pages[0] if len(pages) == 1 else b"".join(_RECORD + page + b"\n" for page in pages)


def values_of(body: bytes, source: str) -> tuple[Any, ...]:
    """The value of each page of a payload.

    Args:
        body: one JSON text, or several as `joined` writes them.
        source: for the message.

    Raises:
        CatalogError: it is no such text: empty, too large, no UTF-8, no JSON, nested too deep, a key given twice.
    """
    texts = body.split(_RECORD)[1:] if body.startswith(_RECORD) else [body]
    return tuple(value_of(text, source) for text in texts)


def value_of(body: bytes, source: str) -> Any:
    """The value of one JSON text.

    Raises:
        CatalogError: as in `values_of`.
    """
    if len(body) > MAX_BYTES:
        raise _refused(source, f"expected at most {MAX_BYTES} bytes, got {len(body)}")
    if (depth := _depth(body)) > MAX_DEPTH:
        raise _refused(source, f"expected at most {MAX_DEPTH} levels, got {depth}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(source, f"expected UTF-8, got byte {body[error.start]:#04x} at {error.start}") from None
    try:
        return json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_unknown, object_pairs_hook=_object
        )
    except _TwiceError as error:
        raise _refused(source, f"expected each key once, got {error} twice in one object") from None
    except (ValueError, RecursionError):
        raise _refused(source, f"expected JSON, got {_beginning(text)}") from None


class _TwiceError(Exception):
    """Which of two values a reader takes is its own choice, so neither is taken."""


def _refused(source: str, what: str) -> CatalogError:
    return CatalogError(f"source {source}: {what}: the last good catalogue stays in force; look at the source")


def _depth(body: bytes) -> int:
    """How deep brackets nest, outside texts; linear in the size, whatever the bytes."""
    depth = deepest = 0
    for byte in _TEXT.sub(b"", body).translate(None, _NO_BRACKETS):
        depth += 1 if byte in _OPENING else -1
        deepest = max(deepest, depth)
    return deepest


def _number(text: str) -> Decimal | int | None:
    if len(text) <= _LONGEST_INT and text.lstrip("-").isdigit():
        return int(text)
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _unknown(_: str) -> None:
    """NaN and the infinities."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _TwiceError(repr(key[:_SHOWN]))
            seen.add(key)
    return found


def _beginning(text: str) -> str:
    """Enough to tell HTML from a cut reply, in one line."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text.strip()[:_SHOWN])
    return f"{len(text)} characters that begin with {shown!r}"
