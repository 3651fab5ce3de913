"""What a model that scores has cost and is worth, from the journal."""

import math
from collections.abc import Sequence

from modelsearch.core.events import CallSettled, Event, OutcomeScored, Warned
from modelsearch.core.market import Endpoint
from modelsearch.core.money import ZERO_USD
from modelsearch.core.outcome import Status
from modelsearch.core.result import Interval, JudgeUse
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.side_calls import JUDGE_PREFIX
from modelsearch.stats.agreement import Kappa

LOW_KAPPA = 0.4
"""Below it agreement is called fair at best (Landis & Koch 1977, doi:10.2307/2529310)."""
FEW_LABELS = 20


def judge_use(events: Sequence[Event], endpoint: Endpoint | None, agreement: Kappa | None) -> JudgeUse | None:
    """What the calls of the task's scorer came to; None where it makes none.

    Args:
        events: of the journal.
        endpoint: that the scorer asks.
        agreement: with people, where some have scored answers.
    """
    if endpoint is None:
        return None
    calls = [e.call for e in events if isinstance(e, CallSettled) and e.call.id.startswith(JUDGE_PREFIX)]
    outcomes = (event.outcome for event in events if isinstance(event, OutcomeScored))
    return JudgeUse(
        endpoint_id=endpoint.id,
        n_calls=len(calls),
        spend_usd=sum((call.cost_usd for call in calls), ZERO_USD),
        n_unscored=sum(outcome.status is Status.UNSCORED for outcome in outcomes),
        kappa=None if agreement is None or math.isnan(agreement.kappa) else _interval(agreement),
        n_labels=0 if agreement is None else agreement.n_items,
        p_equal=None if agreement is None or math.isnan(agreement.p_equal) else agreement.p_equal,
    )


def judge_warnings(task: TaskSpec, agreement: Kappa | None) -> list[Warned]:
    """A judge that people would not follow."""
    if agreement is None or math.isnan(agreement.kappa) or agreement.n_items < FEW_LABELS:
        return []
    if agreement.kappa >= LOW_KAPPA:
        return []
    message = (
        f"the judge agrees with people hardly more than chance would (kappa {agreement.kappa:.2f} "
        f"[{agreement.low:.2f}, {agreement.high:.2f}] on {agreement.n_items} answers): its scores may not mean what "
        "you want; give it a clearer rubric, or another model"
    )
    return [Warned(code="judge-disagrees", subject=task.id, message=message)]


def _interval(agreement: Kappa) -> Interval:
    return Interval(mean=agreement.kappa, low=agreement.low, high=agreement.high, level=agreement.level)
