"""Text of strangers as comments and values of other languages: one line, nothing invisible, nothing that ends it."""

import unicodedata
from collections.abc import Iterable

from modelsearch.core.errors import OptionError

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that never reach a file: control, format, surrogates, private, unassigned, line separators."""


def one_line(text: str) -> str:
    """Visible characters on one line; white space is one space."""
    spaced = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in INVISIBLE).split())


def commented(lines: Iterable[str], mark: str = "# ") -> str:
    """Lines as comments, each closed by a line end."""
    return "".join(f"{mark}{one_line(line)}".rstrip() + "\n" for line in lines)


def env_value(text: str) -> str:
    """A value of a .env file, between double quotes where it is more than a plain word; one line.

    Raises:
        OptionError: it holds what shells, Docker Compose and python-dotenv each read in their own way.
    """
    plain = one_line(text)
    if plain and plain.isascii() and all(char.isalnum() or char in "-_./:@+," for char in plain):
        return plain
    if set(plain) & set("\\\"'$`"):
        raise OptionError(f"export --format env: {plain!r} cannot be written so that all tools read it alike: use json")
    return f'"{plain}"'
