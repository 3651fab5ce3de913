"""The baseline's known answers or scores as outcomes: no spend, provenance kept in the call ids."""

import hashlib
import math
from collections.abc import Mapping, Sequence
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


def imported_outcomes(
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    path: Path,
    task: TaskSpec,
    baseline_id: CandidateId,
    scorer: Scorer,
    list_cost_usd: float,
) -> list[Outcome]:
    """Outcomes of rows with `id` (or `item_id`) and `answer` or `score`, and maybe `cost_usd` and `latency_s`.

    Args:
        rows: (line number, row).
        path: of the file, for messages and provenance.
        task: whose items they are.
        baseline_id: whose outcomes they are.
        scorer: grades answers.
        list_cost_usd: what an item costs where the row does not say.

    Raises:
        BaselineError: an unknown or repeated item, neither answer nor score, or a score outside [0, 1].
    """
    items = {str(item.id): item for item in task.items}
    source = CallId(f"imported-{path.name}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}")
    outcomes: dict[str, Outcome] = {}
    for number, row in rows:
        where = f"--baseline-outcomes {path}, line {number}"
        name = str(row.get("id", row.get("item_id", "")))
        if name not in items:
            message = f"{where}: expected `id` to be one of the task's {len(items)} items, got {name!r}"
            raise BaselineError(message)
        if name in outcomes:
            message = f"{where}: item {name!r} is there twice: keep one"
            raise BaselineError(message)
        reply, score = _said(row, items[name], scorer, task, where)
        outcomes[name] = Outcome(
            candidate_id=baseline_id,
            item_id=items[name].id,
            status=Status.OK if score is not None else Status.INVALID,
            answer=reply,
            score=score if score is not None else task.status_scores.get(Status.INVALID),
            cost_usd=_amount(row.get("cost_usd"), list_cost_usd, where),
            latency_s=_latency_s(row.get("latency_s"), where),
            call_ids=(source,),
        )
    if not outcomes:
        message = (
            f"--baseline-outcomes {path}: no rows; give one JSON object per line with `id` and `answer` or `score`"
        )
        raise BaselineError(message)
    return list(outcomes.values())


def _said(
    row: Mapping[str, Any], item: Item, scorer: Scorer, task: TaskSpec, where: str
) -> tuple[str | None, float | None]:
    """Canonical answer and score; a score in the row wins over grading the answer."""
    given = row.get("score")
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0.0 <= given <= 1.0:
            message = f"{where}: score must be a number in [0, 1], got {given!r}"
            raise BaselineError(message)
        return (None if row.get("answer") is None else str(row["answer"])), float(given)
    if row.get("answer") is None:
        message = f"{where}: needs `answer` or `score`, got the keys {sorted(row)}"
        raise BaselineError(message)
    reply = Reply(text=str(row["answer"]), status=Status.OK, usage=Usage())
    grade = score_reply(reply, item, scorer, task)
    return grade.answer, grade.score if grade.status is Status.OK else None


def _latency_s(value: object, where: str) -> float:
    """Seconds >= 0; 0 where the row does not say."""
    try:
        latency_s = float(str(value)) if value is not None else 0.0
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
