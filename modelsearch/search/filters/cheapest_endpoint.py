"""One host per model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import CandidateId, ModelId, PromptId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView

UNKNOWN_FAMILY = "other"
_Twin = tuple[ModelId, str | None, str | None, PromptId, GenParams]


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
    Prices that are unknown take no part, nor do composites; the baseline stays, and so does the cheapest other host of
    its model. Reads no outcomes. O(n_pool log n_pool + n_endpoints).
    """

    def drop(self, view: SearchView) -> Sequence[Drop]:
        listed = view.setting.list_cost_usd
        groups: dict[_Twin, list[CandidateId]] = {}
        for candidate_id in sorted(view.pool):
            twin = _twin(view, candidate_id)
            if twin is not None and candidate_id in listed and candidate_id != view.baseline_id:
                groups.setdefault(twin, []).append(candidate_id)
        made_by = _makers(view.setting.market)
        drops: list[Drop] = []
        for (_, quantization, *_), ids in groups.items():
            best, *others = sorted(ids, key=lambda c: (listed[c], c))
            if quantization is None:
                first_party = next((c for c in (best, *others) if _is_by_maker(view, c, made_by)), None)
                others = [c for c in others if c != first_party]
            drops += [_drop(c, best, listed[c], listed[best]) for c in others]
        return tuple(drops)


def _twin(view: SearchView, candidate_id: CandidateId) -> _Twin | None:
    candidate, endpoint = view.candidate(candidate_id), view.endpoint(candidate_id)
    if not isinstance(candidate, Single) or endpoint is None:
        return None
    return endpoint.model_id, endpoint.quantization, endpoint.region, candidate.prompt_id, candidate.params


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


def _drop(candidate_id: CandidateId, best: CandidateId, cost_usd: float, best_usd: float) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"{best} serves the same model for {1000 * best_usd:.4g} USD per 1,000 items, "
        f"this one takes {1000 * cost_usd:.4g}",
        evidence={"cost_usd_per_1k": 1000 * cost_usd, "best_usd_per_1k": 1000 * best_usd},
        remedy=f"--exclude {best}",
        strategy="cheapest_endpoint",
    )
