"""The baseline's known answers or scores as outcomes: no spend, provenance kept in the call ids."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.core.errors import BaselineError
from modelsearch.core.ids import CallId, CandidateId
from modelsearch.core.money import usd
from modelsearch.core.outcome import Outcome, Reply, Status, Usage
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.grade import score_reply
from modelsearch.evaluate.scorers.judge import TIE


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is imported, and for whom.

    Attributes:
        path: of the file, for messages and provenance.
        task: whose items they are; each row stands for all repeats of its item.
        baseline_id: whose outcomes they are.
        scorer: grades answers.
        list_cost_usd: what an item costs where the row does not say.
    """

    path: Path
    task: TaskSpec
    baseline_id: CandidateId
    scorer: Scorer
    list_cost_usd: float

    def where(self, number: int) -> str:
        """Place of a row, for messages."""
        return f"--baseline-outcomes {self.path}, line {number}"


def imported_outcomes(rows: Sequence[tuple[int, Mapping[str, Any]]], given: Import) -> list[Outcome]:
    """Outcomes of rows with `id` (or `item_id`) and `answer` or `score`, and maybe `cost_usd` and `latency_s`.

    Args:
        rows: (line number, row).
        given: what the rows are.

    Raises:
        BaselineError: no rows, an unknown or repeated item, neither answer nor score, a score outside [0, 1], or a
            row of one repeat.
    """
    items = {str(item.id): item for item in given.task.items}
    source = CallId(f"imported-{given.path.name}-{hashlib.sha256(given.path.read_bytes()).hexdigest()[:12]}")
    outcomes: dict[str, Outcome] = {}
    for number, row in rows:
        name = _item_name(row, items, outcomes, given.where(number))
        outcomes[name] = _outcome(row, items[name], given, number, source)
    if not outcomes:
        message = (
            f"--baseline-outcomes {given.path}: no rows; "
            "give one JSON object per line with `id` and `answer` or `score`"
        )
        raise BaselineError(message)
    return [replace(o, repeat=repeat) for o in outcomes.values() for repeat in range(given.task.n_repeats)]


def _item_name(row: Mapping[str, Any], items: Mapping[str, Item], known: Mapping[str, Outcome], where: str) -> str:
    """Whose row it is."""
    name = str(row.get("id", row.get("item_id", "")))
    if name not in items:
        message = f"{where}: expected `id` to be one of the task's {len(items)} items, got {name!r}"
        raise BaselineError(message)
    if "repeat" in row:
        message = (
            f"{where}: `repeat` is not read, for one row stands for all repeats of its item: "
            "give one row per item, such as with the mean of its scores, without `repeat`"
        )
        raise BaselineError(message)
    if name in known:
        message = f"{where}: item {name!r} is there twice: keep one"
        raise BaselineError(message)
    return name


def _outcome(row: Mapping[str, Any], item: Item, given: Import, number: int, source: CallId) -> Outcome:
    where = given.where(number)
    answer, score = _said(row, item, given, where)
    return Outcome(
        candidate_id=given.baseline_id,
        item_id=item.id,
        status=Status.OK if score is not None else Status.INVALID,
        answer=answer,
        score=score if score is not None else given.task.status_scores.get(Status.INVALID),
        cost_usd=_amount(row.get("cost_usd"), given.list_cost_usd, where),
        latency_s=_latency_s(row.get("latency_s"), where),
        call_ids=(source,),
    )


def _said(row: Mapping[str, Any], item: Item, given: Import, where: str) -> tuple[str | None, float | None]:
    """Canonical answer and score; a score in the row wins over grading the answer."""
    score = row.get("score")
    if score is not None:
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0.0 <= score <= 1.0:
            message = f"{where}: score must be a number in [0, 1], got {score!r}"
            raise BaselineError(message)
        return (None if row.get("answer") is None else str(row["answer"])), float(score)
    if row.get("answer") is None:
        message = f"{where}: needs `answer` or `score`, got the keys {sorted(row)}"
        raise BaselineError(message)
    if getattr(given.scorer, "asks_models", False):
        return _to_be_asked(str(row["answer"]), given, where)
    reply = Reply(text=str(row["answer"]), status=Status.OK, usage=Usage())
    grade = score_reply(reply, item, given.scorer, given.task)
    return grade.answer, grade.score if grade.status is Status.OK else None


def _to_be_asked(answer: str, given: Import, where: str) -> tuple[str, float]:
    """An answer that only a model can score: in pairs with the baseline itself it is a tie."""
    if getattr(given.scorer, "is_against_baseline", False):
        return answer, TIE
    message = f"{where}: scorer {given.task.scorer.name!r} asks a model for each score: give `score` beside `answer`"
    raise BaselineError(message)


def _latency_s(value: object, where: str) -> float:
    """Seconds >= 0; NaN, unknown, where the row does not say: nobody answers in no time."""
    if value is None or value == "":
        return math.nan
    try:
        latency_s = float(str(value))
    except ValueError:
        latency_s = math.nan
    if not (math.isfinite(latency_s) and latency_s >= 0):
        message = f"{where}: latency_s must be a number of seconds >= 0, got {value!r}"
        raise BaselineError(message)
    return latency_s


def _amount(value: object, otherwise: float, where: str) -> Decimal:
    if value is None:
        return usd(otherwise)
    try:
        return usd(str(value))
    except ValueError as error:
        message = f"{where}: cost_usd: {error}"
        raise BaselineError(message) from None
