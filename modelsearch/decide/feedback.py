"""What production feedback may count for: a prior, and a reason to look; never a certificate.

Why not more. A certificate says that a candidate is no worse than the baseline on the same items, asked in an order
drawn beforehand. Feedback has neither: the candidate that serves sees the traffic of its own days, nobody answered the
same items beside it, who is judged is who complains or praises, and whoever can send rows could send a verdict. A bias
of a few points stays however many rows come in, and no test over rows removes it. So the standard deviation of that
bias is part of the error (`BIAS_SD`): a million rows are worth at most 25 items.

What it may do: move a newcomer in the line (`Offer.p_good`), be one more past task for a search's expectations (which
weighs it against what it buys), and raise an alarm when what comes in of a candidate has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import erf, sqrt

from modelsearch.core.feedback import DayTally, FeedbackWeight
from modelsearch.core.ids import CandidateId
from modelsearch.core.past import KnownModel, PastModel, PastTask, TaskTraits, error_variance

BIAS_SD = 0.1
"""Of production's mean score against the mean over the task's items: traffic, users and judging differ."""
GAP_SD = 0.1
"""Of true gaps between candidates, before anything is known."""


@dataclass(kw_only=True)
class _Sum:
    n_rows: int = 0
    total: float = 0.0
    sources: set[str] = field(default_factory=set)


def feedback_weights(tallies: Iterable[DayTally]) -> dict[CandidateId, FeedbackWeight]:
    """What the feedback of each candidate counts for."""
    sums: dict[CandidateId, _Sum] = {}
    for tally in tallies:
        found = sums.setdefault(tally.candidate_id, _Sum())
        found.n_rows, found.total = found.n_rows + tally.n_rows, found.total + tally.total
        found.sources |= {source for source in tally.sources if source}
    return {candidate_id: _weight(candidate_id, found) for candidate_id, found in sums.items() if found.n_rows > 0}


def _weight(candidate_id: CandidateId, found: _Sum) -> FeedbackWeight:
    quality = found.total / found.n_rows
    variance = error_variance(quality, found.n_rows) + BIAS_SD**2
    return FeedbackWeight(
        candidate_id=candidate_id,
        n_rows=found.n_rows,
        quality=quality,
        error_variance=variance,
        worth_items=error_variance(quality, 1) / variance,
        sources=tuple(sorted(found.sources)),
    )


def p_good_by_feedback(
    weights: Mapping[CandidateId, FeedbackWeight], baseline_id: CandidateId
) -> dict[CandidateId, float]:
    """Chance that each is as good as the baseline, where production has judged both; it orders the line, no more."""
    base = weights.get(baseline_id)
    if base is None:
        return {}
    return {c: _p_above(each, base) for c, each in weights.items() if c != baseline_id}


def _p_above(each: FeedbackWeight, base: FeedbackWeight) -> float:
    """The gap shrunk to none by its error; P(gap >= 0) under a normal prior around none."""
    error = each.error_variance + base.error_variance
    trust = GAP_SD**2 / (GAP_SD**2 + error)
    spread = sqrt(trust * error)
    return 0.5 * (1.0 + erf(trust * (each.quality - base.quality) / spread / sqrt(2.0)))


def feedback_as_past(
    weights: Mapping[CandidateId, FeedbackWeight], models: Mapping[CandidateId, KnownModel], traits: TaskTraits
) -> tuple[PastTask, ...]:
    """The feedback as one more past task, of the same traits: production's level may differ, its ranking tells."""
    found: Sequence[PastModel] = [
        PastModel(model=models[c], quality=each.quality, error_variance=each.error_variance)
        for c, each in weights.items()
        if c in models
    ]
    return (PastTask(id="feedback", traits=traits, models=tuple(found)),) if found else ()
