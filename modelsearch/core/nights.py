"""Nouns of unattended life: what a task has come to, what a night is to do, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from modelsearch.core.feedback import FeedbackWeight
from modelsearch.core.ids import CandidateId, EndpointId, RunId, TaskId, sha256_hex
from modelsearch.core.money import ZERO_USD
from modelsearch.core.result import Verdict

JobKind = Literal["search", "measure", "screen", "drift"]
JobEnd = Literal["done", "out_of_money", "pending", "failed"]
NightEnd = Literal["done", "out_of_money", "held", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUse:
    """Mean billed tokens per item at one endpoint: by what a composite is re-rated when prices move."""

    endpoint_id: EndpointId
    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one candidate on one task, as long as nothing behind its name changes.

    Attributes:
        revision: of the endpoint when it was measured; another one voids the standing.
        place: its number among all that the task ever tested, from 1: its certificate was tested at that level.
        verdict: against the baseline, at the task's margin.
        quality: mean score in [0, 1]; `gap`: quality minus the baseline's on shared items.
        cost_usd: expected USD per item at the prices of `tested_on`; re-rated when prices move.
        tokens_in, tokens_out: mean billed tokens per item, by which a new price is applied free of charge.
        uses: of a composite, by endpoint; empty = a single, whose own tokens say all.
        log_e_value: evidence behind the verdict (`Estimate.log_e_value`; 1000 = sure).
        rated_usd: tokens times the prices that `cost_usd` was last rated at; 0 = not rated yet.
        is_feasible: False where a limit of the client is broken: never recommended, whatever its verdict.
    """

    candidate_id: CandidateId
    revision: str
    place: int
    verdict: Verdict
    n_items: int
    quality: float
    gap: float
    cost_usd: float
    tested_on: date
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    run_id: RunId | None = None
    uses: tuple[TokenUse, ...] = ()
    log_e_value: float = 0.0
    rated_usd: float = 0.0
    is_feasible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Why somebody on sale is neither tested nor waiting: judged at this revision and price, and what was said.

    Attributes:
        cost_usd: expected USD per item at the time; None = unknown.
        limit_usd: what it had to stay below then, to be worth a test.
        is_final: not asked about again at this revision (a search had it in its pool, or its test was given up);
            else as soon as the reason is gone.
    """

    revision: str
    cost_usd: float | None
    limit_usd: float
    reason: str
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A test that was begun and is not over: it goes on at its own place, in its own order of items.

    Attributes:
        n_nights: nights that it has been worked on.
    """

    place: int
    revision: str
    n_nights: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What a registered task has come to; the truth between nights.

    Attributes:
        task_revision: hash of prompt, items, scorer and margin; another one begins the task anew.
        incumbent_id: who serves it by our last recommendation; the baseline until something is certified.
        standings: of all that were tested, by candidate, at their latest revision.
        n_tested: tests begun in the task's whole life: the k of the next level is one more.
        waiting: who is to be tested and is not yet, oldest first; tests that are begun among them.
        begun: tests under way, by candidate; a search's under the baseline.
        seen: who is on sale, and neither tested nor waiting, and why.
        drifted: since when an unannounced change is known: outcomes from before count for nothing.
        missing: endpoints of the incumbent or baseline that are gone or about to go.
        drift: state of the tests for drift by candidate, opaque to all but `nights.drift`.
        last_night: the day of the newest night; a night is done once.
    """

    task_id: TaskId
    task_revision: str
    baseline_id: CandidateId
    incumbent_id: CandidateId
    standings: Mapping[CandidateId, Standing] = field(default_factory=dict)
    n_tested: int = 0
    waiting: tuple[CandidateId, ...] = ()
    missing: tuple[CandidateId, ...] = ()
    drift: Mapping[CandidateId, tuple[float, ...]] = field(default_factory=dict)
    spend_usd: Decimal = ZERO_USD
    last_night: date | None = None
    begun: Mapping[CandidateId, Begun] = field(default_factory=dict)
    seen: Mapping[CandidateId, Seen] = field(default_factory=dict)
    drifted: Mapping[CandidateId, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of a night's work on one task: one owner, at most one open run.

    Attributes:
        kind: search = the whole pool (first night, or the incumbent is lost); measure = the baseline's (or the
            incumbent's) own row, so that newcomers have something to be compared with; screen = one newcomer in two
            steps; drift = a small rotating sample of one candidate, asked anew.
        candidate_id: whom it is about; of a search the baseline.
        level: alpha that its certificate may use.
        budget_usd: hard limit.
        reason: for people: which change, or what was missing.
        n_items: of drift and measure: how many items; 0 = all.
        revision: what stands behind the candidate's name tonight: replies of another revision do not count.
        max_cost_usd: USD per item above which it is of no use (it would be no cheaper); None = no such limit.
    """

    kind: JobKind
    task_id: TaskId
    candidate_id: CandidateId
    level: float
    budget_usd: Decimal
    reason: str
    place: int = 0
    n_items: int = 0
    revision: str = ""
    max_cost_usd: float | None = None

    @property
    def key(self) -> str:
        """Names the piece of work within a night, for its owner's claim."""
        return f"{self.task_id}/{self.kind}/{self.candidate_id}"

    @property
    def seed(self) -> int:
        """Of its item order: each place draws its own, apart from all that is known, so that its level holds
        whatever made us test it; the same each night that the test goes on.
        """
        return int(sha256_hex([self.task_id, self.place])[:8], 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What came of a job. A search's choice is in `chosen_id`; of the others the one standing is what counts.

    Attributes:
        standings: of everybody measured; certified ones have verdict non_inferior.
        samples: of a drift job: pairs (item index, old score, new score) in the order asked.
        cost_samples, latency_samples: of a drift job, the same in USD and in s; items without a price, or a time, are
            left out.
        error: why it failed, in one line without secrets.
    """

    job: Job
    end: JobEnd
    standings: tuple[Standing, ...] = ()
    chosen_id: CandidateId | None = None
    samples: tuple[tuple[int, float, float], ...] = ()
    cost_samples: tuple[tuple[int, float, float], ...] = ()
    latency_samples: tuple[tuple[int, float, float], ...] = ()
    spend_usd: Decimal = ZERO_USD
    n_calls: int = 0
    run_id: RunId | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncumbentMove:
    """A recommendation that moved, with what it rests on."""

    task_id: TaskId
    day: date
    from_id: CandidateId
    to_id: CandidateId
    reason: str
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something a person should see. `code` is stable, for routing: drift, held_sync, incumbent_gone and others."""

    code: str
    subject: str
    day: date
    message: str
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """One night of one task."""

    task_id: TaskId
    day: date
    end: NightEnd
    results: tuple[JobResult, ...] = ()
    moves: tuple[IncumbentMove, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    spend_usd: Decimal = ZERO_USD
    waiting: tuple[CandidateId, ...] = ()
    declined: Mapping[CandidateId, Seen] = field(default_factory=dict)
    feedback: tuple[FeedbackWeight, ...] = ()
