import math
from dataclasses import replace

import numpy as np
import pytest

from bench.drift_world import BASE, FIRST_DAY, OTHER, Life, Truth, drift_job
from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Alarm, JobResult
from modelsearch.nights.drift import FALSE_ALARM_NIGHTS, SHARES, threshold, updated_drift
from tests.unit.nights.played import DAY, night, offer, searched, standing


def life(seed: int = 0, kind: str = "flicker", flip_rate: float = 0.04, n_items: int = 200) -> Life:
    truth = Truth(kind=kind, flip_rate=flip_rate, n_items=n_items)
    return Life(truth=truth, rng=np.random.default_rng(seed))


def alarms_of(found: Life, n_nights: int) -> list[Alarm]:
    return [alarm for _, alarms in found.nights(n_nights) for alarm in alarms]


def test_all_tests_of_two_candidates_share_one_false_alarm() -> None:
    assert 2 * sum(FALSE_ALARM_NIGHTS / math.exp(threshold(test)) for test in SHARES) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["flicker", "beta"])
def test_a_year_without_a_change_is_quiet_though_the_incumbent_was_lucky(kind: str) -> None:
    assert alarms_of(life(kind=kind, flip_rate=0.1), 120) == []


def test_a_loss_of_five_points_is_seen_within_14_nights_told_and_forgotten() -> None:
    found = life(seed=3)
    assert alarms_of(found, 60) == []
    found.drop(5.0)
    (day, (alarm, *_)) = next((day, alarms) for day, alarms in found.nights(14) if alarms)
    assert (alarm.code, alarm.subject) == ("drift_quality", OTHER)
    assert alarm.evidence["change_low"] < -0.05 < alarm.evidence["change_high"] < 0
    assert abs((day - 60) - alarm.evidence["days_ago"]) <= 5
    assert alarm.evidence["log_e_value"] >= threshold("score") - 2
    assert "since about 2026-0" in alarm.message
    assert OTHER not in found.state.drift
    assert BASE in found.state.drift


def test_a_rise_is_a_change_too() -> None:
    found = life(seed=1, kind="stable", flip_rate=0.0)
    assert alarms_of(found, 40) == []
    found.chances[BASE] = np.ones_like(found.chances[BASE])
    alarms = alarms_of(found, 14)
    assert [alarm.subject for alarm in alarms] == [BASE]
    assert alarms[0].evidence["change"] == pytest.approx(0.2, abs=0.1)
    assert alarms[0].evidence["days_ago"] <= 1


def test_a_change_of_cost_or_latency_wakes_and_voids_nothing() -> None:
    found = life(seed=2)
    assert alarms_of(found, 60) == []
    found.cost, found.latency = 2.0, 3.0
    alarms = alarms_of(found, 20)
    assert {alarm.code for alarm in alarms} == {"drift_cost", "drift_latency"}
    assert all(alarm.subject == OTHER for alarm in alarms)
    cost = next(alarm for alarm in alarms if alarm.code == "drift_cost")
    assert "+" in cost.message
    assert cost.evidence["change"] == pytest.approx(math.log(2), abs=0.2)


def test_both_at_once_make_the_scorer_suspect() -> None:
    found = life(seed=4, kind="stable", flip_rate=0.0)
    assert alarms_of(found, 40) == []
    found.chances = {c: p * 0.5 for c, p in found.chances.items()}
    alarms = alarms_of(found, 1)
    assert {alarm.subject for alarm in alarms} == {BASE, OTHER}
    assert all("look at the scorer" in alarm.message for alarm in alarms)


def sampled(candidate: str, n: int = 50) -> JobResult:
    job = drift_job(CandidateId(candidate), n)
    return JobResult(job=job, end="done", samples=tuple((i, 1.0, 1.0) for i in range(n)))


def test_another_revision_begins_anew_and_another_price_forgets_the_cost_alone() -> None:
    offers = [offer("base", 10.0), offer("a")]
    state = searched(standing("a"), offers=offers)
    first = updated_drift(state, night(*offers, day=1), [sampled("base")]).state
    again = updated_drift(first, night(*offers, day=2), [sampled("base")]).state
    dearer = updated_drift(first, night(offer("base", 11.0), offers[1], day=2), [sampled("base")]).state
    other = replace(first, standings={**first.standings, BASE: replace(first.standings[BASE], revision="base|bf16|2")})
    anew = updated_drift(other, night(offer("base", 10.0, "2"), offers[1], day=2), [sampled("base")]).state
    assert again.drift[BASE] != first.drift[BASE]
    assert dearer.drift[BASE][3:] == again.drift[BASE][3:]
    assert len(anew.drift[BASE]) == len(first.drift[BASE])
    assert len(again.drift[BASE]) > len(first.drift[BASE])


def test_what_is_not_watched_any_more_is_forgotten() -> None:
    offers = [offer("base", 10.0), offer("a")]
    state = searched(standing("a"), offers=offers)
    state = replace(state, drift={CandidateId("gone"): (1.0,)})
    assert set(updated_drift(state, night(*offers, day=1), [sampled("a")]).state.drift) == {"a"}


def test_items_out_of_range_and_empty_samples_are_nothing() -> None:
    offers = [offer("base", 10.0)]
    state = searched(offers=offers)
    odd = replace(sampled("base"), samples=((10**6, 1.0, 1.0), (-1, 0.0, 0.0)))
    assert updated_drift(state, night(*offers, day=1), [odd]).alarms == ()
    assert updated_drift(state, night(*offers, day=1), [replace(odd, samples=())]).state == state


def test_days_are_days() -> None:
    assert FIRST_DAY == DAY
