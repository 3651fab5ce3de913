"""Calls that came to nothing, kept apart until their round is over: does the search go on without them?

A provider that fails costs its candidates their outcomes, and the search goes on: what was surely not billed stays
open, and may be asked in later rounds, a few times. But where nobody answers, or too little of the baseline does,
there is nothing to compare: the search stops, and as nothing of the failures is in the journal, a resumed one asks
again.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from modelsearch.core.errors import NoAnswerError
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.evaluate.caller import Answer
from modelsearch.evaluate.known import Job, Known
from modelsearch.evaluate.outcome_log import Cell

MIN_FAILED = 3
"""Fewer failures than this stop nothing: they may be chance."""
MAX_LOST_SHARE = 0.02
"""Of what the baseline was asked in a round: with more lost to failures, it is no longer the planned comparison."""
MAX_TRIES = 3
"""Rounds in which an item is asked in vain before it counts as lost."""
FailureKind = Literal["outage", "aside", "unknown", "closed", "fault"]


class Failure(NamedTuple):
    """Why a call came to nothing.

    `outage`: surely not billed, and may pass; `aside`: not asked, for its endpoint was down and others were not;
    `unknown`: may be on the bill; `closed`: the endpoint is of no use any more; `fault`: the item's own.
    """

    reason: str
    kind: FailureKind


def failure_of(answer: Answer) -> Failure | None:
    """What it means that a call came to nothing; None where it did not."""
    if answer.reply.status not in (Status.ERROR, Status.TIMEOUT):
        return None
    kind: FailureKind = "fault"
    if answer.is_unknown:
        kind = "unknown"
    elif answer.kind in ("gone", "incapable"):
        kind = "closed"
    elif answer.kind in ("rate", "transient"):
        kind = "outage"
    return Failure(answer.reply.error, kind)


@dataclass(kw_only=True)
class Unanswered:
    """The failures of one round at a time, and how often each item failed in all.

    Attributes:
        baseline_id: without its answers a search makes no sense.
    """

    baseline_id: CandidateId | None = None
    _kept: dict[Cell, Outcome] = field(default_factory=dict)
    _open: set[Cell] = field(default_factory=set)
    _n_answered: Counter[CandidateId] = field(default_factory=Counter)
    _failures: dict[CandidateId, list[Failure]] = field(default_factory=dict)
    _n_tries: Counter[Cell] = field(default_factory=Counter)

    def holds(self, job: Job) -> bool:
        """Whether the job has failed in this round, and is kept here."""
        return job.cell in self._kept

    def take(self, job: Job, outcome: Outcome, failure: Failure | None) -> bool:
        """Take note of an outcome; True where it is kept here until the round ends.

        What may be on the bill is not kept: it belongs into the journal at once, and is not bought again.
        """
        if failure is not None and failure.kind == "aside":
            self._kept[job.cell] = outcome
            self._open.add(job.cell)
            return True
        candidate_id = job.single.as_first_served.id
        if failure is None:
            self._n_answered[candidate_id] += outcome.status not in (Status.NOT_RUN, Status.ERROR)
            return False
        self._failures.setdefault(candidate_id, []).append(failure)
        if failure.kind == "unknown" or outcome.spend_usd > 0:
            return False
        self._kept[job.cell] = outcome
        if failure.kind == "outage":
            self._n_tries[job.cell] += 1
            if self._n_tries[job.cell] < MAX_TRIES:
                self._open.add(job.cell)
        return True

    def close(self, known: Known) -> None:
        """End the round: its failures become outcomes like any other, but for those that stay open.

        Raises:
            NoAnswerError: nobody answered, or too little of the baseline did; the failures are forgotten.
        """
        kept, still_open, answered, failures = self._kept, self._open, self._n_answered, self._failures
        self._kept, self._open, self._n_answered, self._failures = {}, set(), Counter(), {}
        self._check_baseline(failures, answered)
        self._check_all(failures, answered)
        for cell in sorted(kept.keys() - still_open):
            known.add(kept[cell])

    def _check_baseline(self, failures: dict[CandidateId, list[Failure]], n_answered: Counter[CandidateId]) -> None:
        if self.baseline_id is None:
            return
        found, n_good = failures.get(self.baseline_id, []), n_answered[self.baseline_id]
        lost = [failure for failure in found if failure.kind != "fault" or not n_good]
        if len(lost) >= MIN_FAILED and len(lost) > MAX_LOST_SHARE * (len(found) + n_good):
            whose = f"the baseline {self.baseline_id!r}"
            raise _no_answer(whose, lost, len(found) + n_good)

    def _check_all(self, failures: dict[CandidateId, list[Failure]], n_answered: Counter[CandidateId]) -> None:
        lost = [failure for found in failures.values() for failure in found]
        if not n_answered.total() and len(failures) > 1 and len(lost) >= MIN_FAILED:
            raise _no_answer(f"any of {len(failures)} candidates", lost, len(lost))


def _no_answer(whose: str, lost: list[Failure], n_asked: int) -> NoAnswerError:
    of_all = "" if n_asked == len(lost) else f" of {n_asked}"
    return NoAnswerError(
        f"no answer from {whose} in {len(lost)}{of_all} calls (the first said: {lost[0].reason}): "
        "see to the network, the provider and the model's name, then `modelsearch resume`"
    )
