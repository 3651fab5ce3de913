"""OpenAI evals: the record that `oaieval` writes (a line an event), and output items of the Evals API.

Of a record, a sample's `match` says right or wrong, else its `metrics` a number; the first `sampling` is the model's.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.fields import Fields, plain
from modelsearch.interop.importers import Importer
from modelsearch.interop.imports.openai_output_items import is_output_item, output_items
from modelsearch.interop.logged import (
    Evaluation,
    LeftOut,
    LoggedItem,
    LoggedOutcome,
    Reported,
    ScoredWith,
    Turn,
    Wanted,
)
from modelsearch.interop.reading import files_of, rows_of
from modelsearch.interop.recount import recounted
from modelsearch.interop.turns import turns_of

PATTERNS = ("*.jsonl", "*.json")
ACCURACY = "accuracy"
_CONTAINS = ScorerSpec(name="contains", params={"mode": "any", "casefold": False})
_EXACT = ScorerSpec(name="exact")


@dataclass
class _Record:
    """One run: its head, its events by sample, its report."""

    path: Path
    spec: Fields
    events: dict[str, list[Fields]] = field(default_factory=lambda: defaultdict(list))
    report: Fields | None = None

    @property
    def model(self) -> str:
        functions = self.spec.values_of("completion_fns")
        return str(functions[0]) if functions else self.spec.text("model_name") or "model"

    @property
    def name(self) -> str:
        return self.spec.text("base_eval") or self.spec.text("eval_name") or self.path.stem


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The runs of one eval.

    Raises:
        LogFileError: a file that is none of these, or runs of several evals.
    """
    paths = files_of(given, PATTERNS)
    by_path = {path: rows_of(path) for path in paths}
    if all(rows and is_output_item(rows[0]) for rows in by_path.values()):
        return output_items([row for rows in by_path.values() for row in rows], wanted)
    records = [_record(path, rows) for path, rows in by_path.items()]
    names = sorted({record.name for record in records})
    chosen = wanted.task or names[0]
    if chosen not in names or (len(names) > 1 and not wanted.task):
        raise LogFileError(f"the records are of the evals {', '.join(names)}: choose one with --task")
    return _evaluation([record for record in records if record.name == chosen], wanted)


def _record(path: Path, rows: Sequence[Fields]) -> _Record:
    heads = [row.within("spec") for row in rows if "spec" in row]
    if len(heads) != 1:
        raise LogFileError(f"{path}: expected one line with `spec`, as oaieval writes first, got {len(heads)}")
    record = _Record(path=path, spec=heads[0])
    for row in rows:
        if "final_report" in row:
            record.report = row.within("final_report")
        elif "type" in row:
            record.events[row.needed_text("sample_id")].append(row)
    return record


def _evaluation(records: Sequence[_Record], wanted: Wanted) -> Evaluation:
    items: dict[str, LoggedItem] = {}
    outcomes: list[LoggedOutcome] = []
    reported: list[Reported] = []
    left_out: list[LeftOut] = []
    for record in records:
        own = [_outcome(record, sample, events, wanted) for sample, events in record.events.items()]
        for sample, events in record.events.items():
            item = _item(sample, events)
            if items.setdefault(sample, item).turns != item.turns:
                raise LogFileError(
                    f"{record.path}: sample {sample!r} is another one than before: import runs of one eval"
                )
        n_silent = sum(o.score is None and o.status is Status.OK for o in own)
        left_out += [LeftOut(n_silent, f"scores of {record.model}", "neither `match` nor a metric")] if n_silent else []
        reported += _reported(record, own, wanted)
        outcomes += own
    return Evaluation(
        tool="OpenAI evals",
        name=records[0].name,
        items=tuple(items.values()),
        outcomes=tuple(outcomes),
        scored_with=_scored_with(records[0]),
        reported=tuple(reported),
        left_out=tuple(left_out),
    )


def _of(events: Sequence[Fields], kind: str) -> list[Fields]:
    return [event.within("data") for event in events if event.text("type") == kind]


def _item(sample: str, events: Sequence[Fields]) -> LoggedItem:
    sampling, matches = _of(events, "sampling"), _of(events, "match")
    turns: tuple[Turn, ...] = (turns_of(sampling[0].values.get("prompt")) or ()) if sampling else ()
    target: Json = plain(matches[0].values.get("expected"), matches[0].where) if matches else None
    asked = next((turn.text for turn in reversed(turns) if turn.role == "user"), turns[-1].text if turns else sample)
    return LoggedItem(id=sample, fields={"input": asked}, target=None if target in ("", []) else target, turns=turns)


def _outcome(record: _Record, sample: str, events: Sequence[Fields], wanted: Wanted) -> LoggedOutcome:
    sampling = _of(events, "sampling")
    is_error = not sampling or any(event.text("type") == "error" for event in events)
    usage = sampling[0].within("usage") if sampling else Fields({}, "")
    return LoggedOutcome(
        model=record.model,
        item_id=sample,
        status=Status.ERROR if is_error else Status.OK,
        answer=None if is_error else _sampled(sampling[0].values.get("sampled")),
        score=None if is_error else _score(events, wanted),
        input_tokens=usage.count("prompt_tokens"),
        output_tokens=usage.count("completion_tokens"),
    )


def _sampled(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def _score(events: Sequence[Fields], wanted: Wanted) -> float | None:
    matches = _of(events, "match")
    if matches and wanted.score in ("", ACCURACY):
        return 1.0 if matches[-1].text("correct") == "true" else 0.0
    for metrics in _of(events, "metrics"):
        name = wanted.score or (ACCURACY if ACCURACY in metrics else "score")
        value = metrics.values.get(name)
        number = float(value) if isinstance(value, bool) else metrics.number(name)
        if number is not None:
            if not 0.0 <= number <= 1.0:
                raise metrics.wrong(name, "a score in [0, 1]; choose another with --score", number)
            return number
    return None


def _reported(record: _Record, own: Sequence[LoggedOutcome], wanted: Wanted) -> Iterator[Reported]:
    value = record.report.number(wanted.score or ACCURACY) if record.report is not None else None
    if value is not None:
        again, why = recounted(own)
        yield Reported(model=record.model, metric=wanted.score or ACCURACY, value=value, recomputed=again, why=why)


def _scored_with(record: _Record) -> ScoredWith:
    """`Match` takes what begins with the expected text, `Includes` what holds it; both are held against the scores."""
    settings: Mapping[str, Any] = record.spec.within("run_config").within("eval_spec").values
    cls = str(settings.get("cls", ""))
    kind = re.split(r"[:.]", cls)[-1] if cls else record.name
    is_graded = "modelgraded" in cls or "ModelBased" in cls
    return ScoredWith(name=kind, equals=() if is_graded else (_EXACT, _CONTAINS), is_model=is_graded)


IMPORTER = Importer(
    name="openai-evals",
    told="Records of OpenAI evals (oaieval), or output items of its Evals API (JSON or JSON lines).",
    patterns=PATTERNS,
    read=read,
)
