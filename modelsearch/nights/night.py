"""What a night of one task is decided from, and what is decided: values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.nights import Alarm, IncumbentMove, Job, Seen, TaskState
from modelsearch.core.offering import ModelChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Somebody on sale tonight whom the task could use.

    Attributes:
        endpoint_ids: what is called; one for a single.
        revision: as `revisions.revision_of` tells it.
        list_cost_usd: expected USD per item by list price and the task's own lengths; None = price unknown.
        usd_per_mtok_input, usd_per_mtok_output: tonight's price by which standings are re-rated; None = unknown.
        is_timed: billed by the second, so that no list tells its cost; it is tested first and judged then.
        p_good: chance that it is as good as the baseline, from whatever is known beforehand; orders the line only.
        deprecated_on: last day of service, or None.
    """

    candidate_id: CandidateId
    endpoint_ids: tuple[EndpointId, ...]
    revision: str = ""
    list_cost_usd: float | None = None
    usd_per_mtok_input: float | None = None
    usd_per_mtok_output: float | None = None
    is_timed: bool = False
    p_good: float = 0.5
    deprecated_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRules:
    """The house's rules; a task may have others.

    Attributes:
        slack: a list price guesses tokens: up to this multiple of the incumbent's cost is worth a test.
        reserve: a test's budget is this many times what all its items are expected to cost.
        drift_items: items of incumbent and of baseline asked anew each night; 0 = none.
        notice_days: a model that ends within so many days is as good as gone.
        least_gain: share of the incumbent's cost that another certified one must save before we move.
        max_nights: nights that a test may be worked on without an end, before it is given up.
    """

    slack: float = 2.0
    reserve: float = 3.0
    drift_items: int = 50
    notice_days: int = 30
    least_gain: float = 0.02
    max_nights: int = 7

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: one out of its range.
        """
        if self.slack < 1 or self.reserve < 1:
            raise ValueError(f"slack and reserve of NightRules must be at least 1, got {self.slack}, {self.reserve}")
        if not 0 <= self.least_gain < 1:
            raise ValueError(f"least_gain of NightRules must be in [0, 1), got {self.least_gain}")
        if self.drift_items < 0 or self.notice_days < 0 or self.max_nights < 1:
            raise ValueError("drift_items and notice_days of NightRules must be at least 0, max_nights at least 1")


@dataclass(frozen=True, kw_only=True)
class Night:
    """One night of one task.

    Attributes:
        offers: everybody on sale whom the task could use, the baseline among them while it is on sale. Whoever is
            missing here is gone, so no event has to arrive for us to know.
        n_items: of the task; alpha: its level for the whole life.
        budget_usd: what this task may spend tonight.
        search_budget_usd: what a search over everybody may spend (the first night, or when the incumbent is lost);
            None = the night's budget.
        changes: what the catalogue says happened; for reasons only, nothing depends on them.
    """

    day: date
    offers: Mapping[CandidateId, Offer]
    n_items: int
    alpha: float
    budget_usd: Decimal
    search_budget_usd: Decimal | None = None
    rules: NightRules = field(default_factory=NightRules)
    changes: tuple[ModelChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """The next stage: jobs that may run beside each other, and what becomes of everybody else.

    Attributes:
        jobs: empty = the night is over.
        waiting: who stays in the line tonight; declined: who is newly told why not.
    """

    jobs: tuple[Job, ...] = ()
    waiting: tuple[CandidateId, ...] = ()
    declined: Mapping[CandidateId, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOutcome:
    """What a night has come to: the task's new state, and what people should know."""

    state: TaskState
    moves: tuple[IncumbentMove, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    declined: Mapping[CandidateId, Seen] = field(default_factory=dict)
