"""promptfoo: the results file that `promptfoo eval --output results.json` writes.

A test is an item, a provider a model. What counts is whether a test passed, as promptfoo's own pass rate does; a test
that ended in an error is a failed outcome and no score. promptfoo writes a cost of 0 where it knows no price.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.fields import Fields, fields_of, plain
from modelsearch.interop.importers import Importer
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedItem, LoggedOutcome, Reported, ScoredWith, Wanted
from modelsearch.interop.reading import files_of, json_value, text_of
from modelsearch.interop.recount import recounted
from modelsearch.interop.turns import chat_turns

PATTERNS = ("*.json",)
PASS, SCORE = "pass", "score"
_ERRED = 2
_EXACT = ScorerSpec(name="exact")


def _contains(mode: str, *, is_folded: bool) -> ScorerSpec:
    return ScorerSpec(name="contains", params={"mode": mode, "casefold": is_folded})


_EQUALS: Mapping[str, ScorerSpec] = {
    "equals": _EXACT,
    "contains": _contains("any", is_folded=False),
    "icontains": _contains("any", is_folded=True),
    "contains-any": _contains("any", is_folded=False),
    "icontains-any": _contains("any", is_folded=True),
    "contains-all": _contains("all", is_folded=False),
    "icontains-all": _contains("all", is_folded=True),
}
"""Assertions whose value is what the answer should be; of others the value is a rule, a rubric or a program."""
_OF_MODELS = frozenset({"llm-rubric", "model-graded-closedqa", "factuality", "g-eval", "answer-relevance", "similar"})
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The results of one file; several files are several models on the same tests.

    Raises:
        LogFileError: no file of promptfoo's, or one that cannot be read.
    """
    files = [_results(path) for path in files_of(given, PATTERNS)]
    found = [_read_file(whole, wanted) for whole in files]
    items: dict[str, LoggedItem] = {}
    for each in found:
        for item in each.items:
            if items.setdefault(item.id, item).fields != item.fields:
                raise LogFileError(f"test {item.id} has other variables in another file: import files of equal tests")
    return Evaluation(
        tool=found[0].tool,
        name=found[0].name,
        items=tuple(items.values()),
        outcomes=tuple(outcome for each in found for outcome in each.outcomes),
        scored_with=found[0].scored_with,
        reported=tuple(figure for each in found for figure in each.reported),
        left_out=tuple(left for each in found for left in each.left_out),
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
        settings=found[0].settings,
    )


def _results(path: Path) -> Fields:
    whole = fields_of(json_value(text_of(path), str(path)), str(path))
    if not whole.within("results").values_of("results"):
        raise LogFileError(f"{path}: expected promptfoo's results with `results.results`; it has {whole.names}")
    return whole


def _read_file(whole: Fields, wanted: Wanted) -> Evaluation:
    results = whole.within("results")
    rows = list(results.each("results"))
    names, ids = _column_names(results, rows), _item_ids(rows)
    items: dict[str, LoggedItem] = {}
    outcomes = []
    for row in rows:
        item_id = ids[row.count("testIdx") or 0]
        if row.count("promptIdx") == min(each.count("promptIdx") or 0 for each in rows) or item_id not in items:
            items[item_id] = _item(row, item_id)
        outcomes.append(_outcome(row, names[row.count("promptIdx") or 0], item_id, wanted))
    description = whole.within("config").text("description")
    scored_with, left_out = _scored_with(rows)
    n_prompts = len({prompt.text("raw") for prompt in results.each("prompts")})
    notes = (
        ()
        if n_prompts <= 1
        else (f"{n_prompts} prompts were tried; task.yaml has the first, the others stand as models of their own",)
    )
    return Evaluation(
        tool=f"promptfoo {whole.within('metadata').text('promptfooVersion') or ''}".strip(),
        name=description or "promptfoo",
        items=tuple(items.values()),
        outcomes=tuple(outcomes),
        scored_with=scored_with,
        reported=tuple(_reported(results, names, outcomes, wanted)),
        left_out=left_out,
        notes=(*notes, *_cost_note(rows)),
    )


def _column_names(results: Fields, rows: Sequence[Fields]) -> dict[int, str]:
    """A model's name for each column of promptfoo's table: its provider, with the prompt's number after the first."""
    prompts = list(results.each("prompts"))
    raws = list(dict.fromkeys(prompt.text("raw") for prompt in prompts))
    names = {}
    for number, prompt in enumerate(prompts):
        provider = prompt.text("provider") or "provider"
        place = raws.index(prompt.text("raw")) + 1
        names[number] = provider if place == 1 else f"{provider} (prompt {place})"
    for row in rows:  # older files have no list of prompts
        names.setdefault(row.count("promptIdx") or 0, _provider(row))
    twice = [name for name, n in Counter(names.values()).items() if n > 1]
    return {number: f"{name} ({number + 1})" if name in twice else name for number, name in names.items()}


def _provider(row: Fields) -> str:
    provider = row.values.get("provider")
    return str(provider.get("label") or provider.get("id")) if isinstance(provider, Mapping) else str(provider)


def _item_ids(rows: Sequence[Fields]) -> dict[int, str]:
    """A test's description where each has one of its own, else its number."""
    told: dict[int, str] = {}
    for row in rows:
        told.setdefault(row.count("testIdx") or 0, row.within("testCase").text("description") or "")
    is_own = all(told.values()) and len(set(told.values())) == len(told)
    return {number: text if is_own else f"test-{number + 1:04d}" for number, text in told.items()}


