"""Calls that came to nothing, kept apart until their round is over: does the search go on without them?

A provider that fails costs its candidates their outcomes, and the search goes on. But where nobody answers, or the
baseline does not, there is nothing to compare: the search stops, and as nothing of the failures is in the journal, a
resumed one asks again.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from modelsearch.core.errors import NoAnswerError
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.evaluate.known import Job, Known


class Failure(NamedTuple):
    """Why a call came to nothing, and whether it may be on the bill in spite of that."""

    reason: str
    is_unknown: bool


MIN_FAILED = 3
"""Fewer failures than this stop nothing: they may be chance."""
Cell = tuple[CandidateId, ItemId, int]


@dataclass(kw_only=True)
class Unanswered:
    """The failures of one round at a time.

    Attributes:
        baseline_id: without its answers a search makes no sense.
    """

    baseline_id: CandidateId | None = None
    _kept: dict[Cell, Outcome] = field(default_factory=dict)
    _answered: set[CandidateId] = field(default_factory=set)
    _failures: dict[CandidateId, list[str]] = field(default_factory=dict)

    def holds(self, job: Job) -> bool:
        """Whether the job has failed in this round, and is kept here."""
        return job.cell in self._kept

    def take(self, job: Job, outcome: Outcome, failure: Failure | None) -> bool:
        """Take note of an outcome; True where it is kept here until the round ends.

        What may be on the bill is not kept: it belongs into the journal at once, and is not bought again.
        """
        candidate_id = job.single.id
        if failure is None:
            if outcome.status is not Status.NOT_RUN:
                self._answered.add(candidate_id)
            return False
        self._failures.setdefault(candidate_id, []).append(failure.reason)
        if failure.is_unknown or outcome.spend_usd > 0:
            return False
        self._kept[job.cell] = outcome
        return True

    def close(self, known: Known) -> None:
        """End the round: its failures become outcomes like any other.

        Raises:
            NoAnswerError: nobody answered, or the baseline did not; the failures are forgotten.
        """
        kept, answered, failures = self._kept, self._answered, self._failures
        self._kept, self._answered, self._failures = {}, set(), {}
        self._check({name: reasons for name, reasons in failures.items() if name not in answered}, answered)
        for cell in sorted(kept):
            known.add(kept[cell])

    def _check(self, silent: dict[CandidateId, list[str]], answered: set[CandidateId]) -> None:
        n_failed = sum(len(reasons) for reasons in silent.values())
        if self.baseline_id is not None and len(silent.get(self.baseline_id, ())) >= MIN_FAILED:
            whose, reasons = f"the baseline {self.baseline_id!r}", silent[self.baseline_id]
        elif not answered and len(silent) > 1 and n_failed >= MIN_FAILED:
            whose, reasons = f"any of {len(silent)} candidates", [r for each in silent.values() for r in each]
        else:
            return
        message = (
            f"no answer from {whose} in {len(reasons)} calls (the first said: {reasons[0]}): "
            "see to the network, the provider and the model's name, then `modelsearch resume`"
        )
        raise NoAnswerError(message)
