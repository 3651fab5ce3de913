"""Langfuse: exports of observations or traces, from its UI, its API or blob storage, with scores where they are beside.

Only generations count of the observations. A score of people becomes the answer's score if it is a number in [0, 1],
and the item's target if it is a text (`--score NAME`).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import Fields, plain, readable, unpacked
from modelsearch.interop.importers import Importer
from modelsearch.interop.logged import Evaluation, LeftOut, Turn, Wanted
from modelsearch.interop.reading import files_of, rows_of
from modelsearch.interop.traffic import Request, Traffic, evaluation_of
from modelsearch.interop.turns import content_text, turns_of

PATTERNS = ("*.jsonl", "*.json", "*.csv")
GENERATION = "GENERATION"
_MESSAGE_KEYS = frozenset({"role", "content", "messages"})
_COST_KEYS = ("total_cost", "totalCost", "calculated_total_cost", "calculatedTotalCost")
_MODEL_KEYS = ("provided_model_name", "providedModelName", "model")


class _Scores(NamedTuple):
    """Values of the score that counts, by observation and by trace; all names that were seen."""

    by_observation: Mapping[str, Json]
    by_trace: Mapping[str, Json]
    names: Counter[str]


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The generations, or traces, of one name.

    Raises:
        LogFileError: a file that cannot be read, or nothing that can be used.
    """
    rows = [row for path in files_of(given, PATTERNS) for row in rows_of(path)]
    scores = _scores([row for row in rows if _is_score(row)], wanted)
    calls = [row for row in rows if not _is_score(row)]
    left_out: Counter[tuple[str, str]] = Counter()
    requests = [request for row in calls if (request := _request(row, scores, wanted, left_out)) is not None]
    told = [LeftOut(n, what, why) for (what, why), n in left_out.items()]
    names = scores.names + Counter(name for row in calls for name in _beside(row))
    if wanted.score and not any(r.score is not None or r.label is not None for r in requests):
        known = ", ".join(sorted(names)) or "(none)"
        raise LogFileError(f"--score: no usable value of {wanted.score!r} for any request; scores seen: {known}")
    notes: tuple[str, ...] = ()
    if names and not wanted.score:
        notes = (f"scores seen and not used: {', '.join(sorted(names))}: name one with --score",)
    return evaluation_of(Traffic(tool="Langfuse", requests=requests, left_out=told, notes=notes), wanted)


def _is_score(row: Fields) -> bool:
    return ("data_type" in row or "dataType" in row) and "value" in row and "input" not in row


def _scores(rows: Sequence[Fields], wanted: Wanted) -> _Scores:
    by_observation: dict[str, list[Json]] = defaultdict(list)
    by_trace: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        if row.text("name") != wanted.score or not wanted.score:
            continue
        observation, trace = (_first(row, f"{n}_id", f"{n}Id") for n in ("observation", "trace"))
        place = by_observation[observation] if observation else by_trace[trace or ""]
        is_text = (_first(row, "data_type", "dataType") or "").upper() in {"CATEGORICAL", "TEXT"}
        place.append(_first(row, "string_value", "stringValue") if is_text else row.number("value"))
    return _Scores(
        by_observation={key: _together(values) for key, values in by_observation.items()},
        by_trace={key: _together(values) for key, values in by_trace.items()},
        names=Counter(row.text("name") or "" for row in rows),
    )


def _together(values: Sequence[Json]) -> Json:
    """One value of several: the mean of numbers, the text where all say the same."""
    numbers = [float(v) for v in values if isinstance(v, int | float)]
    if numbers:
        return sum(numbers) / len(numbers)
    texts = {v for v in values if isinstance(v, str) and v}
    return texts.pop() if len(texts) == 1 else None


def _request(row: Fields, scores: _Scores, wanted: Wanted, left_out: Counter[tuple[str, str]]) -> Request | None:
    """The request of a row; None where it cannot be used, which is counted."""
    kind = (row.text("type") or "").upper()
    if kind and kind != GENERATION:
        left_out[f"observations of type {kind[:20]}", "no calls of a model"] += 1
        return None
    asked = unpacked(row.values.get("input"))
    if asked in (None, "", [], {}):
        left_out["requests", "without their input"] += 1
        return None
    found = _asked(asked, row.where)
    if found is None:
        left_out["requests", "their input is no text (images, tools' calls)"] += 1
        return None
    fields, turns = found
    answer, given = _answer(unpacked(row.values.get("output"))), _given(row, scores, wanted)
    if isinstance(given, float) and not 0.0 <= given <= 1.0:
        raise LogFileError(f"{row.where}: score {wanted.score}: expected a number in [0, 1] or a text, got {given:g}")
    is_error = (row.text("level") or "").upper() == "ERROR" or answer is None
    costs = [cost for name in _COST_KEYS if (cost := row.amount(name))]
    tokens = _tokens(row)
    return Request(
        model=_first(row, *_MODEL_KEYS) or wanted.model or "production",
        group=row.text("name") or "unnamed",
        fields=fields,
        turns=turns,
        status=Status.ERROR if is_error else Status.OK,
        answer=None if is_error else answer,
        score=given if isinstance(given, float) else None,
        label=given if isinstance(given, str) else None,
        cost_usd=Decimal(str(costs[0])) if costs else None,
        latency_s=_latency_s(row),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
    )


