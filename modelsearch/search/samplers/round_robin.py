"""The next step for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.parameters import require_count
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix


@register(
    "sampler", "round_robin", source="uniform allocation; the rungs of Jamieson & Talwalkar 2016, arXiv 1502.07943"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRobin:
    """Brings all live candidates one step deeper along the shared order, the baseline with them.

    The step starts at whoever is behind, so that all stay paired; with a filter that halves it is successive halving.
    Where the money does not reach for a step of all, all go as deep as it does, then the first by prior alone. Failed
    items count as asked. Ties in depth make no difference; the baseline alone is bought alone, as it is the reference.
    Ends at `max_items`, at the last item, or when nothing more is affordable. O(n_pool x n_items).

    Attributes:
        step_items: items a round, at least 1.
        max_items: depth at which to stop; None = all items.
    """

    step_items: int = 8
    max_items: int | None = None

    def __post_init__(self) -> None:
        require_count(self, "step_items", 1)
        if self.max_items is not None:
            require_count(self, "max_items", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        purse = Purse(view)
        last = min(self.max_items or len(view.setting.item_ids), len(view.setting.item_ids))
        order = (view.baseline_id, *by_prior(view))
        priced = [c for c in order if purse.prefix_usd([c], 1) < float("inf")]
        behind = min((depth(view, c) for c in priced), default=last)
        wanted = min(last, behind + self.step_items)
        reached = purse.affordable_depth(priced, wanted)
        if reached > behind:
            return merged(prefix(view, c, reached) for c in priced)
        probes = [probe for c in priced if purse.buy([probe := prefix(view, c, wanted)])]
        return merged(probes)
