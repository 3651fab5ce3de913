"""What is known of a run: outcomes by candidate, item and repeat; what is missing; composites from their members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import Candidate, Ensemble, Single, singles_of
from modelsearch.core.events import OutcomeScored
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.ports import Recorder, Scorer
from modelsearch.core.search import Probe
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.composite import composite_outcome
from modelsearch.evaluate.outcome_log import Cell, OutcomeLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One outcome to buy."""

    single: Single
    item: Item
    repeat: int

    @property
    def cell(self) -> Cell:
        """Its place."""
        return self.single.id, self.item.id, self.repeat

    @property
    def not_run(self) -> Outcome:
        """Its outcome as long as there is none."""
        return Outcome(candidate_id=self.single.id, item_id=self.item.id, repeat=self.repeat, status=Status.NOT_RUN)


class Known:
    """Outcomes of a run. Everything added is journalled first; nothing is added twice."""

    def __init__(self, task: TaskSpec, scorer: Scorer, recorder: Recorder) -> None:
        self._task = task
        self._scorer = scorer
        self._recorder = recorder
        self._items = {item.id: item for item in task.items}
        self._outcomes = OutcomeLog()
        self._heirs: dict[CandidateId, list[Single]] = {}

    def restore(self, outcomes: Iterable[Outcome]) -> None:
        """Take in outcomes that the journal holds already; those not run are open again."""
        for outcome in outcomes:
            if outcome.status is not Status.NOT_RUN:
                self._outcomes[outcome.candidate_id, outcome.item_id, outcome.repeat] = outcome

    def add(self, outcome: Outcome) -> None:
        """Journal and keep an outcome; one not run is neither, for it may be bought later."""
        cell = (outcome.candidate_id, outcome.item_id, outcome.repeat)
        if outcome.status is not Status.NOT_RUN and cell not in self._outcomes:
            self._recorder.append(OutcomeScored(outcome=outcome))
            self._outcomes[cell] = outcome

    def split(self, candidate_id: CandidateId, heir: Single) -> bool:
        """Note that `heir` answers for a single; False where that is known.

        An item that an heir has answered for it is not asked of the single again: it would be paid twice.
        """
        heirs = self._heirs.setdefault(candidate_id, [])
        is_new = heir not in heirs
        if is_new:
            heirs.append(heir)
        return is_new

    def is_known(self, candidate_id: CandidateId, item_id: ItemId, repeat: int) -> bool:
        """Whether the outcome is there."""
        return (candidate_id, item_id, repeat) in self._outcomes

    def outcome(self, candidate_id: CandidateId, item_id: ItemId, repeat: int = 0) -> Outcome | None:
        """The outcome, if it is there."""
        return self._outcomes.get((candidate_id, item_id, repeat))

    def jobs(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Job]:
        """What has to be bought for the probes, members of composites included, each once, in the probes' order."""
        wanted: dict[Cell, Job] = {}
        for probe in probes:
            for item_id in probe.item_ids:
                for job in self.jobs_of(candidates[probe.candidate_id], item_id):
                    wanted.setdefault(job.cell, job)
        return list(wanted.values())

    def jobs_of(self, candidate: Candidate, item_id: ItemId) -> Iterable[Job]:
        """What one item of a candidate still needs."""
        known = self._outcomes
        for single in singles_of(candidate):
            for repeat in range(self._task.n_repeats):
                if (single.id, item_id, repeat) not in known and not self._inherited(single, item_id, repeat):
                    yield Job(single=single, item=self._items[item_id], repeat=repeat)

    def collect(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        """An outcome for each item and repeat of the probes, and those of heirs; composites are made here."""
        cells = [
            (candidates[probe.candidate_id], item_id, repeat)
            for probe in probes
            for item_id in probe.item_ids
            for repeat in range(self._task.n_repeats)
        ]
        found = [self._outcome(*cell) for cell in cells]
        return found + [outcome for cell in cells for outcome in self._inherited(*cell)]

    def _inherited(self, candidate: Candidate, item_id: ItemId, repeat: int) -> list[Outcome]:
        """What heirs have answered for a candidate; the one that was there first is nobody's heir."""
        if not self._heirs:  # nearly always
            return []
        heirs = [heir for heir in self._heirs.get(candidate.id, ()) if heir.served_by]
        found = [self._outcomes.get((heir.id, item_id, repeat)) for heir in heirs]
        return [outcome for outcome in found if outcome is not None]

    def _outcome(self, candidate: Candidate, item_id: ItemId, repeat: int) -> Outcome:
        cell = (candidate.id, item_id, repeat)
        known = self._outcomes.get(cell)
        if known is not None:
            return known
        members = [self._outcomes.get((single.id, item_id, repeat)) for single in singles_of(candidate)]
        found = [outcome for outcome in members if outcome is not None]
        if isinstance(candidate, Single) or (len(found) < len(members) and isinstance(candidate, Ensemble)):
            return Outcome(candidate_id=candidate.id, item_id=item_id, repeat=repeat, status=Status.NOT_RUN)
        outcome = composite_outcome(candidate, found, self._items[item_id], self._task, self._scorer)
        self.add(outcome)
        return outcome
