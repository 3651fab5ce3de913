"""What production feedback does to a night: it moves newcomers in the line, and may wake somebody. Nothing else.

`decide.feedback` says why it never counts in a certificate, and so never moves a recommendation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import exp, log

import numpy as np

from modelsearch.core.feedback import DayTally, FeedbackWeight
from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Alarm, TaskState
from modelsearch.decide.feedback import p_good_by_feedback
from modelsearch.nights.drift_watch import NIGHT_BLOCK, NightSeries
from modelsearch.nights.night import Offer
from modelsearch.stats.drift import RANK_POWERS, RANK_WEIGHTS, evidence

MIN_ROWS = 5
"""Of a day, for its mean to count."""
FALSE_ALARM_DAYS = 7300
"""Days within which one false alarm is expected at most for a candidate whose traffic stays what it is."""


def with_feedback(
    offers: Mapping[CandidateId, Offer], weights: Mapping[CandidateId, FeedbackWeight], baseline_id: CandidateId
) -> dict[CandidateId, Offer]:
    """The offers, those that production has judged at the chance that it gives them: their place in the line only."""
    chances = p_good_by_feedback(weights, baseline_id)
    return {c: replace(offer, p_good=chances[c]) if c in chances else offer for c, offer in offers.items()}


def feedback_alarms(tallies: Iterable[DayTally], state: TaskState, day: date) -> tuple[Alarm, ...]:
    """Changes of what comes in of incumbent and baseline, each told once.

    Days are those on which rows came in, and only whole ones before `day` count, so that what was seen then is seen
    again; told are the changes that were first seen since the last night.

    Args:
        tallies: of the task.
        state: before the night.
        day: of the night.
    """
    last = state.last_night or day - timedelta(days=1)
    watched = dict.fromkeys((state.baseline_id, state.incumbent_id))
    by_day = sorted((tally for tally in tallies if tally.day < day), key=lambda tally: tally.day)
    return tuple(
        alarm
        for candidate_id in watched
        for seen, alarm in _changes(candidate_id, [t for t in by_day if t.candidate_id == candidate_id], day)
        if seen >= last
    )


def _changes(candidate_id: CandidateId, tallies: Sequence[DayTally], today: date) -> Iterable[tuple[date, Alarm]]:
    """Day by day, begun anew after each change."""
    series = NightSeries()
    for tally in tallies:
        if tally.n_rows < MIN_ROWS:
            continue
        series.add(tally.day.toordinal(), tally.total / tally.n_rows)
        blocks = (series.rows[:, 0] // NIGHT_BLOCK).astype(np.int64)
        found = evidence(series.rows[:, 1:], blocks, RANK_WEIGHTS, len(RANK_POWERS))
        if found.log_e_value < log(FALSE_ALARM_DAYS):
            continue
        n_since = len(series.rows) - found.start
        change = float(series.values[-n_since:].mean() - series.values[:-n_since].mean())
        since = date.fromordinal(int(series.rows[found.start, 0]))
        yield tally.day, _alarm(candidate_id, today, change, since, found.log_e_value)
        series = NightSeries()


def _alarm(candidate_id: CandidateId, today: date, change: float, since: date, log_e_value: float) -> Alarm:
    return Alarm(
        code="drift_feedback",
        subject=candidate_id,
        day=today,
        message=(
            f"production feedback on {candidate_id} has changed by {100 * change:+.1f} points since about "
            f"{since.isoformat()}, e-value {exp(min(log_e_value, 700.0)):.3g}: the candidate, its traffic or who "
            "judges it; the nightly sample says which, and no recommendation moves by this"
        ),
        evidence={"change": change, "log_e_value": log_e_value, "days_ago": float((today - since).days)},
    )
