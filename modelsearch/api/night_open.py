"""What a night is begun with: what is asked for, what the state and the catalogue make of it, and what it may cost."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Self

from modelsearch.api.night_job import JobDone, JobRun, run_job
from modelsearch.api.night_stage import Waiting
from modelsearch.api.night_work import NightWork, night_work
from modelsearch.api.registered import rules_of
from modelsearch.api.wiring import Watch
from modelsearch.core.ids import CandidateId, EndpointId, RunId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Job, JobResult, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.after import first_state
from modelsearch.nights.night import Night, NightRules, Offer
from modelsearch.settings import Settings
from modelsearch.store.night_store import STATE, NightStore

Runner = Callable[[Job, NightWork, JobRun], Awaitable[JobDone]]


@dataclass(frozen=True, kw_only=True)
class NightCall:
    """What a night is asked for with.

    Attributes:
        day: of the night; a day is done once.
        budget_usd: limit besides the task's own, such as what is left of all tasks' money; None = no other.
        only: of the newcomers, this endpoint's alone, and nothing else: a model that appeared between two nights.
        waiting: for batches and cheaper hours.
        runner: carries out a job.
        watch: called with every event of a job's run once it is durable.
    """

    day: date
    budget_usd: Decimal | None = None
    only: EndpointId | None = None
    waiting: Waiting = field(default_factory=Waiting)
    runner: Runner = run_job
    watch: Watch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNight:
    """A night as it was begun: whatever moves meanwhile, it ends as it was begun.

    Attributes:
        token: its own alone.
        state: of the task before it.
        day, offers, n_items, alpha, budget_usd, search_budget_usd, rules: as of `Night`, whose changes nothing depends
            on.
        only: as of `NightCall`.
    """

    token: str
    state: TaskState
    day: date
    offers: Mapping[CandidateId, Offer]
    n_items: int
    alpha: float
    budget_usd: Decimal
    search_budget_usd: Decimal | None
    rules: NightRules
    only: EndpointId | None = None

    @classmethod
    def of(cls, token: str, state: TaskState, night: Night, only: EndpointId | None) -> Self:
        """A night that begins now."""
        given = {field.name: getattr(night, field.name) for field in fields(night) if field.name != "changes"}
        return cls(token=token, state=state, only=only, **given)

    @property
    def night(self) -> Night:
        """As it was begun."""
        names = {field.name for field in fields(Night)} - {"changes"}
        return Night(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What the jobs of an open night have come to, and the runs of those that were begun."""

    token: str
    results: tuple[JobResult, ...] = ()
    runs: Mapping[str, RunId] = field(default_factory=dict)


def planned_from(
    registered: RegisteredTask, settings: Settings, call: NightCall, store: NightStore
) -> tuple[TaskState, NightWork, Night]:
    """The state before a night, what it is carried out with, and the night itself; nothing is written.

    Raises:
        InputError: task, catalogue, baseline or keys cannot be used.
    """
    known = store.read(STATE, TaskState)
    work = night_work(registered, settings, call.day, state=known)
    state = _state_of(work, known)
    rules = rules_of(registered)
    search_usd = registered.search_usd or registered.night_usd
    night = Night(
        day=call.day,
        offers=work.offers,
        n_items=len(work.task.items),
        alpha=work.task.alpha,
        budget_usd=_left_usd(registered.night_usd, state, store, call, registered),
        search_budget_usd=_left_usd(search_usd, state, store, call, registered),
        rules=rules if call.only is None else replace(rules, drift_items=0),
    )
    return state, work, night


def _state_of(work: NightWork, known: TaskState | None) -> TaskState:
    """The task's state; begun anew where the task is another one, but for the money that is gone."""
    fresh = first_state(work.registered.id, work.task_revision, work.baseline.id)
    if known is None:
        return fresh
    if (known.task_revision, known.baseline_id) == (fresh.task_revision, fresh.baseline_id):
        return known
    return replace(fresh, spend_usd=known.spend_usd, last_night=known.last_night)


def _left_usd(
    limit_usd: Decimal, state: TaskState, store: NightStore, call: NightCall, registered: RegisteredTask
) -> Decimal:
    """What tonight may cost, by every limit; what was spent on that day before counts."""
    day = call.day.isoformat()
    today = sum((Decimal(line["spend_usd"]) for line in store.history("nights") if line["day"] == day), ZERO_USD)
    limits = [limit_usd - today]
    limits += [] if registered.life_usd is None else [registered.life_usd - state.spend_usd]
    limits += [] if call.budget_usd is None else [call.budget_usd]
    return max(ZERO_USD, min(limits))
