"""Output items of OpenAI's Evals API, as its list endpoint gives them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import Fields, plain
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedItem, LoggedOutcome, ScoredWith, Wanted
from modelsearch.interop.turns import turns_of

_OBJECT = "eval.run.output_item"
_TARGETS = ("target", "expected", "ground_truth", "label", "correct_label", "reference", "answer")
_REASONS = {"length": Status.TRUNCATED, "max_tokens": Status.TRUNCATED, "content_filter": Status.REFUSED}


def is_output_item(row: Fields) -> bool:
    """Whether a row is one."""
    return row.text("object") == _OBJECT or "datasource_item" in row


def output_items(rows: Sequence[Fields], wanted: Wanted) -> Evaluation:
    """The items of one or several runs; an item's grader that counts is the first, or the one of `--score`."""
    items: dict[str, LoggedItem] = {}
    outcomes, seen = [], Counter[tuple[str, str]]()
    graders = list(dict.fromkeys(result.text("name") or "" for row in rows for result in row.each("results")))
    chosen = wanted.score or (graders[0] if graders else "")
    for row in rows:
        sample = row.within("sample")
        item_id, model = row.text("datasource_item_id") or row.needed_text("id"), sample.text("model") or "model"
        items.setdefault(item_id, _item(row, item_id))
        outcomes.append(_outcome(row, (model, item_id, seen[model, item_id]), chosen))
        seen[model, item_id] += 1
    return Evaluation(
        tool="OpenAI Evals API",
        name=wanted.task or rows[0].text("eval_id") or "openai-evals",
        items=tuple(items.values()),
        outcomes=tuple(outcomes),
        scored_with=ScoredWith(name=chosen),
        left_out=tuple(
            LeftOut(1, f"grader {g}", f"{chosen} counts; choose with --score") for g in graders if g != chosen
        ),
    )


def _item(row: Fields, item_id: str) -> LoggedItem:
    source = row.within("datasource_item")
    inner = source.values.get("item")
    values: Mapping[str, Any] = inner if isinstance(inner, Mapping) else source.values
    fields = {str(name): plain(value, source.where) for name, value in values.items()}
    target: Json = next((fields[name] for name in _TARGETS if fields.get(name) not in (None, "")), None)
    asked = {name: value for name, value in fields.items() if value is not target}
    turns = turns_of(row.within("sample").values.get("input")) or ()
    return LoggedItem(id=item_id, fields=asked or fields, target=target, turns=turns)


def _outcome(row: Fields, key: tuple[str, str, int], grader: str) -> LoggedOutcome:
    sample = row.within("sample")
    usage, error = sample.within("usage"), sample.values.get("error")
    said = turns_of(sample.values.get("output"))
    is_error = bool(isinstance(error, Mapping) and error.get("code")) or said is None
    scores = [_score(result) for result in row.each("results") if result.text("name") == grader]
    return LoggedOutcome(
        model=key[0],
        item_id=key[1],
        repeat=key[2],
        status=Status.ERROR if is_error else _REASONS.get(sample.text("finish_reason") or "", Status.OK),
        answer=None if is_error or not said else said[-1].text,
        score=None if is_error or not scores else scores[0],
        input_tokens=usage.count("prompt_tokens"),
        output_tokens=usage.count("completion_tokens"),
    )


def _score(result: Fields) -> float | None:
    score = result.number("score")
    if score is not None and not 0.0 <= score <= 1.0:
        raise result.wrong("score", "a number in [0, 1]; choose another grader with --score", json.dumps(score))
    if score is None and "passed" in result:
        return 1.0 if result.text("passed") == "true" else 0.0
    return score
