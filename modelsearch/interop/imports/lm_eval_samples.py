"""lm-evaluation-harness: what `--log_samples` writes, with the `results_*.json` beside it.

A sample file has a line for each document and filter. Generated answers are kept as they came; where the harness
compared log-probabilities of options, the answer is the option of the highest one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.fields import Fields, fields_of, plain, shown
from modelsearch.interop.importers import Importer
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
from modelsearch.interop.reading import files_of, json_lines, json_value, text_of
from modelsearch.interop.recount import recounted
from modelsearch.interop.turns import chat_turns

PATTERNS = ("samples_*.jsonl",)
_NAME = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d.:-]+)\.jsonl")
_ASKED = "Answer with the letter of the right option."
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class _File:
    """A sample file: a model on a task."""

    path: Path
    wanted: Wanted

    @property
    def task(self) -> str:
        named = _NAME.fullmatch(self.path.name)
        return named["task"] if named else self.path.stem

    @cached_property
    def results(self) -> Fields:
        """The results of the same run; empty where they are not beside it."""
        named = _NAME.fullmatch(self.path.name)
        beside = sorted(self.path.parent.glob("results_*.json"))
        same = [path for path in beside if named and named["date"] in path.name] or beside[-1:]
        if not same:
            return Fields({}, str(self.path))
        return fields_of(json_value(text_of(same[0]), str(same[0])), str(same[0]))

    @property
    def model(self) -> str:
        """As the results say, else as the user says, else the folder's name."""
        told = self.results.text("model_name") or self.results.within("config").within("model_args").text("model")
        return told or self.wanted.model or self.path.parent.name or "model"

    @property
    def config(self) -> Fields:
        return self.results.within("configs").within(self.task)

    @cached_property
    def rows(self) -> tuple[Fields, ...]:
        """The lines of the filter and metric that count."""
        return tuple(json_lines(self.path))


@dataclass
class _Read:
    """What is read of the files so far."""

    items: dict[str, LoggedItem] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    outcomes: list[LoggedOutcome] = field(default_factory=list)
    reported: list[Reported] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The sample files of one task.

    Raises:
        LogFileError: no files, of several tasks, or one that cannot be read.
    """
    files = [_File(path, wanted) for path in files_of(given, PATTERNS)]
    tasks = sorted({file.task for file in files})
    chosen = wanted.task or tasks[0]
    if chosen not in tasks or (len(tasks) > 1 and not wanted.task):
        raise LogFileError(f"the samples are of the tasks {', '.join(tasks)}: choose one with --task")
    found = _Read()
    for file in files:
        if file.task != chosen:
            found.left_out.append(LeftOut(1, f"file {file.path.name}", f"of task {file.task}"))
    used = [file for file in files if file.task == chosen]
    metric, keep = _score_of(used[0], found)
    for file in used:
        _take(file, metric, keep, found)
    version = used[0].results.text("lm_eval_version") or ""
    return Evaluation(
        tool=f"lm-evaluation-harness {version}".strip(),
        name=chosen,
        items=tuple(found.items.values()),
        outcomes=tuple(found.outcomes),
        scored_with=_scored_with(used[0], metric, keep),
        reported=tuple(found.reported),
        left_out=tuple(found.left_out),
        notes=tuple(found.notes),
        settings=_settings(used[0]),
    )


def _score_of(file: _File, found: _Read) -> tuple[str, str]:
    """(metric, filter) that count: those asked for as METRIC,FILTER or METRIC, else the first that the results name."""
    pairs = dict.fromkeys(
        (str(metric), row.text("filter") or "none") for row in file.rows for metric in row.values_of("metrics")
    )
    if not pairs:
        raise LogFileError(f"{file.path}: no line has `metrics`: was it written with --log_samples?")
    named = [key for key in file.results.within("results").within(file.task).values if "," in str(key)]
    ordered = sorted(pairs, key=lambda pair: named.index(",".join(pair)) if ",".join(pair) in named else len(named))
    wanted = file.wanted.score
    matching = [pair for pair in ordered if wanted in ("", pair[0], ",".join(pair))]
    if not matching:
        known = ", ".join(f"'{','.join(pair)}'" for pair in ordered)
        raise LogFileError(f"{file.path}: --score: expected one of {known}, got {wanted!r}")
    chosen = matching[0]
    for pair in ordered:
        if pair != chosen:
            why = f"{','.join(chosen)} counts; choose with --score"
            found.left_out.append(LeftOut(1, f"score {','.join(pair)}", why))
    return chosen


def _take(file: _File, metric: str, keep: str, found: _Read) -> None:
    own: list[LoggedOutcome] = []
    for row in file.rows:
        if (row.text("filter") or "none") != keep:
            continue
        item, answer, note = _item(row)
        if note:
            found.notes[note] = None
        known = found.hashes.setdefault(item.id, row.text("doc_hash") or "")
        if known != (row.text("doc_hash") or ""):
            raise LogFileError(f"{row.where}: document {shown(item.id)} is another one than in the first file")
        found.items.setdefault(item.id, item)
        score = row.number(metric)
        if score is not None and not 0.0 <= score <= 1.0:
            raise LogFileError(f"{row.where}: {metric}: expected a score in [0, 1], got {score:g}: choose with --score")
        own.append(LoggedOutcome(model=file.model, item_id=item.id, answer=answer, score=score))
    found.outcomes += own
    found.reported += _reported(file, metric, keep, own)


def _item(row: Fields) -> tuple[LoggedItem, str | None, str]:
    """The document, the model's answer, and what is to be known of it."""
    doc, requests = row.within("doc"), list(row.within("arguments").values.values())
    item_id, where = row.needed_text("doc_id"), row.where
    fields = {str(name): plain(value, where) for name, value in doc.values.items()}
    arguments = [_arguments(request, where) for request in requests]
    if len(arguments) > 1:
        return _multiple_choice(row, fields, arguments)
    if not arguments:
        raise LogFileError(f"{where}: no arguments: expected what was sent to the model")
    answers = _answers(row)
    note = ""
    if len(answers) > 1:
        note = f"the harness made one score of {len(answers)} answers to each document; the first answer is kept"
    target = plain(row.values.get("target"), where)
    item = LoggedItem(id=item_id, fields=fields, target=_target(target), turns=chat_turns(arguments[0][0]))
    return item, answers[0] if answers else None, note


