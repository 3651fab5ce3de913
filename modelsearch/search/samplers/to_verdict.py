"""For a pool of few: the next step for everybody, until the decision is certified."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix


@register(
    "sampler",
    "to_verdict",
    source="sequential testing to a bound: Wald 1945, doi:10.1214/aoms/1177731118; looks in growing steps, ours",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ToVerdict:
    """Brings all live candidates deeper along the shared order, the baseline with them, until all is decided.

    Made for one newcomer beside a baseline whose row is known: a race shares money out among many and thinks in large
    steps, here the only question is when to stop. Steps grow with the depth, so that looks stay few, and the last one
    costs at most a share `growth` more than was needed. Who is not worth it is for filters (`racing`) to drop.

    Without outcomes all begin at `step_items`; failed items count as asked; ties make no difference; the baseline alone
    is bought no further. Ends at a settled decision (`decide.recommend.is_settled`), at the last item, or when no
    further item of all is affordable. O(n_candidates x n_items) a round.

    Attributes:
        step_items: least step, at least 1.
        growth: of the depth reached, the step's size; at least 0.
    """

    step_items: int = 16
    growth: float = 0.1

    def __post_init__(self) -> None:
        require_count(self, "step_items", 1)
        require_range(self, "growth", 0.0, 10.0)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        if len(view.pool) < 2 or is_settled(view, estimates(view)):
            return ()
        purse = Purse(view)
        last = len(view.setting.item_ids)
        order = (view.baseline_id, *by_prior(view))
        priced = [c for c in order if purse.prefix_usd([c], 1) < float("inf")]
        behind = min((depth(view, c) for c in priced if c != view.baseline_id), default=last)
        wanted = min(last, behind + max(self.step_items, ceil(self.growth * behind)))
        reached = purse.affordable_depth(priced, wanted)
        return merged(prefix(view, c, reached) for c in priced) if reached > behind else ()
