"""What a task's night is carried out with: the task as it is now, tonight's market and offers, and what is kept."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from modelsearch.api.begun import Begun, begun_now
from modelsearch.api.feedback import weights_of
from modelsearch.api.market import market_in_force
from modelsearch.api.request import SearchRequest
from modelsearch.api.wiring import Watch
from modelsearch.api.workers import Shared
from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.nights import TaskState
from modelsearch.core.offering import CatalogState
from modelsearch.core.plan import Phase
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.search import Move
from modelsearch.core.task import Requirements, TaskSpec
from modelsearch.nights.feedback import with_feedback
from modelsearch.nights.night import Offer
from modelsearch.nights.offers import offers_of
from modelsearch.nights.revisions import is_same, merged, since
from modelsearch.search.filters.cheapest_endpoint import CheapestEndpoint
from modelsearch.search.filters.task_requirements import TaskRequirements
from modelsearch.search.fold import Fold
from modelsearch.search.loop import decide_move
from modelsearch.settings import Settings
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.store.layout import fingerprint

_ANY_USD = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of an endpoint that was called: replies of another revision do not count.

    Attributes:
        revision: as `nights.revisions` tells it, every part that was ever told.
        salt: names what stands behind it since it was known to change (`Endpoint.revision`); "" = it never was.
        host: that answered, and so has to go on answering.
    """

    revision: str
    salt: str = ""
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composites:
    """What ensembles and cascades are made of that are, or may come to be, recommended; their ids tell nothing."""

    ensembles: Mapping[CandidateId, Ensemble] = field(default_factory=dict)
    cascades: Mapping[CandidateId, Cascade] = field(default_factory=dict)

    def find(self, candidate_id: CandidateId) -> Candidate | None:
        """The composite of an id."""
        return self.ensembles.get(candidate_id) or self.cascades.get(candidate_id)

    def with_candidate(self, candidate: Candidate) -> "Composites":
        """These and another; singles are left out, their ids tell all."""
        if isinstance(candidate, Ensemble):
            return replace(self, ensembles={**self.ensembles, candidate.id: candidate})
        if isinstance(candidate, Cascade):
            return replace(self, cascades={**self.cascades, candidate.id: candidate})
        return self

    def joined(self, others: "Composites") -> "Composites":
        """These and others."""
        return Composites(
            ensembles={**self.ensembles, **others.ensembles}, cascades={**self.cascades, **others.cascades}
        )


@dataclass(frozen=True, kw_only=True)
class NightWork:
    """Everything that the jobs of one task's night are carried out with.

    Attributes:
        market: with the revisions and hosts of what is kept in place.
        singles: candidates of the market by id, those that the task cannot use included.
        revisions: what stands behind each endpoint on offer tonight, unannounced changes counted.
        watch: called with every event of a job's run once it is durable.
        shared: what this worker shares with others on the same night; None = it is alone.
    """

    registered: RegisteredTask
    settings: Settings
    day: date
    task: TaskSpec
    market: Market
    baseline: Single
    singles: Mapping[CandidateId, Single]
    offers: Mapping[CandidateId, Offer]
    kept: Mapping[EndpointId, Kept] = field(default_factory=dict)
    revisions: Mapping[EndpointId, str] = field(default_factory=dict)
    composites: Composites = field(default_factory=Composites)
    watch: Watch | None = None
    shared: Shared | None = None

    @property
    def task_revision(self) -> str:
        """Another one begins the task anew: prompt, items, scorer, margin and alpha, not the client's wishes."""
        return fingerprint(task=replace(self.task, requirements=Requirements()))[:16]

    def candidate(self, candidate_id: CandidateId) -> Candidate | None:
        """The candidate of an id; None where nobody knows it (any more)."""
        return self.singles.get(candidate_id) or self.composites.find(candidate_id)


