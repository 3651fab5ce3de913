from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from modelsearch.core.feedback import DayTally
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.nights import TaskState
from modelsearch.decide.feedback import feedback_weights
from modelsearch.nights.after import first_state
from modelsearch.nights.feedback import feedback_alarms, with_feedback
from tests.unit.nights.played import BASE, offer

FIRST = date(2026, 1, 1)


def tallies(rates: list[float], name: str = "base", n_rows: int = 200, seed: int = 0) -> list[DayTally]:
    rng = np.random.default_rng(seed)
    return [
        DayTally(
            candidate_id=CandidateId(name),
            day=FIRST + timedelta(days=day),
            n_rows=n_rows,
            total=float(rng.binomial(n_rows, rate)),
        )
        for day, rate in enumerate(rates)
    ]


def state(last_day: int | None = None) -> TaskState:
    fresh = first_state(TaskId("t"), "1", BASE)
    return fresh if last_day is None else replace(fresh, last_night=FIRST + timedelta(days=last_day))


def nights_with_alarm(found: list[DayTally], n_nights: int) -> list[int]:
    """Days on which the night told of it, one night a day."""
    return [day for day in range(1, n_nights) if feedback_alarms(found, state(day - 1), FIRST + timedelta(days=day))]


def test_quiet_traffic_is_quiet() -> None:
    assert nights_with_alarm(tallies([0.8] * 60), 62) == []


def test_a_change_is_told_once_and_soon() -> None:
    (day,) = nights_with_alarm(tallies([0.8] * 40 + [0.6] * 15), 56)
    assert 40 < day <= 54
    (alarm,) = feedback_alarms(tallies([0.8] * 40 + [0.6] * 15), state(day - 1), FIRST + timedelta(days=day))
    assert (alarm.code, alarm.subject) == ("drift_feedback", BASE)
    assert alarm.evidence["change"] == pytest.approx(-0.2, abs=0.05)
    assert "no recommendation moves" in alarm.message


def test_nights_that_were_missed_lose_no_alarm() -> None:
    found = tallies([0.8] * 40 + [0.6] * 15)
    assert len(feedback_alarms(found, state(40), FIRST + timedelta(days=60))) == 1


def test_days_with_hardly_a_row_say_nothing_and_others_are_not_watched() -> None:
    assert nights_with_alarm(tallies([0.8] * 40 + [0.0] * 20, n_rows=4), 62) == []
    assert nights_with_alarm(tallies([0.8] * 40 + [0.0] * 20, name="other"), 62) == []


def test_only_who_was_judged_moves_in_the_line() -> None:
    offers = {each.candidate_id: each for each in (offer("base", 10.0), offer("a"), offer("b"))}
    weights = feedback_weights([*tallies([0.6] * 5), *tallies([0.9] * 5, name="a")])
    found = with_feedback(offers, weights, BASE)
    assert found[CandidateId("a")].p_good > 0.8
    assert found[CandidateId("b")] == offers[CandidateId("b")]
    assert found[BASE] == offers[BASE]
