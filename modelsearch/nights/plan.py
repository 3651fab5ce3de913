"""What a night does, stage by stage.

Whoever carries it out asks for the next stage with all results so far, runs its jobs (beside each other if it likes),
and asks again, until nothing is left to do: `plan_night(state, night)`, `plan_night(state, night, first)`, and so on.
The same state, night and results give the same jobs, at the same places and with the same seeds, so that a night that
was killed is taken up where it was.

Stages: drift samples of baseline and incumbent, the baseline's missing items if anybody is to be compared with it, the
incumbent's, that the sample can be drawn from all (or, when there is nothing to go by, one search over everybody); then
newcomers, one job each, as many as the money holds if each needed all its items; as most leave early, what they did not
need is given to the next ones in the line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from modelsearch.core.ids import CandidateId
from modelsearch.core.money import ZERO_USD, usd
from modelsearch.core.nights import Job, JobKind, JobResult, TaskState
from modelsearch.nights.align import aligned
from modelsearch.nights.night import Night, NightPlan
from modelsearch.nights.searching import search_reason
from modelsearch.nights.tonight import Tonight
from modelsearch.stats.multiplicity import lifetime_level


def plan_night(state: TaskState, night: Night, results: Sequence[JobResult] = ()) -> NightPlan:
    """The next stage of a night. Pure; O(n_offers).

    Args:
        state: before the night, however many stages of it are done.
        night: the same at every call of the night.
        results: of all jobs of the night so far.
    """
    if state.last_night is not None and night.day <= state.last_night:
        return NightPlan(waiting=state.waiting)
    found = aligned(state, night)
    stage = _Stage(Tonight(state=found.state, night=night), results)
    return NightPlan(jobs=tuple(stage.jobs()), waiting=found.state.waiting, declined=found.declined)


DRIFT_RESERVE = 1.5
"""A drift sample's budget over what it is expected to cost: its candidate has been billed before."""


class _Stage:
    """The next jobs of one night."""

    def __init__(self, tonight: Tonight, results: Sequence[JobResult]) -> None:
        self._tonight = tonight
        self._state, self._night = tonight.state, tonight.night
        self._done = {result.job.key: result for result in results}
        self._n_tested = max([self._state.n_tested, *(result.job.place for result in results)])
        self._left_usd = self._night.budget_usd - sum((result.spend_usd for result in results), ZERO_USD)

    def jobs(self) -> Iterator[Job]:
        """What the night needs first; when that is done, newcomers."""
        reason = search_reason(self._tonight)
        first = [*self._drift(), *(self._search(reason) if reason else [*self._measure(), *self._complete()])]
        yield from first
        if not first and not reason and self._n_baseline_missing() == 0:
            yield from self._screens()

    def _drift(self) -> Iterator[Job]:
        n_items = min(self._night.rules.drift_items, self._night.n_items)
        for candidate_id in dict.fromkeys((self._state.incumbent_id, self._state.baseline_id)):
            standing = self._tonight.standing(candidate_id)
            if n_items and standing is not None and standing.n_items > 0:
                reason = f"{n_items} items asked anew: is {candidate_id} what it was?"
                wanted_usd = self._needed_usd(candidate_id, n_items, DRIFT_RESERVE)
                yield from self._job("drift", candidate_id, reason, wanted_usd, n_items)

    def _measure(self) -> Iterator[Job]:
        """The baseline's missing items, if anybody is to be compared with it."""
        baseline, n_left = self._state.baseline_id, self._n_baseline_missing()
        if self._state.waiting and n_left > 0:
            reason = f"{n_left} items of the baseline are missing, which {len(self._state.waiting)} newcomers need"
            yield from self._job("measure", baseline, reason, self._needed_usd(baseline, n_left))

    def _complete(self) -> Iterator[Job]:
        """The incumbent's missing items, once: a loss on items that it was never asked would not be seen."""
        incumbent = self._state.incumbent_id
        standing = self._tonight.standing(incumbent)
        n_left = 0 if standing is None else self._night.n_items - standing.n_items
        if incumbent != self._state.baseline_id and n_left > 0 and self._night.rules.drift_items:
            reason = f"{n_left} items that {incumbent} was not asked: the nightly sample is to be drawn from all"
            yield from self._job("measure", incumbent, reason, self._needed_usd(incumbent, n_left))

    def _search(self, reason: str) -> Iterator[Job]:
        limit = self._night.search_budget_usd
        if limit is not None:
            self._left_usd += limit - self._night.budget_usd  # what drift samples have reserved stays taken
        yield from self._placed("search", self._state.baseline_id, reason, self._left_usd)

    def _screens(self) -> Iterator[Job]:
        """The line from its front, as far as the money holds if each needed all its items.

        Whoever needs more than a whole night's money gets all of it when it is first in the line, and goes on
        tomorrow; what it has bought is not bought again.
        """
        is_first = not any(result.job.kind == "screen" for result in self._done.values())
        for candidate_id in self._state.waiting:
            wanted_usd = self._needed_usd(candidate_id, self._night.n_items)
            if wanted_usd <= self._left_usd or is_first:
                why = f"{candidate_id} is new here, or not what it was"
                yield from self._placed("screen", candidate_id, why, wanted_usd)
            is_first = False

    def _placed(self, kind: JobKind, candidate_id: CandidateId, why: str, wanted_usd: Decimal) -> Iterator[Job]:
        """A test at its own place: the one at which it was begun, or the next of the task's life."""
        begun = self._state.begun.get(candidate_id)
        place = begun.place if begun else self._n_tested + 1
        level = lifetime_level(self._night.alpha, place)
        reason = f"{why}; test {place} of this task's life, at level {level:.3g}"
        most_usd = self._tonight.cost_usd(self._tonight.to_beat) if kind == "screen" else None
        for job in self._job(kind, candidate_id, reason, wanted_usd):
            self._n_tested = max(self._n_tested, place)
            yield replace(job, place=place, level=level, max_cost_usd=most_usd)

    def _job(
        self, kind: JobKind, candidate_id: CandidateId, reason: str, wanted_usd: Decimal, n_items: int = 0
    ) -> Iterator[Job]:
        """A job with its money taken out of what is left; nothing where it was done tonight, or no money is left."""
        job = Job(
            kind=kind,
            task_id=self._state.task_id,
            candidate_id=candidate_id,
            level=0.0,
            budget_usd=min(wanted_usd, self._left_usd),
            reason=reason,
            n_items=n_items,
            revision=self._tonight.revision(candidate_id),
        )
        if job.key not in self._done and job.budget_usd > 0 and self._tonight.is_on_sale(candidate_id):
            self._left_usd -= job.budget_usd
            yield job

    def _n_baseline_missing(self) -> int:
        """Items that the baseline has no outcome for; 0 where it cannot be asked any more."""
        baseline = self._state.baseline_id
        rows = [result for result in self._done.values() if result.job.kind == "measure" and result.end == "done"]
        standing = self._tonight.standing(baseline)
        if any(row.job.candidate_id == baseline for row in rows) or not self._tonight.is_on_sale(baseline):
            return 0
        return self._night.n_items - (standing.n_items if standing else 0)

    def _needed_usd(self, candidate_id: CandidateId, n_items: int, reserve: float | None = None) -> Decimal:
        """What so many items may take at most; where nobody knows the price, as if at the limit of the price rule."""
        cost_usd = self._tonight.cost_usd(candidate_id)
        if cost_usd is None:
            cost_usd = min(self._tonight.limit_usd, float(self._left_usd))
        return usd(cost_usd * n_items * (reserve or self._night.rules.reserve))
