"""Text of strangers made safe to show: no control, direction or invisible characters, one line."""

import unicodedata

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that are left out: control, format (direction, zero width), surrogates, private, unassigned."""

NAMELESS = "(no visible name)"
"""Shown for a name of nothing but invisible characters."""

MAX_ID_CHARS = 160
"""Ids and labels longer than this are cut in the middle where they are shown."""


def clean(text: object) -> str:
    """One line of visible characters; runs of white space become one space. Escapes nothing."""
    spaced = (" " if char.isspace() else char for char in str(text))
    kept = "".join(char for char in spaced if unicodedata.category(char) not in INVISIBLE)
    return " ".join(kept.split())


def short(text: object) -> str:
    """`clean`, cut in the middle to `MAX_ID_CHARS`, both ends kept because versions stand at the end."""
    whole = clean(text) or NAMELESS
    if len(whole) <= MAX_ID_CHARS:
        return whole
    half = (MAX_ID_CHARS - 1) // 2
    return f"{whole[:half]}\N{HORIZONTAL ELLIPSIS}{whole[-half:]}"


def n_columns(text: str) -> int:
    """Columns that a terminal takes to show cleaned text: two for a wide character, none for a combining one."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(1 for char in text if unicodedata.combining(char))
