"""A JSON object of a stranger's, read field by field: what is missing is None, what is of a wrong kind is told."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json

MAX_DEPTH = 40
"""Objects within objects of what is kept; items are flat, and deeper ones only harm whoever reads them again."""
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Fields:
    """One object, and where it stands, for messages."""

    values: Mapping[str, Any]
    where: str

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str | None:
        """A text; numbers and booleans as JSON writes them.

        Raises:
            LogFileError: a list or an object.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return None if value is None else readable(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return str(value)
        raise self.wrong(name, "a text", value)

    def needed_text(self, name: str) -> str:
        """A text that must be there, not empty.

        Raises:
            LogFileError: it is not.
        """
        value = self.text(name)
        if value is None or value == "":
            raise LogFileError(f"{self.where}: no {name!r}: expected a text; it has {self.names}")
        return value

    def number(self, name: str) -> float | None:
        """A finite number; None where there is none, or it is NaN. Text of a number counts, as CSV files hold it.

        Raises:
            LogFileError: no number, or infinite.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.wrong(name, "a number", value)
        try:
            found = float(value)
        except (ValueError, OverflowError):
            raise self.wrong(name, "a number", value) from None
        if math.isinf(found):
            raise self.wrong(name, "a finite number", value)
        return None if math.isnan(found) else found

    def amount(self, name: str) -> float | None:
        """A number >= 0; None where there is none.

        Raises:
            LogFileError: negative, or no number.
        """
        found = self.number(name)
        if found is not None and found < 0:
            raise self.wrong(name, "a number >= 0", found)
        return found

    def count(self, name: str) -> int | None:
        """A whole number >= 0; None where there is none.

        Raises:
            LogFileError: negative, or no number.
        """
        found = self.amount(name)
        return None if found is None else int(found)

    def within(self, name: str) -> "Fields":
        """An object; empty where there is none.

        Raises:
            LogFileError: it is something else.
        """
        value = self.values.get(name)
        if value is None:
            return Fields({}, f"{self.where}: {name}")
        if not isinstance(value, Mapping):
            raise self.wrong(name, "an object", value)
        return Fields(value, f"{self.where}: {name}")

    def each(self, name: str) -> Iterator["Fields"]:
        """The objects of a list; none where there is no list.

        Raises:
            LogFileError: no list, or one of something else.
        """
        for number, value in enumerate(self.values_of(name), start=1):
            where = f"{self.where}: {name}[{number}]"
            if not isinstance(value, Mapping):
                raise LogFileError(f"{where}: expected an object, got {shown(value)}")
            yield Fields(value, where)

    def values_of(self, name: str) -> Sequence[Any]:
        """A list; empty where there is none.

        Raises:
            LogFileError: something else.
        """
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return value

    @property
    def names(self) -> str:
        """What it has, short."""
        return shown(", ".join(map(str, self.values)) or "nothing")

    def wrong(self, name: str, expected: str, value: object) -> LogFileError:
        """The error of a field that holds what it may not."""
        return LogFileError(f"{self.where}: {name}: expected {expected}, got {shown(value)}")


def fields_of(value: object, where: str) -> Fields:
    """An object, or the error that it is none.

    Raises:
        LogFileError: it is something else.
    """
    if not isinstance(value, Mapping):
        raise LogFileError(f"{where}: expected an object, got {shown(value)}")
    return Fields(value, where)


def plain(value: Any, where: str, depth: int = 0) -> Json:
    """A value as JSON that every reader takes: no NaN, no half of a surrogate pair, not nested without end.

    Raises:
        LogFileError: deeper than `MAX_DEPTH`, or a number that JSON does not have.
    """
    if depth > MAX_DEPTH:
        raise LogFileError(f"{where}: nested more than {MAX_DEPTH} deep: leave it out")
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise LogFileError(f"{where}: {value} is not a value: leave the item out or give a number")
    if isinstance(value, Mapping):
        return {readable(str(name)): plain(part, where, depth + 1) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, where, depth + 1) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise LogFileError(f"{where}: expected a text, a number, a list or an object, got {type(value).__name__}")


def readable(text: str) -> str:
    """The text with halves of surrogate pairs and NUL replaced: no file or provider would take them."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def shown(value: object) -> str:
    """In ASCII, without control characters, and short: it goes to terminals and logs."""
    text = ascii(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def unpacked(value: Any) -> Any:
    """JSON within a text, as CSV and some exports hold it; else the value."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{", '"'}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
