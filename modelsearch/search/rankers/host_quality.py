"""Which host of the same weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.errors import PlanError
from modelsearch.core.ids import CandidateId, ModelId, PromptId
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.hosts import failed_shares, latencies
from modelsearch.search.parameters import MEND

TERMS = ("price", "latency", "precision", "reliability")
FULL_BITS = 16.0
BITS: Mapping[str, float] = {"fp4": 4, "int4": 4, "fp6": 6, "int8": 8, "fp8": 8, "fp16": 16, "bf16": 16, "fp32": 16}
_Twin = tuple[ModelId, PromptId, GenParams, bool]


@register("ranker", "host_quality", source="client's strategy 9, Provider-Aware Search: hosts differ, weights do not")
@dataclass(frozen=True, slots=True, kw_only=True)
class HostQuality:
    """Merit is the weighted mean of what a host offers beside the other hosts of the same model, in [0, 1].

    price: the cheapest host's expected cost over its own; latency: the fastest's over its own (what was bought, or
    else what the catalogue saw); precision: bits of its quantisation over 16; reliability: 1 - its share of failed
    calls, shrunk to its provider's and the pool's. Unknown terms are left out and the weights renormalised; without any
    term the merit is NaN, as it is for composites and for a model that only one candidate serves, which this has
    nothing to say of. Outcomes are read for time and failures, never for scores. O(n_candidates).

    Attributes:
        weights: of price, latency, precision, reliability, each at least 0.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"price": 0.4, "latency": 0.2, "precision": 0.2, "reliability": 0.2}
    )

    def __post_init__(self) -> None:
        if not set(self.weights) <= set(TERMS) or not all(0 <= w <= 1e6 for w in self.weights.values()):
            message = f"weights of HostQuality: expected numbers from 0 for {', '.join(TERMS)}, got {self.weights!r}"
            raise PlanError(f"{message}: {MEND}")

    def rank(self, view: SearchView) -> Floats:
        twins = _twins(view)
        terms = {
            "price": _relative(view, twins, expected_costs(view)),
            "latency": _relative(view, twins, latencies(view)),
            "precision": _precision(view),
            "reliability": 1.0 - failed_shares(view),
        }
        total, weight = np.zeros(len(view.candidates)), np.zeros(len(view.candidates))
        for name, term in terms.items():
            is_known = ~np.isnan(term)
            total += np.where(is_known, np.nan_to_num(term), 0.0) * self.weights.get(name, 0.0)
            weight += is_known * self.weights.get(name, 0.0)
        merit = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
        paired = {candidate_id for ids in twins.values() if len(ids) > 1 for candidate_id in ids}
        return np.array([merit[view.row[c]] if c in paired else np.nan for c in view.pool], dtype=np.float64)


def _twins(view: SearchView) -> dict[_Twin, list[CandidateId]]:
    """Live singles by weights, prompt and parameters."""
    found: dict[_Twin, list[CandidateId]] = {}
    for candidate_id in sorted(view.pool):
        candidate, endpoint = view.candidate(candidate_id), view.endpoint(candidate_id)
        if isinstance(candidate, Single) and endpoint is not None:
            found.setdefault((endpoint.model_id, *candidate.asked), []).append(candidate_id)
    return found


def _relative(view: SearchView, twins: Mapping[_Twin, list[CandidateId]], values: Floats) -> Floats:
    """(n_candidates,) the least value among the hosts of a model over each one's own, in [0, 1]; 0 over 0 is 1."""
    share = np.full(len(values), np.nan)
    for ids in twins.values():
        rows = np.array([view.row[c] for c in ids])
        own = values[rows]
        if not np.isnan(own).all():
            least = np.nanmin(own)
            share[rows] = np.divide(least, own, out=np.where(np.isnan(own), np.nan, 1.0), where=own > 0)
    return share


def _precision(view: SearchView) -> Floats:
    endpoints = [view.endpoint(candidate.id) for candidate in view.candidates]
    bits = [None if endpoint is None else BITS.get((endpoint.quantization or "").lower()) for endpoint in endpoints]
    return np.array([np.nan if b is None else b / FULL_BITS for b in bits], dtype=np.float64)
