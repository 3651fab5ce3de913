"""The next step for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log

from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix


@register(
    "sampler", "round_robin", source="uniform allocation; the rungs of Jamieson & Talwalkar 2016, arXiv 1502.07943"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRobin:
    """Brings all live candidates one step deeper along the shared order, the baseline with them.

    The step starts at whoever is behind, so that all stay paired. Where the money does not reach for a step of all, all
    go as deep as it does, then the first by prior alone. Failed items count as asked. Ties in depth make no difference;
    the baseline alone is bought alone, as it is the reference. Ends at `max_items`, at the last item, or when nothing
    more is affordable. O(n_pool x n_items).

    With `halving`, and the filter `top_fraction` of fraction 1 / halving, it is successive halving in dollars: a round
    is a rung, and may spend what is left over the rungs that are left (as many as it takes from the pool of now down to
    `min_left` candidates, and one for those). However deep that brings all alike is the rung's depth, so that fewer and
    cheaper candidates go deeper for the same money; no rung is less than one step where the money allows one.

    Attributes:
        step_items: items a round, at least 1; with `halving` of the shallowest rung.
        max_items: depth at which to stop; None = all items.
        halving: factor by which the pool shrinks from rung to rung, above 1; None = steps of one size.
        min_left: candidates of the last rung; the filter's `min_left`.
    """

    step_items: int = 8
    max_items: int | None = None
    halving: float | None = None
    min_left: int = 2

    def __post_init__(self) -> None:
        require_count(self, "step_items", 1)
        if self.max_items is not None:
            require_count(self, "max_items", 1)
        if self.halving is not None:
            require_range(self, "halving", 1.01, 1000.0)
        require_count(self, "min_left", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        purse = Purse(view)
        last = min(self.max_items or len(view.setting.item_ids), len(view.setting.item_ids))
        order = (view.baseline_id, *by_prior(view))
        priced = [c for c in order if purse.prefix_usd([c], 1) < float("inf")]
        behind = min((depth(view, c) for c in priced), default=last)
        wanted = min(last, behind + self.step_items)
        reached = purse.affordable_depth(priced, wanted)
        if self.halving is not None:
            rung = Purse(view, 1.0 / self._n_rungs(len(priced) - 1))
            reached = max(reached, rung.affordable_depth(priced, last))
        if reached > behind:
            return merged(prefix(view, c, reached) for c in priced)
        probes = [probe for c in priced if purse.buy([probe := prefix(view, c, wanted)])]
        return merged(probes)

    def _n_rungs(self, n_candidates: int) -> int:
        """Rungs from now on, this one included."""
        ratio = max(n_candidates, 1) / self.min_left
        return 1 + max(0, ceil(log(ratio) / log(self.halving or 2.0) - 1e-9))
