"""Whether incumbent and baseline are still what they were: a sample asked anew each night, and an alarm with evidence.

New is compared with new: the earlier scores of an item are those of earlier nights since the candidate is watched. The
row that it was tested on is no reference: a candidate that was chosen for that row was perhaps lucky there, and falls
back without any change (regression to the mean). That row only serves to compare nights item by item, where its luck
is the same in all nights. So the first nights only fill the memory; see `docs/drift.md` for how soon what is seen.

False alarms: each of the four tests of a candidate has its share of one expected alarm in 7,300 nights, for incumbent
and baseline together (`stats.drift.evidence` says why that holds at any time, whatever the flips).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import exp, log, sqrt

import numpy as np

from modelsearch.core.ids import CandidateId, sha256_hex
from modelsearch.core.nights import Alarm, JobResult, TaskState
from modelsearch.nights.drift_watch import (
    METRICS,
    MIN_ITEMS,
    NIGHT_BLOCK,
    SCORE_BLOCK,
    NightSeries,
    Watch,
    floats_of,
    no_places,
    watch_of,
)
from modelsearch.nights.night import Night
from modelsearch.nights.tonight import Tonight
from modelsearch.stats.drift import N_FALLS, RANK_POWERS, RANK_WEIGHTS, SCORE_WEIGHTS, Evidence, evidence

FALSE_ALARM_NIGHTS = 7300
"""Nights within which one false alarm is expected at most, over all tests of incumbent and baseline."""
SHARES = {"items": 0.24, "score": 0.08, "cost": 0.1, "latency": 0.08}
"""Of that one alarm, for each of two candidates."""
MAX_LOG_RATIO = 3.0
Z_95 = 1.96
MEDIAN_LOSS = 1.57
"""How much larger the variance of a median is than that of a mean (pi / 2, of normal values)."""
Samples = Sequence[tuple[int, float, float]]


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """The state with what the night's samples add to it, and whom to wake."""

    state: TaskState
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change:
    """An estimate behind an alarm: score units, or log of the ratio.

    Attributes:
        since: ordinal of the likeliest first day.
    """

    metric: str
    estimate: float
    half_width: float
    since: int
    n_nights: int
    log_e_value: float


def updated_drift(state: TaskState, night: Night, results: Iterable[JobResult]) -> Drifted:
    """Take in the night's drift jobs. Pure.

    A change of scores voids what was measured (`TaskState.drifted`): the candidate is measured anew. A change of cost
    or latency only wakes somebody. Either way what was remembered of it is forgotten, for it tells of another time.
    """
    tonight, alarms = Tonight(state=state, night=night), list[Alarm]()
    memory, drifted = dict(state.drift), dict(state.drifted)
    for result in results:
        candidate_id = result.job.candidate_id
        if result.job.kind != "drift" or not result.samples or tonight.standing(candidate_id) is None:
            continue
        watch = _watch(tonight, candidate_id, result.job.n_items)
        _take(watch, night.day, result)
        changes = list(_changes(watch))
        alarms += [_alarm(candidate_id, night.day, change) for change in changes]
        memory[candidate_id] = floats_of(watch)
        if any(change.metric == "quality" for change in changes):
            drifted[candidate_id] = night.day
            del memory[candidate_id]
    watched = {state.baseline_id, state.incumbent_id}
    kept = {c: floats for c, floats in memory.items() if c in watched}
    return Drifted(state=replace(state, drift=kept, drifted=drifted), alarms=_doubted(alarms, state))


def _watch(tonight: Tonight, candidate_id: CandidateId, n_a_night: int) -> Watch:
    """What is remembered; begun anew where another revision serves, its cost where another price holds."""
    standing = tonight.state.standings[candidate_id]
    members = tonight.members(candidate_id)
    price = _number([[member.usd_per_mtok_input, member.usd_per_mtok_output] for member in members])
    places = no_places(tonight.night.n_items, standing.n_items, n_a_night)
    revision = _number(standing.revision)
    old = watch_of(tonight.state.drift.get(candidate_id, ()))
    if old is None or old.revision != revision or old.places.shape != places.shape:
        return Watch(revision=revision, price=price, places=places)
    if old.price != price:
        old.price, old.series["cost"] = price, NightSeries()
    return old


def _take(watch: Watch, day: date, result: JobResult) -> None:
    n_items, ordinal = watch.places.shape[0], day.toordinal()
    new = {item: score for item, _, score in result.samples if 0 <= item < n_items}
    watch.add_scores(ordinal, list(new), list(new.values()))
    values = {
        "score": [new - old for _, old, new in result.samples],
        "cost": _log_ratios(result.cost_samples),
        "latency": _log_ratios(result.latency_samples),
    }
    for name in METRICS:
        if len(values[name]) >= MIN_ITEMS:
            told = np.median(values[name]) if name == "latency" else np.mean(values[name])
            watch.series[name].add(ordinal, float(told))


