"""Candidates that are watched in a made-up world whose truth is known: how they flip, and what befalls them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from modelsearch.core.ids import CandidateId, EndpointId, TaskId
from modelsearch.core.nights import Alarm, Job, JobResult, Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.nights.drift import updated_drift
from modelsearch.nights.night import Night, Offer

Floats = npt.NDArray[np.float64]
AnyFloats = npt.NDArray[np.floating[Any]]
FIRST_DAY = date(2026, 1, 1)
BASE, OTHER = CandidateId("base"), CandidateId("other")
QUALITY = 0.8
N_TRIED = 100
"""Candidates as good as the incumbent, of which the luckiest on its test became it."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """How often each item is right, and by how much an item's cost and latency vary.

    Attributes:
        kind: stable (never flips), flicker (every item flips now and then), some (few items are a coin's toss, the
            others never flip), beta (anything between).
        flip_rate: share of items that come out otherwise when asked again.
    """

    kind: str
    flip_rate: float
    n_items: int
    n_a_night: int = 50

    def chances(self, rng: np.random.Generator) -> Floats:
        """(n_items,) chance to be right."""
        is_right = rng.permutation(np.arange(self.n_items) < round(QUALITY * self.n_items)).astype(np.float64)
        if self.kind == "flicker":
            p = (1 - np.sqrt(1 - 2 * self.flip_rate)) / 2
            return np.asarray(np.where(is_right == 1, 1 - p, p), dtype=np.float64)
        if self.kind == "some":
            return np.where(rng.random(self.n_items) < 2 * self.flip_rate, 0.5, is_right)
        if self.kind == "beta":
            share = self.flip_rate / (2 * QUALITY * (1 - QUALITY))
            size = share / (1 - share)
            return np.asarray(rng.beta(size * QUALITY, size * (1 - QUALITY), self.n_items), dtype=np.float64)
        return is_right


@dataclass(kw_only=True)
class Life:
    """Baseline and incumbent, watched night after night.

    Attributes:
        chances: of each to be right; change them and see.
        cost, latency: factors of the incumbent's.
    """

    truth: Truth
    rng: np.random.Generator
    day: int = 0
    cost: float = 1.0
    latency: float = 1.0
    chances: dict[CandidateId, Floats] = field(default_factory=dict)
    state: TaskState = field(init=False)

    def __post_init__(self) -> None:
        """Draw the world; the incumbent was chosen for its luck on the row that it was tested on."""
        n = self.truth.n_items
        self.chances = {c: self.truth.chances(self.rng) for c in (BASE, OTHER)}
        rows = (self.rng.random((N_TRIED, n)) < self.chances[OTHER]).astype(np.float64)
        self._old = {BASE: (self.rng.random(n) < self.chances[BASE]).astype(np.float64)}
        self._old[OTHER] = rows[np.argmax(rows.sum(axis=1))]
        self._order = self.rng.permutation(n)
        self._item_s = np.exp(self.rng.normal(0.0, 0.7, n))
        self._old_usd = {c: self._usd(np.arange(n)) for c in (BASE, OTHER)}
        standings = {c: _standing(c, n) for c in (BASE, OTHER)}
        self.state = TaskState(
            task_id=TaskId("t"), task_revision="1", baseline_id=BASE, incumbent_id=OTHER, standings=standings
        )

    def old_scores(self, candidate_id: CandidateId) -> Floats:
        """(n_items,) of the row that it was tested on."""
        return self._old[candidate_id]

    def drop(self, points: float) -> None:
        """The incumbent fails for good on so many points of items that it mostly got right."""
        p = self.chances[OTHER].copy()
        able = self.rng.permutation(np.flatnonzero(p > 0.5))
        lost = np.cumsum(p[able]) <= points / 100 * len(p) + 1e-9
        p[able[lost]] = 0.0
        self.chances[OTHER] = p

    def nights(self, n_nights: int) -> Iterator[tuple[int, tuple[Alarm, ...]]]:
        """(number of the night, its alarms)."""
        for _ in range(n_nights):
            yield self.day, self._night()
            self.day += 1

    def _night(self) -> tuple[Alarm, ...]:
        n = self.truth.n_a_night
        items = self._order[(self.day * n + np.arange(n)) % self.truth.n_items]
        night = _night(self.day, self.truth.n_items)
        found = updated_drift(self.state, night, [self._result(c, items) for c in (BASE, OTHER)])
        self.state = replace(found.state, drifted={})  # measured anew, and watched on under the same name
        return found.alarms

    def _result(self, candidate_id: CandidateId, items: npt.NDArray[np.int64]) -> JobResult:
        right = (self.rng.random(len(items)) < self.chances[candidate_id][items]).astype(np.float64)
        is_other = candidate_id == OTHER
        usd = self._usd(items) * (self.cost if is_other else 1.0)
        load = np.exp(self.rng.normal(0.0, 0.25))  # of the night: all its items share it
        old_s = self._item_s[items]
        new_s = old_s * load * np.exp(self.rng.normal(0.0, 0.4, len(items))) * (self.latency if is_other else 1.0)
        return JobResult(
            job=drift_job(candidate_id, len(items)),
            end="done",
            samples=_samples(items, self._old[candidate_id][items], right),
            cost_samples=_samples(items, self._old_usd[candidate_id][items], usd),
            latency_samples=_samples(items, old_s, new_s),
        )

    def _usd(self, items: npt.NDArray[np.int64]) -> Floats:
        """Hidden reasoning: long tails."""
        return np.asarray(self._item_s[items] * np.exp(0.4 * self.rng.standard_t(4, len(items))))


def _samples(items: npt.NDArray[np.int64], old: AnyFloats, new: AnyFloats) -> tuple[tuple[int, float, float], ...]:
    return tuple((int(i), float(a), float(b)) for i, a, b in zip(items, old, new, strict=True))


def _night(day: int, n_items: int) -> Night:
    offers = {
        c: Offer(candidate_id=c, endpoint_ids=(EndpointId(str(c)),), usd_per_mtok_input=1.0) for c in (BASE, OTHER)
    }
    today = FIRST_DAY + timedelta(days=day)
    return Night(day=today, offers=offers, n_items=n_items, alpha=0.05, budget_usd=Decimal(1))


def drift_job(candidate_id: CandidateId, n_items: int) -> Job:
    return Job(
        kind="drift",
        task_id=TaskId("t"),
        candidate_id=candidate_id,
        level=0.0,
        budget_usd=Decimal(1),
        reason="",
        n_items=n_items,
    )


def _standing(candidate_id: CandidateId, n_items: int) -> Standing:
    return Standing(
        candidate_id=candidate_id,
        revision="1",
        place=1,
        verdict=Verdict.NON_INFERIOR,
        n_items=n_items,
        quality=QUALITY,
        gap=0.0,
        cost_usd=0.001,
        tested_on=FIRST_DAY,
    )
