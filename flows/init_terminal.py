"""Questions in a terminal: Enter takes what is in brackets, what cannot be used is asked again."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from modelsearch.core.errors import InputError, OptionError

NOTHING = "-"
_T = TypeVar("_T")
_FACTORS = {"k": 1_000, "m": 1_000_000}


def ask(question: str, default: str, read: Callable[[str], _T]) -> _T:
    """The answer to a question, asked again as long as `read` refuses it.

    Raises:
        OptionError: standard input has ended.
    """
    while True:
        try:
            text = input(f"{question} [{default}]: " if default else f"{question}: ").strip() or default
        except EOFError:
            message = f"init: standard input ended at the question {question!r}: answer it, or give --yes"
            raise OptionError(message) from None
        try:
            if text:
                return read(text)
        except InputError as error:
            say(f"  {' '.join(str(error).split())}")


def say(*lines: str) -> None:
    """Lines for the person who answers."""
    sys.stdout.write("\n".join(lines) + "\n")


def is_yes(text: str) -> bool:
    """Whether somebody said yes.

    Raises:
        OptionError: neither yes nor no.
    """
    if text.lower() not in {"y", "yes", "n", "no"}:
        message = "answer y or n"
        raise OptionError(message)
    return text[:1].lower() == "y"


def listed(text: str) -> tuple[str, ...]:
    """Names by comma."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def count_of(text: str) -> int | None:
    """A whole number as people type it: 50000, 50,000, 50k, 2m; None for `-`.

    Raises:
        OptionError: it is none.
    """
    if text == NOTHING:
        return None
    bare = "".join(char for char in text.lower() if char not in ",_ '")
    factor = _FACTORS.get(bare[-1:], 1)
    digits = bare[:-1] if factor > 1 else bare
    if not (digits.isascii() and digits.isdigit() and int(digits)):
        message = f"expected a whole number such as 50000 or 50k, got {text!r}"
        raise OptionError(message)
    return int(digits) * factor


@contextlib.contextmanager
def completed(words: Sequence[str]) -> Iterator[None]:
    """Within it Tab completes these words, where the terminal can: any part of a word finds it."""
    try:
        import readline  # noqa: PLC0415 - not on every system
    except ImportError:
        yield
        return
    before = readline.get_completer(), readline.get_completer_delims()
    readline.set_completer(lambda text, state: _nth(words, text, state))
    readline.set_completer_delims("")
    readline.parse_and_bind("tab: complete")
    try:
        yield
    finally:
        readline.set_completer(before[0])
        readline.set_completer_delims(before[1])


def _nth(words: Sequence[str], text: str, state: int) -> str | None:
    """The words that begin so; where none does, those that hold it."""
    found = [word for word in words if word.startswith(text)] or [word for word in words if text in word]
    return found[state] if state < len(found) else None
