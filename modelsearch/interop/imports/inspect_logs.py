"""Inspect's logs: `.eval` (a zip of JSON, zstd or deflated) and `.json`.

What counts as an answer's score, and how epochs are reduced, is Inspect's own (inspect_ai.scorer, 0.3.285): C is 1, P
is 1/2, I and N are 0, other numbers and booleans are themselves; `accuracy` and `mean` are means over items.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import Fields, fields_of, plain, shown
from modelsearch.interop.importers import Importer
from modelsearch.interop.imports.inspect_scorers import scored_with
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedItem, LoggedOutcome, Reported, Wanted
from modelsearch.interop.reading import files_of, json_value, text_of
from modelsearch.interop.recount import recounted
from modelsearch.interop.turns import turns_of

PATTERNS = ("*.eval",)
_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_STATUSES = {"content_filter": Status.REFUSED, "max_tokens": Status.TRUNCATED, "model_length": Status.TRUNCATED}
_TIMES = frozenset({"time", "working"})
_MEANS = frozenset({"accuracy", "mean"})


@dataclass
class _Log:
    """One log: a model on a task."""

    path: Path
    header: Fields
    score: str = ""
    items: dict[str, LoggedItem] = field(default_factory=dict)
    outcomes: list[LoggedOutcome] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def eval(self) -> Fields:
        return self.header.within("eval")

    @property
    def task(self) -> str:
        """Its name, without the package that it came from."""
        return self.eval.needed_text("task")

    @property
    def model(self) -> str:
        return self.eval.needed_text("model")


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The logs of one task.

    Raises:
        LogFileError: no logs, of several tasks, or one that cannot be read.
    """
    logs = [_read_log(path, wanted) for path in files_of(given, PATTERNS)]
    tasks = sorted({log.task for log in logs})
    chosen = wanted.task or tasks[0]
    if chosen not in tasks or (len(tasks) > 1 and not wanted.task):
        raise LogFileError(f"the logs are of the tasks {', '.join(tasks)}: choose one with --task")
    used = [log for log in logs if log.task == chosen]
    skipped = [LeftOut(1, f"log {log.path.name}", f"of task {log.task}") for log in logs if log.task != chosen]
    return _evaluation(used, skipped)


def _evaluation(logs: Sequence[_Log], skipped: Sequence[LeftOut]) -> Evaluation:
    first = logs[0]
    items: dict[str, LoggedItem] = {}
    for log in logs:
        for item in log.items.values():
            known = items.setdefault(item.id, item)
            items[item.id] = known if known.turns else item
            if known.fields != item.fields or known.target != item.target:
                raise LogFileError(
                    f"{log.path}: sample {shown(item.id)} is another one than in {first.path}: "
                    "import logs of equal samples"
                )
    counted = Counter[tuple[str, str]]()
    for log in logs:
        counted.update(log.left_out)
    config = first.eval.within("model_generate_config")
    settings = {name: value for name in ("temperature", "max_tokens") if (value := config.number(name)) is not None}
    version = first.eval.within("packages").text("inspect_ai") or ""
    return Evaluation(
        tool=f"Inspect {version}".strip(),
        name=first.task.rsplit("/", 1)[-1],
        items=tuple(items.values()),
        outcomes=tuple(outcome for log in logs for outcome in log.outcomes),
        scored_with=scored_with(first.eval, first.score),
        reported=tuple(figure for log in logs for figure in _reported(log)),
        left_out=(*skipped, *(LeftOut(n, what, why) for (what, why), n in counted.items())),
        notes=tuple(note for log in logs for note in _notes(log)),
        settings=settings,
    )


def _read_log(path: Path, wanted: Wanted) -> _Log:
    if path.suffix.lower() == ".json":
        whole = fields_of(json_value(text_of(path), str(path)), str(path))
        log = _Log(path=path, header=_checked(whole))
        samples: Iterator[Fields] = whole.each("samples")
        log.score = _chosen_score(log, wanted)
        _take(log, samples)
        return log
    from modelsearch.store.zip_members import zip_members  # noqa: PLC0415 - late: the command line needs no pyarrow

    with zip_members(path) as members:
        if "header.json" not in members.names:
            raise LogFileError(f"{path}: no header.json: the evaluation did not end: run `inspect eval-retry` on it")
        where = f"{path}: header.json"
        log = _Log(path=path, header=_checked(fields_of(json_value(members.read("header.json"), where), where)))
        log.score = _chosen_score(log, wanted)
        names = [name for name in members.names if name.startswith("samples/") and name.endswith(".json")]
        _take(log, (fields_of(json_value(members.read(n), f"{path}: {n}"), f"{path}: {n}") for n in sorted(names)))
        return log


def _checked(header: Fields) -> Fields:
    if "eval" not in header:
        raise LogFileError(f"{header.where}: expected an Inspect log with `eval`; it has {header.names}")
    return header


def _chosen_score(log: _Log, wanted: Wanted) -> str:
    """The score that counts: the one asked for, else Inspect's headline, else the first."""
    results = log.header.within("results")
    names = [score.needed_text("name") for score in results.each("scores")]
    if wanted.score and wanted.score not in names:
        raise LogFileError(f"{log.path}: --score: expected one of {', '.join(names) or '(none)'}, got {wanted.score!r}")
    headline = results.within("headline").text("score")
    chosen = wanted.score or headline or (names[0] if names else "")
    others = [name for name in names if name != chosen]
    for other in others:
        log.left_out[(f"score {other}", f"{chosen} counts; choose with --score")] += 1
    return chosen if names else ""


