"""A job as a search: whom it may ask, in which market, at which level and for how much."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.api.night_work import NightWork, plain_request
from modelsearch.api.request import SearchRequest
from modelsearch.api.scorer_models import scorer_endpoint
from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single, singles_of
from modelsearch.core.errors import OptionError, PriceUnknownError
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market
from modelsearch.core.money import ZERO_USD, usd
from modelsearch.core.nights import Job
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.taskfile.overrides import TaskOverrides

NEWCOMER_PLAN = "newcomer"
ANEW = "@anew"
"""What the id of an endpoint that is asked anew ends with, beside the same endpoint as it was."""


N_IN_FLIGHT, N_LOOKED_AT = 16, 16
"""Calls that a job can always have in flight, as far as its night's money reaches; items whose length is looked at."""


@dataclass(frozen=True, kw_only=True)
class JobSearch:
    """What a job is carried out as.

    Attributes:
        about: the candidate that the job is about, of this market.
        anew: the same, asked anew; itself where the job is no drift job.
    """

    request: SearchRequest
    market: Market
    about: Candidate
    anew: Candidate


def job_search(job: Job, work: NightWork, most_usd: Decimal) -> JobSearch:
    """The search that carries out a job.

    A job's budget is what its items are expected to cost, with some reserve. A call is reserved at the most that it can
    cost, so a few calls' bounds are added, or a small sample of a model that reasons could not be asked at all.

    Args:
        job: what is to be done.
        work: what it is done with.
        most_usd: what is left by all hard limits.

    Raises:
        OptionError: nobody knows the candidate any more.
    """
    about = work.candidate(job.candidate_id)
    if about is None:
        raise OptionError(f"task {job.task_id!r}: nobody knows {job.candidate_id!r} any more: it is not in the market")
    anew = anew_of(about) if job.kind == "drift" else about
    singles = dict.fromkeys((work.baseline, *singles_of(about), *singles_of(anew)))
    spare_usd = N_IN_FLIGHT * sum((_call_bound_usd(work, single) for single in singles_of(about)), ZERO_USD)
    changes: dict[str, object] = {"budget_usd": min(most_usd, job.budget_usd + spare_usd)}
    if job.place:
        changes |= {"seed": job.seed, "overrides": _overrides(job, work)}
    if job.kind == "search":
        return JobSearch(request=plain_request(work.registered, **changes), market=work.market, about=about, anew=anew)
    changes |= {"plan": NEWCOMER_PLAN, "candidates": tuple(str(single.id) for single in singles)}
    market = _with_anew(work.market, singles_of(anew), f"asked {work.day.isoformat()}")
    return JobSearch(
        request=plain_request(work.registered, **changes),
        market=_narrowed(market, singles, work),
        about=about,
        anew=anew,
    )


def _call_bound_usd(work: NightWork, single: Single) -> Decimal:
    """The most that a call of one of the first items can cost in USD; 0 where nobody knows."""
    endpoint, renderer = work.market.endpoints[single.endpoint_id], PromptRenderer(work.task)
    prices = PriceBook(market=work.market)
    requests = [(i, model_request(work.task, renderer, single, i, endpoint)) for i in work.task.items[:N_LOOKED_AT]]
    try:
        return max(prices.bound(endpoint, item.id, request) for item, request in requests)
    except PriceUnknownError:
        return ZERO_USD


def _overrides(job: Job, work: NightWork) -> TaskOverrides:
    """The job's level; and what a newcomer must cost less than, where that is no client's limit to be judged by."""
    wishes = work.task.requirements
    has_limits = any(limit is not None for limit in (wishes.max_cost_usd_per_1k, wishes.max_latency_s))
    most_usd = None if has_limits or job.max_cost_usd is None else usd(job.max_cost_usd * 1000)
    return TaskOverrides(alpha=job.level, max_cost_usd_per_1k=most_usd)


def anew_of(candidate: Candidate) -> Candidate:
    """The same candidate of endpoints that are asked anew."""
    if isinstance(candidate, Single):
        return replace(candidate, endpoint_id=EndpointId(f"{candidate.endpoint_id}{ANEW}"))
    members = tuple(replace(m, endpoint_id=EndpointId(f"{m.endpoint_id}{ANEW}")) for m in singles_of(candidate))
    return replace(candidate, legs=members) if isinstance(candidate, Cascade) else _ensemble(candidate, members)


def _ensemble(ensemble: Ensemble, members: tuple[Single, ...]) -> Ensemble:
    return replace(ensemble, members=members)


def _with_anew(market: Market, singles: Iterable[Single], asked: str) -> Market:
    """The market with endpoints that no stored reply is of; unchanged where nothing is asked anew."""
    endpoints = dict(market.endpoints)
    for single in singles:
        endpoint_id = EndpointId(str(single.endpoint_id).removesuffix(ANEW))
        if single.endpoint_id not in endpoints and endpoint_id in endpoints:
            known = endpoints[endpoint_id]
            salt = f"{known.revision} {asked}".strip()
            endpoints[single.endpoint_id] = replace(known, id=single.endpoint_id, revision=salt)
    return replace(market, endpoints=endpoints)


def _narrowed(market: Market, singles: Iterable[Single], work: NightWork) -> Market:
    """Only what the job can call: it is written down with every run."""
    scorer = scorer_endpoint(market, work.task)
    wanted = {single.endpoint_id for single in singles} | ({scorer.id} if scorer is not None else set())
    endpoints = {endpoint_id: market.endpoints[endpoint_id] for endpoint_id in sorted(wanted & set(market.endpoints))}
    models = {endpoint.model_id: market.models[endpoint.model_id] for endpoint in endpoints.values()}
    return replace(market, endpoints=endpoints, models=models)
