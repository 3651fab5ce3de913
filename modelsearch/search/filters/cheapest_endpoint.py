"""One host per model."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import CandidateId, ModelId, PromptId
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView

_Twin = tuple[ModelId, str | None, str | None, PromptId, GenParams]


@register(
    "filter", "cheapest_endpoint", source="client's strategy 9, provider-aware search: same weights, cheapest host"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestEndpoint:
    """Drops the dearer hosts of the same model, quantisation, region, prompt and parameters.

    The same weights at the same precision answer alike, so only the price differs, by list cost in USD per item; equal
    costs are decided by id. Unknown quantisation is its own group, since precision changes quality. Prices that are
    unknown take no part, nor do composites; the baseline stays, and so does the cheapest other host of its model.
    Reads no outcomes. O(n_pool log n_pool).
    """

    def drop(self, view: SearchView) -> Sequence[Drop]:
        listed = view.setting.list_cost_usd
        groups: dict[_Twin, list[CandidateId]] = {}
        for candidate_id in sorted(view.pool):
            twin = _twin(view, candidate_id)
            if twin is not None and candidate_id in listed and candidate_id != view.baseline_id:
                groups.setdefault(twin, []).append(candidate_id)
        drops = []
        for ids in groups.values():
            best, *others = sorted(ids, key=lambda c: (listed[c], c))
            drops += [_drop(c, best, listed[c], listed[best]) for c in others]
        return tuple(drops)


def _twin(view: SearchView, candidate_id: CandidateId) -> _Twin | None:
    candidate, endpoint = view.candidate(candidate_id), view.endpoint(candidate_id)
    if not isinstance(candidate, Single) or endpoint is None:
        return None
    return endpoint.model_id, endpoint.quantization, endpoint.region, candidate.prompt_id, candidate.params


def _drop(candidate_id: CandidateId, best: CandidateId, cost_usd: float, best_usd: float) -> Drop:
    return Drop(
        candidate_id=candidate_id,
        reason=f"{best} serves the same model for {1000 * best_usd:.4g} USD per 1,000 items, "
        f"this one takes {1000 * cost_usd:.4g}",
        evidence={"cost_usd_per_1k": 1000 * cost_usd, "best_usd_per_1k": 1000 * best_usd},
        remedy=f"--exclude {best}",
        strategy="cheapest_endpoint",
    )
