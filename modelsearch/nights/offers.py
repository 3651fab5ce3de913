"""The catalogue's endpoints as offers to one task."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from modelsearch.catalog.price import Prices, prices_at
from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Endpoint, Market, RateKind
from modelsearch.core.offering import CatalogState
from modelsearch.nights.night import Offer
from modelsearch.nights.revisions import revision_of


def offers_of(
    candidates: Sequence[Single],
    market: Market,
    *,
    list_cost_usd: Mapping[CandidateId, float],
    day: date,
    catalog: CatalogState | None = None,
    p_good: Mapping[CandidateId, float] | None = None,
) -> dict[CandidateId, Offer]:
    """Everybody on sale on a day whom a task could use, at that day's prices. O(n_candidates).

    Args:
        candidates: the task's pool, after whoever it can never use is out (keys, requirements); the baseline in it.
        market: with the live catalogue laid over it.
        list_cost_usd: as of a `Setting`.
        day: offers whose endpoint ended before it are left out.
        catalog: what sources last said, for revisions; None = the market alone.
        p_good: chance of being as good as the baseline, where something is known; orders the line only.
    """
    found = {}
    for single in candidates:
        endpoint = market.endpoints[single.endpoint_id]
        if endpoint.deprecated_on is not None and endpoint.deprecated_on < day:
            continue
        offering = catalog.offerings.get(endpoint.id) if catalog is not None else None
        prices = prices_at(endpoint, at=datetime.combine(day, time(), UTC), prompt_tokens=0)
        found[single.id] = Offer(
            candidate_id=single.id,
            endpoint_ids=(endpoint.id,),
            revision=revision_of(endpoint, offering),
            list_cost_usd=list_cost_usd.get(single.id),
            usd_per_mtok_input=_usd(prices, "input"),
            usd_per_mtok_output=_usd(prices, "output"),
            is_timed=_is_timed(endpoint),
            p_good=(p_good or {}).get(single.id, 0.5),
            deprecated_on=endpoint.deprecated_on,
        )
    return found


def _usd(prices: Prices, kind: RateKind) -> float | None:
    price = prices.get(kind)
    return None if price is None else float(price)


def _is_timed(endpoint: Endpoint) -> bool:
    return any(rate.kind == "compute_second" and rate.usd for rate in endpoint.rates)