def _log_ratios(samples: Samples) -> list[float]:
    ratios = [log(new / old) for _, old, new in samples if old > 0 and new > 0]
    return [min(max(ratio, -MAX_LOG_RATIO), MAX_LOG_RATIO) for ratio in ratios]


def _changes(watch: Watch) -> Iterator[Change]:
    """What has been shown, at most one change of quality; its night series is begun anew where it has."""
    blocks = (watch.rows[:, 0] // SCORE_BLOCK).astype(np.int64)
    found = evidence(watch.rows[:, 4:], blocks, SCORE_WEIGHTS, N_FALLS)
    is_shown = found.log_e_value >= threshold("items")
    if is_shown:
        yield _of_items(watch, found)
    for name in METRICS:
        series = watch.series[name]
        if len(series.rows) == 0 or (name == "score" and is_shown):
            continue
        blocks = (series.rows[:, 0] // NIGHT_BLOCK).astype(np.int64)
        found = evidence(series.rows[:, 1:], blocks, RANK_WEIGHTS, len(RANK_POWERS))
        if found.log_e_value >= threshold(name):
            yield _of_nights("quality" if name == "score" else name, series, found)
            watch.series[name] = NightSeries()


def threshold(test: str) -> float:
    """Log of the evidence at which a test of `SHARES` raises its alarm."""
    return log(FALSE_ALARM_NIGHTS / SHARES[test])


def _of_items(watch: Watch, found: Evidence) -> Change:
    """New score minus the mean of the earlier ones, of the items asked since the start."""
    since = watch.rows[found.start :]
    n, total, squares = (float(since[:, column].sum()) for column in (1, 2, 3))
    mean = total / max(n, 1.0)
    half_width = Z_95 * sqrt(max(squares / max(n, 1.0) - mean**2, 0.0) / max(n, 1.0))
    return Change(
        metric="quality",
        estimate=mean,
        half_width=half_width,
        since=int(since[0, 0]),
        n_nights=len(since),
        log_e_value=found.log_e_value,
    )


def _of_nights(metric: str, series: NightSeries, found: Evidence) -> Change:
    """The median number of the nights since the start minus that of the nights before; one odd night tells little."""
    n_since = len(series.rows) - found.start
    since, before = series.values[-n_since:], series.values[:-n_since]
    spread = MEDIAN_LOSS * float(before.var(ddof=1)) if len(before) > 1 else 0.0
    return Change(
        metric=metric,
        estimate=float(np.median(since) - np.median(before)) if len(before) else 0.0,
        half_width=Z_95 * sqrt(spread * (1 / n_since + 1 / max(len(before), 1))),
        since=int(series.rows[found.start, 0]),
        n_nights=n_since,
        log_e_value=found.log_e_value,
    )


def _alarm(candidate_id: CandidateId, day: date, change: Change) -> Alarm:
    low, high = change.estimate - change.half_width, change.estimate + change.half_width
    if change.metric == "quality":
        told = f"by {100 * change.estimate:+.1f} points (95 % interval {100 * low:+.1f} to {100 * high:+.1f})"
    else:
        told = f"by {exp(change.estimate) - 1:+.0%} (95 % interval {exp(low) - 1:+.0%} to {exp(high) - 1:+.0%})"
    since = date.fromordinal(change.since)
    message = (
        f"{change.metric} of {candidate_id} has changed {told} since about {since.isoformat()}, unannounced: seen on "
        f"{change.n_nights} nights, e-value {exp(change.log_e_value):.3g}"
    )
    facts = {"change": change.estimate, "change_low": low, "change_high": high, "log_e_value": change.log_e_value}
    facts |= {"n_nights": float(change.n_nights), "days_ago": float(day.toordinal() - change.since)}
    return Alarm(code=f"drift_{change.metric}", subject=candidate_id, day=day, message=message, evidence=facts)


def _doubted(alarms: Sequence[Alarm], state: TaskState) -> tuple[Alarm, ...]:
    """Where incumbent and baseline change in the same night, what they share is suspect before they are."""
    subjects = {alarm.subject for alarm in alarms if alarm.code == "drift_quality"}
    if not {state.baseline_id, state.incumbent_id} <= subjects or state.baseline_id == state.incumbent_id:
        return tuple(alarms)
    doubt = "; incumbent and baseline at once: look at the scorer, its judge and the prompt first"
    return tuple(replace(alarm, message=alarm.message + doubt) for alarm in alarms)


def _number(value: object) -> float:
    """A hash that a float holds."""
    return float(int(sha256_hex(value)[:12], 16))
