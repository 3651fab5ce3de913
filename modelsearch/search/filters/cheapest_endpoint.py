"""One host per model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import CandidateId, ModelId, PromptId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.hosts import failed_shares, latencies
from modelsearch.search.parameters import require_range

UNKNOWN_FAMILY = "other"
_Twin = tuple[ModelId, str | None, str | None, PromptId, GenParams, bool]


@register(
    "filter", "cheapest_endpoint", source="client's strategy 9, provider-aware search: same weights, cheapest host"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestEndpoint:
    """Drops the dearer hosts per (model, quantization, region), at the same prompt and parameters.

    The same weights at the same precision answer alike, so only the price differs, by list cost in USD per item; equal
    costs are decided by id. Precision changes quality, so unknown is equal to no known one, and two hosts of unknown
    precision need not be equal: of those the cheapest stays and, beside it, the cheapest endpoint of the model's maker,
    who is known to serve what was published. A maker is a provider most of whose endpoints are of the model's lineage.
    A host that fails too often, or that takes longer in the median than the client allows in 95 of 100 calls, comes
    after all that do neither, whatever its price; where all do, price alone decides. Latency is what was bought, else
    what the catalogue saw; without either a host is trusted. Prices that are unknown take no part, nor do composites;
    the baseline stays, and so does the best other host of its model. Scores are not read. O(n_candidates x n_items).

    Attributes:
        max_failed_share: of calls that come to nothing, shrunk to the provider's and the pool's, in (0, 1].
    """

    max_failed_share: float = 0.2

    def __post_init__(self) -> None:
        require_range(self, "max_failed_share", 1e-6, 1.0)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        listed = view.setting.list_cost_usd
        groups: dict[_Twin, list[CandidateId]] = {}
        for candidate_id in sorted(view.pool):
            twin = _twin(view, candidate_id)
            if twin is not None and candidate_id in listed and candidate_id != view.baseline_id:
                groups.setdefault(twin, []).append(candidate_id)
        made_by, unfit = _makers(view.setting.market), self._unfit(view)
        drops: list[Drop] = []
        for (_, quantization, *_), ids in groups.items():
            best, *others = sorted(ids, key=lambda c: (c in unfit, listed[c], c))
            if quantization is None:
                first_party = next((c for c in (best, *others) if _is_by_maker(view, c, made_by)), None)
                others = [c for c in others if c != first_party]
            drops += [
                _unfit_drop(c, best, unfit[c])
                if c in unfit and best not in unfit
                else _drop(c, best, listed[c], listed[best])
                for c in others
            ]
        return tuple(drops)

    def _unfit(self, view: SearchView) -> dict[CandidateId, tuple[str, float]]:
        """Hosts that nobody would want, with what is the matter and how much of it."""
        limit_s = view.task.requirements.max_latency_s
        shares, times_s = failed_shares(view), latencies(view)
        found: dict[CandidateId, tuple[str, float]] = {}
        for candidate_id in view.pool:
            share, time_s = float(shares[view.row[candidate_id]]), float(times_s[view.row[candidate_id]])
            if share > self.max_failed_share:
                found[candidate_id] = (f"{share:.0%} of its calls come to nothing", share)
            elif limit_s is not None and time_s > limit_s:
                found[candidate_id] = (f"it takes {time_s:.3g} s in the median, {limit_s:g} s are allowed", time_s)
        return found


def _twin(view: SearchView, candidate_id: CandidateId) -> _Twin | None:
    candidate, endpoint = view.candidate(candidate_id), view.endpoint(candidate_id)
    if not isinstance(candidate, Single) or endpoint is None:
        return None
    return endpoint.model_id, endpoint.quantization, endpoint.region, *candidate.asked


def _makers(market: Market) -> dict[ProviderId, str]:
    """The lineage that more than half of a provider's endpoints are of; providers without one are left out."""
    served: dict[ProviderId, Counter[str]] = {}
    for endpoint in market.endpoints.values():
        served.setdefault(endpoint.provider_id, Counter())[_lineage(market, endpoint.model_id)] += 1
    most = {provider_id: counts.most_common(1)[0] for provider_id, counts in served.items()}
    return {provider_id: root for provider_id, (root, n) in most.items() if 2 * n > served[provider_id].total()}


def _lineage(market: Market, model_id: ModelId) -> str:
    """The family that a model's family descends from; the model's own id where the family is unknown."""
    name = market.models[model_id].family
    if name not in market.families:
        return name if name != UNKNOWN_FAMILY else str(model_id)
    seen = {name}
    while (parent := market.families[name].lineage) is not None and parent in market.families and parent not in seen:
        seen.add(parent)
        name = parent
    return name


def _is_by_maker(view: SearchView, candidate_id: CandidateId, made_by: dict[ProviderId, str]) -> bool:
    endpoint = view.endpoint(candidate_id)
    return endpoint is not None and made_by.get(endpoint.provider_id) == _lineage(
        view.setting.market, endpoint.model_id
    )


def _unfit_drop(candidate_id: CandidateId, best: CandidateId, matter: tuple[str, float]) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"{matter[0]}, and {best} serves the same model",
        evidence={"measured": matter[1]},
        remedy=f"--exclude {best}, or a higher --max-latency",
        strategy="cheapest_endpoint",
    )


def _drop(candidate_id: CandidateId, best: CandidateId, cost_usd: float, best_usd: float) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"{best} serves the same model for {1000 * best_usd:.4g} USD per 1,000 items, "
        f"this one takes {1000 * cost_usd:.4g}",
        evidence={"cost_usd_per_1k": 1000 * cost_usd, "best_usd_per_1k": 1000 * best_usd},
        remedy=f"--exclude {best}",
        strategy="cheapest_endpoint",
    )