def plain_request(registered: RegisteredTask, **changes: object) -> SearchRequest:
    """A search of the task; jobs change budget, seed, plan and pool."""
    outcomes = registered.baseline_outcomes
    plain = SearchRequest(
        baseline=registered.baseline,
        task=Path(registered.task),
        budget_usd=_ANY_USD,
        plan=registered.plan,
        seed=registered.seed,
        baseline_outcomes=None if outcomes is None else Path(outcomes),
        past=(),  # the same night gives the same jobs the same answers
        batch=registered.batch,
        batch_deadline_h=registered.batch_deadline_h,
        batch_min_calls=registered.batch_min_calls,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def night_work(
    registered: RegisteredTask, settings: Settings, day: date, *, state: TaskState | None = None
) -> NightWork:
    """Read task and market, and find who is on offer; nothing is called.

    Args:
        registered: the task.
        settings: where catalogue, keys and stores are.
        day: of the night.
        state: before the night, whose candidates stay on offer though others are cheaper.

    Raises:
        InputError: task, catalogue, baseline or keys cannot be used.
    """
    market = market_in_force(settings, day)
    with ExitStack() as stack:
        begun = begun_now(plain_request(registered), settings, stack, market=market)
    setting, baseline = begun.setting, begun.source.baseline
    usable = [*_usable(begun, () if state is None else _known_ids(state, baseline.id))]
    offers = offers_of(
        usable, begun.source.market, list_cost_usd=setting.list_cost_usd, day=day, catalog=_catalog(settings)
    )
    offers = with_feedback(offers, weights_of(settings, registered.id, day), baseline.id)
    return NightWork(
        registered=registered,
        settings=settings,
        day=day,
        task=setting.task,
        market=begun.source.market,
        baseline=baseline,
        singles={single.id: single for single in begun.source.candidates},
        offers=offers,
    )


def with_kept(work: NightWork, kept: Mapping[EndpointId, Kept], composites: Composites, state: TaskState) -> NightWork:
    """The work with what is kept of endpoints brought up to tonight, and put into the market."""
    work = replace(work, composites=composites)
    days = _drifted_on(work, state)
    told = {offer.endpoint_ids[0]: offer.revision for offer in work.offers.values()}
    revisions = {endpoint_id: since(revision, days.get(endpoint_id)) for endpoint_id, revision in told.items()}
    now = {name: _kept_now(before, revisions.get(name, ""), work.day) for name, before in kept.items()}
    endpoints = {
        endpoint_id: _as_kept(endpoint, now[endpoint_id]) if endpoint_id in now else endpoint
        for endpoint_id, endpoint in work.market.endpoints.items()
    }
    return replace(work, kept=now, revisions=revisions, market=replace(work.market, endpoints=endpoints))


def _kept_now(before: Kept, revision: str, day: date) -> Kept:
    if is_same(before.revision, revision):
        return replace(before, revision=merged(before.revision, revision))
    return Kept(revision=revision, salt=f"{revision} from {day.isoformat()}")


def _as_kept(endpoint: Endpoint, kept: Kept) -> Endpoint:
    return replace(endpoint, revision=kept.salt, host=endpoint.host or kept.host)


def _drifted_on(work: NightWork, state: TaskState) -> dict[EndpointId, date]:
    """Since when an unannounced change is known, by endpoint."""
    found: dict[EndpointId, date] = {}
    for candidate_id, day in sorted(state.drifted.items(), key=lambda pair: pair[1]):
        candidate = work.candidate(candidate_id)
        for single in () if candidate is None else singles_of(candidate):
            found[single.endpoint_id] = day
    return found


def _usable(begun: Begun, known: Mapping[CandidateId, object] | tuple[()]) -> Iterator[Single]:
    """Who can be called and serves the task; of one model's hosts the cheapest, and whoever is known already."""
    fold = Fold(begun.setting)
    fold.apply(Move(phase="available", round=0, drops=begun.drops))
    left = []
    for step in (TaskRequirements(), CheapestEndpoint()):
        phase = Phase(name="usable", filters=(step,))
        fold.apply(decide_move(fold.view_of(phase.name, Decimal(0)), phase))
        left.append(set(fold.pool))
    able, cheapest = left
    for single in begun.source.candidates:
        if single.id in cheapest or (single.id in able and single.id in known):
            yield single


def _known_ids(state: TaskState, baseline_id: CandidateId) -> dict[CandidateId, None]:
    members = [CandidateId(use.endpoint_id) for standing in state.standings.values() for use in standing.uses]
    return dict.fromkeys((baseline_id, state.incumbent_id, *state.standings, *state.begun, *state.waiting, *members))


def _catalog(settings: Settings) -> CatalogState | None:
    return CatalogStore(settings.synced_catalog).state()