def _item(row: Fields, item_id: str) -> LoggedItem:
    values = row.values.get("vars") or row.within("testCase").values.get("vars") or {}
    fields = {str(k): plain(v, f"{row.where}: vars") for k, v in fields_of(values, f"{row.where}: vars").values.items()}
    raw = row.within("prompt").text("raw") or ""
    return LoggedItem(id=item_id, fields=fields or {"input": raw}, target=_target(row, fields), turns=chat_turns(raw))


def _asserted(row: Fields) -> Iterator[Fields]:
    """The assertions of a test, groups of them opened."""
    for each in row.within("testCase").each("assert"):
        yield from each.each("assert") if each.text("type") == "assert-set" else (each,)


def _target(row: Fields, fields: Mapping[str, Json]) -> Json:
    """The value of the first assertion that says what the answer should be, variables put in."""
    for each in _asserted(row):
        if each.text("type") in _EQUALS and "value" in each:
            return _put_in(plain(each.values["value"], each.where), fields)
    return None


def _put_in(value: Json, fields: Mapping[str, Json]) -> Json:
    if isinstance(value, list):
        return [_put_in(part, fields) for part in value]
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: str(fields.get(found[1], found[0])), value)


def _outcome(row: Fields, model: str, item_id: str, wanted: Wanted) -> LoggedOutcome:
    response = row.within("response")
    is_error = row.count("failureReason") == _ERRED or ("output" not in response and "error" in row)
    usage, is_cached = response.within("tokenUsage"), response.text("cached") == "true"
    cost_usd = response.amount("cost") or row.amount("cost")
    latency_ms = None if is_cached else row.amount("latencyMs")
    return LoggedOutcome(
        model=model,
        item_id=item_id,
        status=Status.ERROR if is_error else _status(response),
        answer=None if is_error else _output(response.values.get("output")),
        score=None if is_error else _score(row, wanted),
        cost_usd=Decimal(str(cost_usd)) if cost_usd else None,
        latency_s=None if latency_ms is None else latency_ms / 1000,
        input_tokens=usage.count("prompt"),
        output_tokens=usage.count("completion"),
    )


def _status(response: Fields) -> Status:
    if response.text("isRefusal") == "true" or response.text("finishReason") == "content_filter":
        return Status.REFUSED
    return Status.TRUNCATED if response.text("finishReason") == "length" else Status.OK


def _output(output: Any) -> str | None:
    if output is None or isinstance(output, str):
        return output
    return json.dumps(output, ensure_ascii=False)


def _score(row: Fields, wanted: Wanted) -> float | None:
    name = wanted.score or PASS
    if name == PASS:
        return 1.0 if row.text("success") == "true" else 0.0
    score = row.number(SCORE) if name == SCORE else row.within("namedScores").number(name)
    if score is None and name != SCORE:
        known = ", ".join((PASS, SCORE, *map(str, row.within("namedScores").values)))
        raise LogFileError(f"{row.where}: --score: expected one of {known}, got {name!r}")
    if score is not None and not 0.0 <= score <= 1.0:
        raise LogFileError(f"{row.where}: {name}: expected a score in [0, 1], got {score:g}: choose with --score")
    return score


def _scored_with(rows: Sequence[Fields]) -> tuple[ScoredWith, tuple[LeftOut, ...]]:
    kinds = Counter(each.text("type") or "?" for row in rows for each in _asserted(row))
    equals = tuple(_EQUALS[kind] for kind, _ in kinds.most_common() if kind in _EQUALS)
    told = ScoredWith(
        name=" + ".join(kinds) or "no assertion",
        equals=tuple({repr(spec): spec for spec in equals}.values()),
        is_model=any(kind.removeprefix("not-") in _OF_MODELS for kind in kinds),
    )
    return told, tuple(
        LeftOut(n, f"assertions {kind}", "they are no target; the pass or fail that they led to is kept")
        for kind, n in kinds.items()
        if kind not in _EQUALS
    )


def _reported(
    results: Fields, names: Mapping[int, str], outcomes: Sequence[LoggedOutcome], wanted: Wanted
) -> Iterator[Reported]:
    """The pass rate that promptfoo shows; there an error counts as not passed, here as a failed outcome."""
    for number, prompt in enumerate(results.each("prompts")):
        metrics, model = prompt.within("metrics"), names[number]
        counts = [metrics.count(f"test{kind}Count") or 0 for kind in ("Pass", "Fail", "Error")]
        if wanted.score in ("", PASS) and any(counts):
            again, why = recounted([outcome for outcome in outcomes if outcome.model == model])
            if counts[2]:
                why = (
                    f"promptfoo counts {counts[2]} errors as not passed; here they are failed outcomes without a score"
                )
            yield Reported(model=model, metric="pass rate", value=counts[0] / sum(counts), recomputed=again, why=why)


def _cost_note(rows: Sequence[Fields]) -> Iterator[str]:
    if any(
        row.number("cost") == 0 and (row.within("response").within("tokenUsage").count("completion")) for row in rows
    ):
        yield "promptfoo wrote a cost of 0 for calls that used tokens: it knew no price, so their cost is unknown here"


IMPORTER = Importer(
    name="promptfoo",
    told="Results of promptfoo (--output results.json), one or several files.",
    patterns=PATTERNS,
    read=read,
)