def _asked(asked: Any, where: str) -> tuple[dict[str, Json], tuple[Turn, ...]] | None:
    """Fields and messages of an input: messages, a text, or the arguments of a function of the user's."""
    if isinstance(asked, Mapping) and not _MESSAGE_KEYS & set(asked):
        fields = {readable(str(name)): plain(value, f"{where}: input") for name, value in asked.items()}
        return fields, ()
    if isinstance(asked, list) and not all(isinstance(m, Mapping) and "role" in m for m in asked):
        return {"input": json.dumps(plain(asked, where), ensure_ascii=False)}, ()
    turns = turns_of(asked)
    if turns is None:
        return None
    last = next((turn.text for turn in reversed(turns) if turn.role == "user"), turns[-1].text)
    return {"input": last}, turns


def _answer(output: Any) -> str | None:
    """The text of an output; an object that is no message as JSON."""
    if output is None or output == "":
        return None
    if isinstance(output, str):
        return readable(output)
    if isinstance(output, list) and len(output) == 1:
        return _answer(output[0])
    if isinstance(output, Mapping):
        if isinstance(output.get("choices"), list) and output["choices"]:
            choice = output["choices"][0]
            return _answer(choice.get("message", choice) if isinstance(choice, Mapping) else choice)
        if "content" in output:
            return content_text(output["content"]) or None
    return json.dumps(output, ensure_ascii=False)


def _given(row: Fields, scores: _Scores, wanted: Wanted) -> Json:
    """What people gave the answer: beside it, flattened into a column, or in a file of scores."""
    if not wanted.score:
        return None
    own_id, trace = row.text("id") or "", _first(row, "trace_id", "traceId") or ""
    for value in (
        _beside(row).get(wanted.score),
        unpacked(row.values.get(wanted.score)),
        scores.by_observation.get(own_id),
        scores.by_trace.get(trace),
        scores.by_trace.get(own_id),
    ):
        found = _number_or_text(value)
        if found is not None:
            return found
    return None


def _beside(row: Fields) -> Mapping[str, Any]:
    """Scores within a row, by name."""
    found = unpacked(row.values.get("scores"))
    return found if isinstance(found, Mapping) else {}


def _number_or_text(value: Any) -> float | str | None:
    """A value as a number, truth as 1 or 0; a text that is neither as it is; several together."""
    if isinstance(value, list):
        together = _together([_number_or_text(each) for each in value])
        return together if isinstance(together, float | str) else None
    if isinstance(value, bool | int | float):
        return float(value)
    return _read_text(value) if isinstance(value, str) and value else None


def _read_text(text: str) -> float | str:
    if text.lower() in {"true", "false"}:
        return float(text.lower() == "true")
    try:
        return float(text)
    except ValueError:
        return readable(text)


def _tokens(row: Fields) -> tuple[int | None, int | None]:
    """Input and output tokens, beside each other or in an object."""
    for name in ("usage_details", "usageDetails", "usage"):
        details = unpacked(row.values.get(name))
        if isinstance(details, Mapping) and details:
            usage = Fields(details, f"{row.where}: {name}")
            return _count(usage, "input", "promptTokens"), _count(usage, "output", "completionTokens")
    return (
        _count(row, "inputTokens", "promptTokens", "inputUsage"),
        _count(row, "outputTokens", "completionTokens", "outputUsage"),
    )


def _count(fields: Fields, *names: str) -> int | None:
    return next((n for name in names if (n := fields.count(name)) is not None), None)


def _latency_s(row: Fields) -> float | None:
    """From start to end; the column `latency` only where these are missing, for its unit has changed over time."""
    started, ended = (_time(_first(row, f"{n}_time", f"{n}Time")) for n in ("start", "end"))
    if started is not None and ended is not None:
        return (ended - started).total_seconds() if ended >= started else None
    return row.amount("latency") if "timestamp" in row else None


def _time(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


def _first(row: Fields, *names: str) -> str | None:
    return next((text for name in names if (text := row.text(name))), None)


IMPORTER = Importer(
    name="langfuse",
    told="Production traffic from Langfuse: observations or traces, with scores (JSON, JSON lines or CSV).",
    patterns=PATTERNS,
    read=read,
)
