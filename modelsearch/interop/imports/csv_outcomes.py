"""A table of past outcomes of one's own: CSV, TSV or JSON lines, a row a model and item.

Columns go by their usual names; others are named with `--column FIELD=COLUMN`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from modelsearch.core.errors import LogFileError, OptionError
from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import Fields, plain, shown
from modelsearch.interop.importers import Importer
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedItem, LoggedOutcome, Wanted
from modelsearch.interop.reading import files_of, rows_of
from modelsearch.interop.turns import chat_turns

PATTERNS = ("*.csv", "*.tsv", "*.jsonl")
KNOWN: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_name", "model_id", "provider_model", "endpoint", "candidate"),
    "item": ("item", "item_id", "id", "question_id", "example_id", "sample_id", "test_id"),
    "input": ("input", "question", "text", "message"),
    "prompt": ("prompt", "messages"),
    "target": ("target", "gold", "expected", "label", "reference", "ground_truth"),
    "answer": ("answer", "output", "response", "prediction", "completion", "reply"),
    "score": ("score", "correct", "is_correct", "pass", "passed", "success", "accuracy"),
    "status": ("status",),
    "repeat": ("repeat", "epoch", "trial", "run"),
    "cost_usd": ("cost_usd", "cost", "spend"),
    "latency_s": ("latency_s", "latency"),
    "latency_ms": ("latency_ms", "latencyMs", "duration_ms"),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
}
"""What a column holds, by its usual names."""
_RIGHT = {"true": 1.0, "yes": 1.0, "pass": 1.0, "passed": 1.0, "correct": 1.0, "c": 1.0}
_WRONG = {"false": 0.0, "no": 0.0, "fail": 0.0, "failed": 0.0, "incorrect": 0.0, "wrong": 0.0, "i": 0.0}
_SCORES = {**_RIGHT, **_WRONG}


@dataclass
class _Table:
    """What is read so far."""

    columns: Mapping[str, str]
    wanted: Wanted
    items: dict[str, LoggedItem] = field(default_factory=dict)
    outcomes: list[LoggedOutcome] = field(default_factory=list)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The rows of the files, together.

    Raises:
        LogFileError: a file that cannot be read, columns that are missing, or a value that is none.
        OptionError: a column was named that no field is.
    """
    unknown = [name for name in wanted.columns if name not in KNOWN]
    if unknown:
        raise OptionError(f"--column: expected one of {', '.join(KNOWN)} before the `=`, got {unknown[0]!r}")
    paths = files_of(given, PATTERNS)
    rows = [row for path in paths for row in rows_of(path)]
    if not rows:
        raise LogFileError(f"{paths[0]}: no rows")
    names = list(dict.fromkeys(str(name) for row in rows for name in row.values))
    table = _Table(columns=_columns(names, wanted, paths[0]), wanted=wanted)
    for row in rows:
        _take(table, row)
    ignored = [name for name in names if name not in table.columns.values()]
    return Evaluation(
        tool="CSV",
        name=paths[0].stem,
        items=tuple(table.items.values()),
        outcomes=tuple(table.outcomes),
        left_out=tuple(
            LeftOut(1, f"column {name}", "no field of an outcome; name it with --column") for name in ignored
        ),
    )


def _columns(names: Sequence[str], wanted: Wanted, path: Path) -> dict[str, str]:
    """The column of each field that there is."""
    missing = [column for column in wanted.columns.values() if column not in names]
    if missing:
        raise OptionError(f"--column: {path} has no column {missing[0]!r}; it has {', '.join(names)}")
    lower = {name.strip().lower(): name for name in names}
    found = {what: lower[usual] for what, known in KNOWN.items() for usual in reversed(known) if usual in lower}
    found |= wanted.columns
    if "item" not in found and not {"input", "prompt"} & set(found):
        raise LogFileError(
            f"{path}: no column of items: expected one of {', '.join(KNOWN['item'])}; it has {', '.join(names)}"
        )
    if not {"score", "answer"} & set(found):
        raise LogFileError(f"{path}: expected a column `score` or `answer`; it has {', '.join(names)}")
    return found


def _take(table: _Table, row: Fields) -> None:
    told = Fields({what: row.values.get(column) for what, column in table.columns.items()}, row.where)
    model = told.text("model") or table.wanted.model
    if not model:
        raise LogFileError(f"{row.where}: no model: name it with --model, or its column with --column model=COLUMN")
    item = _item(told)
    known = table.items.setdefault(item.id, item)
    if item.target is not None and known.target is None:
        known = table.items[item.id] = item
    if item.target is not None and known.target != item.target:
        raise LogFileError(f"{row.where}: item {shown(item.id)} has another target than before: {shown(item.target)}")
    table.outcomes.append(_outcome(told, model, item.id, table.seen))


def _item(told: Fields) -> LoggedItem:
    prompt = told.text("prompt")
    turns = chat_turns(prompt) if prompt else ()
    asked = told.text("input") or (turns[-1].text if turns else None)
    item_id = told.text("item") or asked or ""
    if not item_id:
        raise LogFileError(f"{told.where}: no item: expected an id or an input")
    target: Json = plain(told.values.get("target"), told.where)
    return LoggedItem(
        id=item_id, fields={"input": asked or item_id}, target=None if target == "" else target, turns=turns
    )


def _outcome(told: Fields, model: str, item_id: str, seen: Counter[tuple[str, str]]) -> LoggedOutcome:
    """Rows of one model and item are its repeats, in the file's order where no column tells them."""
    repeat = told.count("repeat")
    if repeat is None:
        repeat = seen[model, item_id]
    seen[model, item_id] += 1
    status = _status(told)
    cost_usd, latency_ms = told.amount("cost_usd"), told.amount("latency_ms")
    latency_s = told.amount("latency_s")
    if latency_s is None and latency_ms is not None:
        latency_s = latency_ms / 1000
    is_ok = status not in {Status.ERROR, Status.TIMEOUT, Status.NOT_RUN}
    return LoggedOutcome(
        model=model,
        item_id=item_id,
        repeat=repeat,
        status=status,
        answer=told.text("answer") if is_ok else None,
        score=_score(told) if is_ok else None,
        cost_usd=None if cost_usd is None else Decimal(str(cost_usd)),
        latency_s=latency_s,
        input_tokens=told.count("input_tokens"),
        output_tokens=told.count("output_tokens"),
    )


def _status(told: Fields) -> Status:
    text = (told.text("status") or Status.OK.value).lower()
    known = {"success": Status.OK, "": Status.OK, "failed": Status.ERROR, "failure": Status.ERROR}
    try:
        return known.get(text) or Status(text)
    except ValueError:
        raise told.wrong("status", f"one of {', '.join(Status)}", text) from None


def _score(told: Fields) -> float | None:
    text = told.text("score")
    if text is not None and text.strip().lower() in _SCORES:
        return _SCORES[text.strip().lower()]
    score = told.number("score")
    if score is not None and not 0.0 <= score <= 1.0:
        raise told.wrong("score", "a number in [0, 1], true or false, pass or fail", text)
    return score


IMPORTER = Importer(
    name="csv",
    told="A table of past outcomes: CSV, TSV or JSON lines, a row a model and item.",
    patterns=PATTERNS,
    read=read,
)