def _arguments(request: Any, where: str) -> tuple[str, Any]:
    """(text sent, the second argument) of a request; chat prompts are JSON in a list."""
    values = fields_of(request, where).values
    first = values.get("arg_0")
    if isinstance(first, list) and first:
        first = first[0]
    if not isinstance(first, str):
        raise LogFileError(f"{where}: arguments: expected a text, got {shown(first)}")
    return first, values.get("arg_1")


def _answers(row: Fields) -> list[str]:
    """The generated answers of a document, as they came."""
    first: Any = next(iter(row.values_of("resps")), [])
    return [str(answer) for answer in first] if isinstance(first, list) else [str(first)]


def _multiple_choice(
    row: Fields, fields: dict[str, Json], arguments: Sequence[tuple[str, Any]]
) -> tuple[LoggedItem, str | None, str]:
    options = tuple(str(continuation).strip() for _, continuation in arguments)
    if len(options) > len(_LETTERS) or len(set(options)) < len(options):
        raise LogFileError(f"{row.where}: expected up to {len(_LETTERS)} different options, got {shown(options)}")
    likelihoods = [_log_likelihood(response, row.where) for response in row.values_of("resps")]
    if len(likelihoods) != len(options):
        raise LogFileError(f"{row.where}: expected {len(options)} answers, one an option, got {len(likelihoods)}")
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(_LETTERS, options, strict=False))
    text = f"{arguments[0][0].rstrip()}\n\n{listed}\n\n{_ASKED}"
    index = row.count("target")
    target = options[index] if index is not None and index < len(options) else None
    item = LoggedItem(
        id=row.needed_text("doc_id"), fields=fields, target=target, turns=(Turn("user", text),), options=options
    )
    note = (
        "the harness compared log-probabilities of the options and asked no question; the prompt here shows the "
        "options and asks for a letter, so new answers are come by in another way than the imported ones"
    )
    return item, options[max(range(len(options)), key=likelihoods.__getitem__)], note


def _log_likelihood(response: Any, where: str) -> float:
    while isinstance(response, list) and response:
        response = response[0]
    try:
        return float(response)
    except (TypeError, ValueError):
        raise LogFileError(f"{where}: resps: expected a log-probability, got {shown(response)}") from None


def _target(target: Json) -> Json:
    if isinstance(target, list) and len(target) == 1:
        return target[0]
    return None if target in ("", []) else target


def _reported(file: _File, metric: str, keep: str, own: Sequence[LoggedOutcome]) -> Iterator[Reported]:
    value = file.results.within("results").within(file.task).number(f"{metric},{keep}")
    if value is not None:
        again, why = recounted(own)
        rules = {rule.text("metric"): rule.text("aggregation") for rule in file.config.each("metric_list")}
        by = rules.get(metric) or "mean"
        why = why if by == "mean" else f"the harness aggregates by {by}, not by the mean over documents"
        yield Reported(model=file.model, metric=f"{metric},{keep}", value=value, recomputed=again, why=why)


def _scored_with(file: _File, metric: str, keep: str) -> ScoredWith:
    """Exact match after the filter's pattern, where it has one; held against the scores like any other."""
    rule = next((rule for rule in file.config.each("metric_list") if rule.text("metric") == metric), Fields({}, ""))
    is_folded = rule.text("ignore_case") == "true"
    params: dict[str, Json] = {"casefold": is_folded, "strip_punctuation": rule.text("ignore_punctuation") == "true"}
    equals = [ScorerSpec(name="exact", params=params)]
    for chain in file.config.each("filter_list"):
        steps = [step for step in chain.each("filter") if step.text("function") == "regex"]
        if chain.text("name") == keep and steps and steps[0].text("regex_pattern"):
            regex = {"pattern": steps[0].text("regex_pattern"), "ignore_case": is_folded}
            use_first = (steps[0].text("group_select") or "0") == "0"
            equals = [ScorerSpec(name="regex", params={**regex, "use_first": use_first}), ScorerSpec(name="numeric")]
    return ScoredWith(name=f"{metric},{keep}", equals=tuple(equals))


def _settings(file: _File) -> dict[str, float]:
    config = file.config.within("generation_kwargs")
    found = {"temperature": config.number("temperature"), "max_tokens": config.number("max_gen_toks")}
    return {name: value for name, value in found.items() if value is not None}


IMPORTER = Importer(
    name="lm-eval",
    told="Samples of lm-evaluation-harness (--log_samples), files or its output folder.",
    patterns=PATTERNS,
    read=read,
)
