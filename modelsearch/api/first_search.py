"""Before a first search: what so many items can prove, which endpoint is meant, and what a search is likely to cost."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from modelsearch.api.begun import setting_of
from modelsearch.api.pool import candidates_of, list_costs_of
from modelsearch.api.preview import previews
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.search.plan import make_plan
from modelsearch.settings import Settings
from modelsearch.stats.power import items_of_finite, items_to_certify, margin_within_reach

DISCORDANCE = 0.1
"""Share of items on which a good replacement and the baseline differ: what is usual, not known of this task."""
N_COMPARED = 10
"""Candidates that a claim is shared among, as a rule of thumb."""
PLAN = "balanced"
LEAST_USD = Decimal(1)
_AMPLE_USD = Decimal(100_000)
_ROOM = 3
"""Times what is likely: the budget is a hard limit, and calls are reserved at their upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What so many items can prove, by rules of thumb.

    Attributes:
        n_needed: items to buy of an equal candidate until it is certified within the margin on these very items.
        margin_elsewhere: smallest margin that could be claimed for items like these that were never seen.
        n_elsewhere: items that would be needed to claim the task's own margin for those.
    """

    n_items: int
    margin: float
    n_needed: int
    margin_elsewhere: float
    n_elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """What money is about, at list prices in USD; None = the price is not known.

    Attributes:
        item_usd: of the baseline.
        pass_usd: the baseline on every item once.
        month_usd: the baseline for a month's items.
        budget_usd: proposed hard limit of a search.
        n_candidates: that could replace it.
    """

    item_usd: Decimal
    pass_usd: Decimal
    budget_usd: Decimal
    n_candidates: int
    month_usd: Decimal | None = None


def proof_of(task: TaskSpec) -> Proof:
    """What the task's items can prove."""
    n_items, level = len(task.items), task.alpha / N_COMPARED
    endless = items_to_certify(DISCORDANCE, 0.0, task.margin, level) if task.margin > 0 else math.inf
    return Proof(
        n_items=n_items,
        margin=task.margin,
        n_needed=min(n_items, math.ceil(items_of_finite(endless, n_items))),
        margin_elsewhere=margin_within_reach(DISCORDANCE, n_items, task.alpha),
        n_elsewhere=0
        if math.isinf(endless)
        else math.ceil(items_to_certify(DISCORDANCE, 0.0, task.margin, task.alpha)),
    )


def near_endpoints(text: str, market: Market, settings: Settings, limit: int = 8) -> tuple[str, ...]:
    """Ids of endpoints that may be meant, the likeliest first: those that can be called with the keys at hand lead.

    Args:
        text: what somebody typed: an id, a model's name, a part of it.
        market: what is on sale.
        settings: whose environment holds keys.
        limit: at most so many.
    """
    ids = [str(endpoint_id) for endpoint_id in market.endpoints]
    wanted = text.strip().casefold()
    if not wanted or text in ids:
        return (text,) if text in ids else ()
    plain = {_bare(endpoint_id): endpoint_id for endpoint_id in ids}
    held = [endpoint_id for endpoint_id in ids if _bare(wanted) in _bare(endpoint_id)]
    close = [plain[each] for each in get_close_matches(_bare(wanted), plain, limit, 0.6)]
    has_key = _callable(market, settings)

    def rank(endpoint_id: str) -> tuple[bool, bool, bool, int, str]:
        tail = endpoint_id.casefold().rpartition("/")[2]
        is_held = endpoint_id in held
        return (not is_held, tail != wanted.rpartition("/")[2], not has_key[endpoint_id], len(endpoint_id), endpoint_id)

    return tuple(sorted({*held, *close}, key=rank)[:limit])


def outlay_of(
    task: TaskSpec, baseline: str, market: Market, settings: Settings, *, monthly_items: int | None = None
) -> Outlay | None:
    """What a search is likely to cost, and what today's model does; None where the baseline's price is not known.

    Args:
        task: what is to be done.
        baseline: id of an endpoint of the market.
        market: at whose list prices.
        settings: where plans are.
        monthly_items: how many items a month there are.
    """
    prices, renderer, candidates = PriceBook(market=market), PromptRenderer(task), candidates_of(task, market)
    costs = list_costs_of(task, market, candidates, prices, renderer)
    chosen = next(single for single in candidates if single.endpoint_id == baseline)
    if chosen.id not in costs:
        return None
    source = Source(
        task=task,
        market=market,
        prices=prices,
        costs=prices,
        candidates=candidates,
        baseline=chosen,
        list_cost_usd=costs,
        renderer=renderer,
    )
    item_usd = Decimal(repr(costs[chosen.id]))
    likely_usd, n_candidates = _likely(source, settings)
    return Outlay(
        item_usd=item_usd,
        pass_usd=item_usd * len(task.items),
        budget_usd=round_up(max(LEAST_USD, likely_usd * _ROOM)),
        n_candidates=n_candidates,
        month_usd=None if monthly_items is None else item_usd * monthly_items,
    )


def round_up(amount_usd: Decimal) -> Decimal:
    """The next of 1, 2, 3, 5, 10, 20, ... USD."""
    step = Decimal(1)
    while True:
        for digit in (1, 2, 3, 5):
            if amount_usd <= digit * step:
                return digit * step
        step *= 10


def _likely(source: Source, settings: Settings) -> tuple[Decimal, int]:
    """USD that `preview` would call likely with ample money, and how many candidates are left after what is free."""
    request = SearchRequest(task=Path("task.yaml"), baseline=str(source.baseline.id), budget_usd=_AMPLE_USD, plan=PLAN)
    plan = make_plan(read_plan(PLAN, settings.plan_folder(PLAN)))
    phases = previews(setting_of(request, source), plan, ())
    return sum((phase.likely_usd for phase in phases), Decimal(0)), phases[-1].n_candidates


def _callable(market: Market, settings: Settings) -> Mapping[str, bool]:
    """Whether the provider's key is in the environment, by endpoint."""
    has_key = {
        provider.id: provider.key_env is None or settings.key(provider.key_env) is not None
        for provider in market.providers.values()
    }
    return {str(endpoint.id): has_key[endpoint.provider_id] for endpoint in market.endpoints.values()}


def _bare(text: str) -> str:
    """Letters and digits alone: gpt4o is gpt-4o."""
    return "".join(char for char in text.casefold() if char.isalnum())
