"""The values of a search: what is asked, who leaves, what is known. Strategies read a view and return these."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from modelsearch.core.budget import Budget
from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.ids import CandidateId, ItemId, sha256_hex
from modelsearch.core.market import Endpoint, Market, Model
from modelsearch.core.outcome import Status
from modelsearch.core.task import TaskSpec

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

STATUS_CODES: Mapping[Status, int] = {status: code for code, status in enumerate(Status, start=1)}
"""Codes in `OutcomeMatrix.status`; 0 = no outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A wanted set of items of a candidate: only those not yet known are bought, so asking twice costs once.

    Attributes:
        p_draw: probability with which each item was drawn, or None where it is the next of the shared order.
    """

    candidate_id: CandidateId
    item_ids: tuple[ItemId, ...]
    p_draw: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A removal from the pool: who, why in one sentence, the numbers behind it, and what would bring it back."""

    candidate_id: CandidateId
    reason: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    remedy: str = ""
    strategy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """All decisions of one round, appended to the journal before any of its calls.

    Attributes:
        is_cut: whether the sampler wanted more than the budget can hold.
    """

    phase: str
    round: int
    drops: tuple[Drop, ...] = ()
    additions: tuple[Candidate, ...] = ()
    probes: tuple[Probe, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Everything fixed before the first call.

    Attributes:
        item_ids: the one random order of all items, drawn before and apart from any outcome, clusters together.
        candidates: the starting pool sorted by id, the baseline among them.
        baseline_id: in a view the heir's, where what serves the baseline has changed since (`search.splits`).
        list_cost_usd: expected USD per item from list prices and the task's own token estimate; absent = unknown.
        is_votable: whether equal answers are equal text to the task's scorer, so that they can be put to a vote.
        is_cost_known: whether `list_cost_usd` holds true mean costs instead of guesses (a serving log tells them).
        past_quality: mean score in [0, 1] that past searches and similar tasks let expect on this task; a regressor to
            be weighed against what is bought, never an outcome; absent = unknown.
    """

    task: TaskSpec
    market: Market
    item_ids: tuple[ItemId, ...]
    candidates: tuple[Candidate, ...]
    baseline_id: CandidateId
    budget: Budget
    list_cost_usd: Mapping[CandidateId, float] = field(default_factory=dict)
    seed: int = 0
    is_votable: bool = True
    is_cost_known: bool = False
    past_quality: Mapping[CandidateId, float] = field(default_factory=dict)

    @cached_property
    def item_index(self) -> Mapping[ItemId, int]:
        """Column of each item."""
        return {item_id: column for column, item_id in enumerate(self.item_ids)}

    @cached_property
    def item_weights(self) -> Floats:
        """(n_items,) weights in the shared order, mean 1; class weights are folded in where the metric asks."""
        items = {item.id: item for item in self.task.items}
        weights = np.array([items[i].weight for i in self.item_ids], dtype=np.float64)
        if self.task.metric == "class_weighted_mean":
            targets = [str(items[i].target) for i in self.item_ids]
            counts = Counter(targets)
            weights = weights / np.array([counts[target] for target in targets], dtype=np.float64)
        return np.asarray(weights / weights.mean(), dtype=np.float64)

    @cached_property
    def cluster_codes(self) -> Ints:
        """(n_items,) cluster number of each item in the shared order; an item without cluster is its own."""
        items = {item.id: item for item in self.task.items}
        names = [items[i].cluster or f"item:{i}" for i in self.item_ids]
        codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
        return np.array([codes[name] for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMatrix:
    """What is known, candidates by items. Rows follow `SearchView.candidates`, columns `Setting.item_ids`.

    Attributes:
        score: (n_candidates, n_items) in [0, 1], NaN = none (not bought, or failed without a counted score).
        status: (n_candidates, n_items) code of `STATUS_CODES`, 0 = no outcome.
        cost_usd: (n_candidates, n_items) serving cost of the item, NaN = not known.
        latency_s: (n_candidates, n_items), NaN = not known.
        answer: (n_candidates, n_items) index into `answers`, -1 = none.
        noise: (n_candidates, n_items) estimated variance of the score as a mean of repeats or judgements, NaN = there
            was one, so it is not known. All NaN where it is not given.
        confidence: (n_candidates, n_items) how sure the candidate was of its answer, in [0, 1] (`Outcome.confidence`,
            the mean over repeats), NaN = it did not say. All NaN where it is not given.
    """

    score: npt.NDArray[np.float32]
    status: npt.NDArray[np.uint8]
    cost_usd: Floats
    latency_s: npt.NDArray[np.float32]
    answer: npt.NDArray[np.int32]
    answers: Sequence[str] = ()
    confidence: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    noise: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))

    def __post_init__(self) -> None:
        for name in ("confidence", "noise"):
            if getattr(self, name).size == 0:
                silent = np.full(self.score.shape, np.nan, dtype=np.float32)
                silent.setflags(write=False)
                object.__setattr__(self, name, silent)


@dataclass(frozen=True, kw_only=True)
class SearchView:
    """What a strategy may read, and all of it: closed rounds only. Arrays are read-only.

    Attributes:
        candidates: everything ever in the pool, in row order of `outcomes`.
        pool: live candidates sorted by id, the baseline always among them.
        priors: prior merit of live candidates, higher is better, from the phase's rankers.
        spend_left_usd: what this phase may still spend.
        round: number of the round to decide, from 0 in each phase.
        made_at: for candidates made from data, how many positions of the shared order had been looked at by then:
            their certificates may bet on later positions only. Absent = 0.
        dropped_free: who left before any probe of the search was decided: not usable here, whatever their quality.
        moves: of all closed rounds of all phases, in order; what is known without having been asked was there before.
    """

    setting: Setting
    candidates: tuple[Candidate, ...]
    pool: tuple[CandidateId, ...]
    outcomes: OutcomeMatrix
    phase: str = ""
    priors: Mapping[CandidateId, float] = field(default_factory=dict)
    spend_left_usd: Decimal = Decimal(0)
    round: int = 0
    made_at: Mapping[CandidateId, int] = field(default_factory=dict)
    dropped_free: frozenset[CandidateId] = frozenset()
    moves: tuple[Move, ...] = ()

    @property
    def task(self) -> TaskSpec:
        """The task spec."""
        return self.setting.task

    @property
    def baseline_id(self) -> CandidateId:
        """The reference candidate."""
        return self.setting.baseline_id

    @cached_property
    def row(self) -> Mapping[CandidateId, int]:
        """Row of each candidate in `outcomes`."""
        return {candidate.id: row for row, candidate in enumerate(self.candidates)}

    def candidate(self, candidate_id: CandidateId) -> Candidate:
        """The candidate of an id."""
        return self.candidates[self.row[candidate_id]]

    def endpoint(self, candidate_id: CandidateId) -> Endpoint | None:
        """The endpoint of a single; None for a composite."""
        candidate = self.candidate(candidate_id)
        return self.setting.market.endpoints[candidate.endpoint_id] if isinstance(candidate, Single) else None

    def model(self, candidate_id: CandidateId) -> Model | None:
        """The model of a single; None for a composite."""
        endpoint = self.endpoint(candidate_id)
        return None if endpoint is None else self.setting.market.models[endpoint.model_id]

    def n_bought(self, candidate_id: CandidateId) -> int:
        """Items of a candidate with any outcome."""
        return int(np.count_nonzero(self.outcomes.status[self.row[candidate_id]]))

    @property
    def rng(self) -> np.random.Generator:
        """A generator that is a function of seed, phase and round alone."""
        words = sha256_hex([self.setting.seed, self.phase, self.round])
        return np.random.default_rng(int(words[:16], 16))