def _take(log: _Log, samples: Iterator[Fields]) -> None:
    for sample in samples:
        item = _item(sample)
        if item is None:
            log.left_out["samples", "their input is no text (images, tools' calls)"] += 1
            continue
        known = log.items.setdefault(item.id, item)
        log.items[item.id] = known if known.turns else item
        log.outcomes.append(_outcome(log, sample, item.id))
    if not log.outcomes:
        raise LogFileError(f"{log.path}: no sample that can be used: was it run with --no-log-samples?")


def _item(sample: Fields) -> LoggedItem | None:
    """The sample; its prompt is what was sent before the first answer, if it came to one."""
    asked = turns_of(sample.values.get("input"))
    if asked is None:
        return None
    sent = []
    for message in sample.values_of("messages"):
        if isinstance(message, Mapping) and message.get("role") == "assistant" and message.get("source") != "input":
            break
        sent.append(message)
    is_sent = bool(sent) and len(sent) < len(sample.values_of("messages"))
    target = plain(sample.values.get("target"), f"{sample.where}: target")
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    text = sample.values.get("input")
    shown_text = text if isinstance(text, str) else asked[-1].text
    return LoggedItem(
        id=sample.needed_text("id"),
        fields={"input": plain(shown_text, sample.where)},
        target=None if target in ("", []) else target,
        turns=(turns_of(sent) or ()) if is_sent else (),
        options=tuple(str(choice) for choice in sample.values_of("choices")),
    )


def _outcome(log: _Log, sample: Fields, item_id: str) -> LoggedOutcome:
    output = sample.within("output")
    usage = sample.within("model_usage").within(log.model)
    status = _status(sample, output)
    cost_usd = usage.amount("total_cost")
    cached = sum(usage.count(f"input_tokens_cache_{kind}") or 0 for kind in ("read", "write"))
    read_tokens = usage.count("input_tokens")
    is_answered = status not in {Status.ERROR, Status.TIMEOUT}
    return LoggedOutcome(
        model=log.model,
        item_id=item_id,
        repeat=(sample.count("epoch") or 1) - 1,
        status=status,
        answer=output.text("completion") if is_answered else None,
        score=_score(log, sample) if is_answered else None,
        cost_usd=None if cost_usd is None else Decimal(str(cost_usd)),
        latency_s=(output.amount("time") if _is_one_call(sample) else sample.amount("working_time")),
        input_tokens=None if read_tokens is None else read_tokens + cached,
        output_tokens=usage.count("output_tokens"),
    )


def _is_one_call(sample: Fields) -> bool:
    roles = [
        m.get("role") for m in sample.values_of("messages") if isinstance(m, Mapping) and m.get("source") != "input"
    ]
    return roles.count("assistant") == 1


def _status(sample: Fields, output: Fields) -> Status:
    if "error" in sample:
        return Status.ERROR
    limit = sample.within("limit").text("type")
    if limit in _TIMES and "completion" not in output:
        return Status.TIMEOUT
    choices = list(output.each("choices"))
    if not choices:
        return Status.ERROR
    return _STATUSES.get(choices[0].text("stop_reason") or "", Status.OK)


def _score(log: _Log, sample: Fields) -> float | None:
    """The sample's value of the score that counts; None where it was not scored."""
    scores = sample.within("scores")
    if log.score not in scores:
        return None
    value = score_value(scores.within(log.score).values.get("value"))
    if value is None:
        log.left_out[f"scores {log.score}", "no number, letter or boolean: kept as unscored"] += 1
    elif not 0.0 <= value <= 1.0:
        raise LogFileError(
            f"{sample.where}: score {log.score}: expected a value in [0, 1], got {value:g}: choose another with --score"
        )
    return value


def score_value(value: Any) -> float | None:
    """A score's value as a number; None where it is none (NaN is Inspect's word for unscored)."""
    if isinstance(value, str):
        found = _LETTERS.get(value, _LETTERS.get(value.lower()))
        if found is not None:
            return found
    if isinstance(value, bool | int | float | str):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if number == number else None  # noqa: PLR0124 - NaN alone is unlike itself
    return None


def _reported(log: _Log) -> Iterator[Reported]:
    """The figures that Inspect prints for the score that counts, each made again."""
    for score in log.header.within("results").each("scores"):
        if score.text("name") != log.score:
            continue
        reducer = score.text("reducer") or "mean"
        for metric in (fields_of(value, score.where) for value in score.within("metrics").values.values()):
            value, name = metric.number("value"), metric.needed_text("name").rsplit("/", 1)[-1]
            if value is None or name not in _MEANS:
                continue
            again, why = recounted(log.outcomes, reducer)
            yield Reported(model=log.model, metric=name, value=value, recomputed=again, why=why)


def _notes(log: _Log) -> Iterator[str]:
    status = log.header.text("status")
    if status != "success":
        yield f"{log.path.name}: Inspect says the evaluation ended as {shown(status)}: it may be incomplete"
    if log.header.text("invalidated") == "true":
        yield f"{log.path.name}: Inspect says that the log was invalidated"


IMPORTER = Importer(
    name="inspect",
    told="Logs of Inspect (.eval or .json), one or several models of one task.",
    patterns=PATTERNS,
    read=read,
)
