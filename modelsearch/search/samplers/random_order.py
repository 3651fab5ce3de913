"""The yardstick."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.parameters import require_count
from modelsearch.search.probes import Purse, depth, merged, prefix


@register("sampler", "random_order", source="random search: Bergstra & Bengio 2012, JMLR 13:281-305")
@dataclass(frozen=True, slots=True, kw_only=True)
class RandomOrder:
    """Evaluates randomly chosen candidates whole, after the baseline: what everything else has to beat.

    Knows neither prices nor scores when it chooses. Each round takes `n_candidates` of those not yet at `n_items`, from
    the view's generator; one that is not affordable at full depth is passed over. Missing scores and ties play no part;
    the baseline alone is bought alone. Ends when nobody is left or affordable. O(n_pool).

    Attributes:
        n_items: depth of an evaluation; None = all items.
        n_candidates: candidates a round, at least 1.
    """

    n_items: int | None = None
    n_candidates: int = 1

    def __post_init__(self) -> None:
        if self.n_items is not None:
            require_count(self, "n_items", 1)
        require_count(self, "n_candidates", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        purse = Purse(view)
        last = min(self.n_items or len(view.setting.item_ids), len(view.setting.item_ids))
        others = sorted(c for c in view.pool if c != view.baseline_id and depth(view, c) < last)
        probes = [prefix(view, view.baseline_id, last)]
        if not purse.buy(probes):
            return ()
        for position in view.rng.permutation(len(others)):
            probe = prefix(view, others[position], last)
            if len(probes) <= self.n_candidates and purse.buy([probe]):
                probes.append(probe)
        return merged(probes)
