"""An export of outcomes: JSON lines that anybody can read before sending them, and that are refused unless they are so.

head, then for each task a line, for each model on it a line, and for each of its items a line where items are told.
No text, no answers, no ids of tasks or items but salted hashes. Every line has a type and no unknown field.
"""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from modelsearch.core.errors import OutcomesFileError

FORMAT: Final = "modelsearch outcomes"
VERSION: Final = 1
MAX_BYTES, MAX_LINE_BYTES, MAX_LINES = 200_000_000, 4_000, 1_000_000
MAX_TASKS, MAX_MODELS = 500, 20_000
_HASH = re.compile(r"[0-9a-f]{16,64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+()-]{0,199}")
_KIND = re.compile(r"[a-z0-9_-]{0,40}")
_MAX_USD, _MAX_TOKENS, _MAX_PARAMS_B = 1_000.0, 10_000_000, 100_000.0


class Head(msgspec.Struct, tag="head", forbid_unknown_fields=True, frozen=True):
    """First line. `project` is a hash of the exporter's salt; `privacy` says what was left out, in words."""

    format: str
    version: int
    project: str
    exported_at: str
    privacy: str


class TaskLine(msgspec.Struct, tag="task", forbid_unknown_fields=True, frozen=True):
    """A task; input_tokens is its mean length, None = unknown."""

    id: str
    kind: str
    n_labels: int
    input_tokens: float | None


class ModelLine(msgspec.Struct, tag="model", forbid_unknown_fields=True, frozen=True):
    """A model on a task: mean score over n items, with the scale of the noise added on purpose (Laplace; 0 = none)."""

    task: str
    name: str
    params_b: float | None
    usd_per_mtok: float | None
    n_items: int
    quality: float
    noise_scale: float
    cost_usd: float | None


class ItemLine(msgspec.Struct, tag="item", forbid_unknown_fields=True, frozen=True):
    """A model on an item."""

    task: str
    model: str
    item: str
    score: float
    cost_usd: float | None
    tokens_in: int | None
    tokens_out: int | None


Line = Head | TaskLine | ModelLine | ItemLine
_DECODER = msgspec.json.Decoder(Line)


def lines_of(path: Path) -> Iterator[Line]:
    """Each line of an export, checked on its own; nothing is kept in memory.

    Raises:
        OutcomesFileError: too large, no export, or a line that no export has: number of the line, what, what it got.
    """
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MAX_BYTES or not path.is_file():
            raise OutcomesFileError(f"{path}: {n_bytes} bytes; an export is a file of at most {MAX_BYTES}")
        with path.open("rb") as file:
            for number in range(1, MAX_LINES + 2):
                text = file.readline(MAX_LINE_BYTES + 1)
                if not text:
                    return
                if number > MAX_LINES:
                    raise OutcomesFileError(f"{path}: more than {MAX_LINES} lines; ask for fewer tasks an export")
                yield _line(text, f"{path}, line {number}")
    except OSError as error:
        raise OutcomesFileError(f"{path}: cannot be read: {error.strerror}") from error


def line_bytes(line: Line) -> bytes:
    """A line as it is written."""
    return msgspec.json.encode(line) + b"\n"


def _line(text: bytes, where: str) -> Line:
    if len(text) > MAX_LINE_BYTES:
        raise OutcomesFileError(f"{where}: longer than {MAX_LINE_BYTES} bytes")
    try:
        line: Line = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OutcomesFileError(f"{where}: no line of an export of outcomes: {error}") from error
    _CHECKS[type(line)](line, where)
    return line


def _check_head(line: Head, where: str) -> None:
    if line.format != FORMAT or line.version != VERSION:
        raise OutcomesFileError(f"{where}: expected {FORMAT!r} version {VERSION}, got {line.format!r} {line.version}")
    _matches(_HASH, line.project, "project", where)
    if len(line.privacy) > 1_000 or not line.privacy.isprintable() or len(line.exported_at) > 40:
        raise OutcomesFileError(f"{where}: privacy and exported_at must be short plain text")


def _check_task(line: TaskLine, where: str) -> None:
    _matches(_HASH, line.id, "id", where)
    _matches(_KIND, line.kind, "kind", where)
    _within(line.n_labels, 0, 100_000, "n_labels", where)
    _within(line.input_tokens, 0, _MAX_TOKENS, "input_tokens", where)


def _check_model(line: ModelLine, where: str) -> None:
    _matches(_HASH, line.task, "task", where)
    _matches(_NAME, line.name, "name", where)
    _within(line.params_b, 0, _MAX_PARAMS_B, "params_b", where)
    _within(line.usd_per_mtok, 0, _MAX_USD * 100, "usd_per_mtok", where)
    _within(line.n_items, 1, MAX_LINES, "n_items", where)
    _within(line.quality, 0, 1, "quality", where)
    _within(line.noise_scale, 0, 1, "noise_scale", where)
    _within(line.cost_usd, 0, _MAX_USD, "cost_usd", where)


def _check_item(line: ItemLine, where: str) -> None:
    for value, field in ((line.task, "task"), (line.item, "item")):
        _matches(_HASH, value, field, where)
    _matches(_NAME, line.model, "model", where)
    _within(line.score, 0, 1, "score", where)
    _within(line.cost_usd, 0, _MAX_USD, "cost_usd", where)
    _within(line.tokens_in, 0, _MAX_TOKENS, "tokens_in", where)
    _within(line.tokens_out, 0, _MAX_TOKENS, "tokens_out", where)


def _matches(pattern: re.Pattern[str], value: str, field: str, where: str) -> None:
    if pattern.fullmatch(value) is None:
        raise OutcomesFileError(f"{where}: {field}: expected {pattern.pattern}, got {value[:60]!r}")


def _within(value: float | None, low: float, high: float, field: str, where: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise OutcomesFileError(f"{where}: {field}: expected {low:g} to {high:g}, got {value!r}")


_CHECKS: Final[dict[type, Callable[[Any, str], None]]] = {
    Head: _check_head,
    TaskLine: _check_task,
    ModelLine: _check_model,
    ItemLine: _check_item,
}
