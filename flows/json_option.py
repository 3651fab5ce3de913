"""`--json` of every command: one JSON document on stdout and nothing else there; also of an error.

A command takes `as_json: Json = False` and ends with one call of `tell`, which prints its lines or its document:

    def plans(as_json: Json = False) -> None:
        found = ...
        tell(lines=[...], data={"plans": found}, is_json=as_json)

`data` is what `modelsearch` values are made of: dataclasses, mappings, sequences, Decimal, dates, paths. Its keys stand
at the top of the document, beside `command` and `json_version`; they are described in docs/json.md, which
tests/flows/test_json_contract.py holds every command to. Amounts of money are text, exact; what is not known is null.

While a command runs with `--json`, whatever else is written to stdout, by whomever, goes to stderr.
"""

import contextlib
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Annotated, Any, TypeAlias

import typer

from modelsearch.core.errors import FileWriteError, ModelsearchError

OPTION = "--json"
VERSION = 1
"""Of the documents; it changes when a key goes or changes its meaning, not when one is added."""
UNREAD = 141
"""Exit code where whoever read stdout went away, as `head` does: 128 + SIGPIPE, as of other programs."""
RESERVED = frozenset({"command", "json_version", "error"})
Write: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a command failed, for a program: `code` is stable, `message` is for people.

    Attributes:
        exit_code: of the process, as in docs/exit-codes.md.
    """

    code: str
    message: str
    exit_code: int


_command: ContextVar[str] = ContextVar("command", default="")
_write: ContextVar[Write | None] = ContextVar("write", default=None)


def note_command(context: Any) -> None:
    """Remember which command it is, from typer's context; None is let pass."""
    if context is not None:
        _command.set(context.command_path.partition(" ")[2])


def _note_command(context: typer.Context, value: bool) -> bool:
    note_command(context)
    return value


Json = Annotated[
    bool,
    typer.Option(OPTION, help="One JSON document on stdout, nothing else there.", callback=_note_command),
]


def tell(lines: Iterable[str], data: Mapping[str, Any], *, is_json: bool) -> None:
    """Print the lines for people, or for programs the document of `data`, which has no key of `RESERVED`."""
    if is_json:
        tell_json(data)
    else:
        _write_stdout("\n".join(lines) + "\n")


def tell_json(data: Mapping[str, Any]) -> None:
    """Print the document, where there are no lines to choose.

    Raises:
        ValueError: a key is the envelope's own.
    """
    taken = RESERVED & set(data)
    if taken:
        message = f"--json: {', '.join(sorted(taken))} belongs to the envelope: name it otherwise"
        raise ValueError(message)
    _put(_write.get() or _write_stdout, document(_command.get(), data))


def document(command: str, data: Mapping[str, Any]) -> str:
    """One line a key of the envelope, indented for people, ASCII only: no byte of it can move a terminal."""
    whole = {"command": command, "json_version": VERSION, **data}
    return json.dumps(plain(whole), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def failure_of(error: ModelsearchError) -> Failure:
    """The code is the error's class in words: KeyMissingError is key-missing."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()
    return Failure(code=words, message=" ".join(str(error).split()), exit_code=error.exit_code)


def tell_failure(failure: Failure) -> None:
    """Print the document of a command that failed."""
    write = _write.get() or _write_stdout
    told = {"code": failure.code, "exit_code": failure.exit_code, "message": failure.message}
    with contextlib.suppress(OSError):  # nobody reads it, or there is no room: stderr and the exit code tell
        write(document(_command.get(), {"error": told}))


def is_asked(arguments: Sequence[str]) -> bool:
    """Whether `--json` was typed: known before the arguments are read, for they may be wrong."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return OPTION in before


@contextlib.contextmanager
def claimed_stdout() -> Iterator[None]:
    """Keep stdout for the document: what else is written to it, here or in a child, goes to stderr.

    The command's name is unknown until its options are read; it is the empty text until then.
    """
    command, write = _command.set(""), None
    real = sys.stdout
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            write = _write.set(stack.enter_context(_kept(real)))
            yield
    finally:
        if write is not None:
            _write.reset(write)
        _command.reset(command)


@contextlib.contextmanager
def _kept(real: Any) -> Iterator[Write]:
    """A way to the stdout that was there before; its file descriptor leads to stderr meanwhile."""
    real.flush()
    try:
        descriptor = real.fileno()
    except (AttributeError, io.UnsupportedOperation):
        yield real.write
        return
    own = os.dup(descriptor)
    try:
        os.dup2(sys.stderr.fileno(), descriptor)
        yield lambda text: _write_all(own, text.encode())
    finally:
        sys.stderr.flush()
        os.dup2(own, descriptor)
        os.close(own)


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _write_stdout(text: str) -> None:
    _put(_echoed, text)


def _echoed(text: str) -> None:
    typer.echo(text, nl=False)
    sys.stdout.flush()


def _put(write: Write, text: str) -> None:
    """Write to stdout, which may be a pipe that nobody reads any more, or a full disk.

    Raises:
        FileWriteError: the disk does not take it.
    """
    try:
        write(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in a buffer would complain once more at the end
        raise typer.Exit(UNREAD) from None
    except OSError as error:
        message = f"stdout: cannot be written to ({error.strerror}): make room, or write somewhere else"
        raise FileWriteError(message) from error


def plain(value: Any) -> Any:
    """A value as JSON knows it: Decimal, dates and paths as text, sets sorted, what is not finite as null.

    Raises:
        TypeError: nothing of JSON stands for it.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _plain_whole(value)


def _plain_whole(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(part) for part in value)
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Decimal | date | PurePath):
        return str(value)
    if hasattr(value, "item"):  # numpy's numbers
        return plain(value.item())
    message = f"--json: nothing of JSON stands for a {type(value).__name__}"
    raise TypeError(message)
