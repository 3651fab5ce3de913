"""Text of strangers for the HTML report: blocks with their lines kept, and JSON that leads no HTML parser astray."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from modelsearch.core.ids import Json

KEPT_FORMATS = frozenset("\u200c\u200d")
"""Invisible, and part of how Persian, Indic scripts and emoji are written."""
_MARKED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_RARE = re.compile(r"[^\x20-\x7e\n\t]")
_LINES = str.maketrans({"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    | {chr(code): f"\\u{code:04x}" for code in range(0xD800, 0xE000)}  # alone they are no UTF-8
)


def block(text: str, max_chars: int) -> str:
    """Text with its lines, every other invisible character named (`[U+202E]`): nothing hides, nothing turns around.

    Args:
        text: whatever a model, a provider or a file said.
        max_chars: of it; what is cut off is counted.
    """
    lines = text[:max_chars].replace("\r\n", "\n").translate(_LINES)
    shown = _RARE.sub(lambda found: _shown(found[0]), lines)
    left_out = len(text) - max_chars
    return f"{shown}\n[{left_out:,} more characters]" if left_out > 0 else shown


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char in "\n\t" or char in KEPT_FORMATS or unicodedata.category(char) not in _MARKED:
        return char
    return f"[U+{ord(char):04X}]"


def script_json(value: Mapping[str, Json] | Sequence[Json]) -> str:
    """JSON for a script element of type application/json: no `<`, so nothing in it ends the element or begins one.

    Raises:
        ValueError: NaN or an infinity, which JSON has not.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
