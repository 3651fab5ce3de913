"""From the cheapest tier upwards, until something is good enough."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.registry import register
from modelsearch.core.search import Bools, Ints, Probe, SearchView
from modelsearch.search.arms import Arms, arms, bought_by_gain, next_depths
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import depth

NO_TIER = -1


@register("sampler", "tier_ladder", source="client's strategy 1, Performance-Based Tiering")
@dataclass(frozen=True, slots=True, kw_only=True)
class TierLadder:
    """Climbs the price tiers below the baseline's, and stops at the first that holds somebody good enough.

    Tiers are the catalogue's bands of blended list price, a rule and no list of names. In the tier under test whoever
    may still be good enough gets its next batch of 8, 16, 32, ... items along the shared order beside the baseline's,
    the largest chance x saving per expected USD first. A tier is through when everybody in it is good enough or not,
    at the stated chances, or compared on `max_items`; then the next dearer one is climbed, unless this one holds
    somebody good enough: then the ladder ends, and a later phase may prove the find.

    Only tiers cheaper than the baseline's are climbed, and in them only candidates that are expected to cost less than
    it: with a baseline of the lowest tier, of unknown price, or in a catalogue without tiers it asks for nothing, as it
    does of composites. Chances are posterior ones, priors where nothing is known; failed items count as asked; ties go
    to the larger id; the baseline alone gives nothing. Score units, USD. O(n_candidates x n_items) a round.

    Attributes:
        p_enough: chance of a gap of at least -margin at which a compared candidate is good enough, in (0.5, 1).
        p_hopeless: chance below which it is not, in [0, 0.5].
        first_items: size of the first batch; growth: factor of the next depth, above 1.
        max_items: compared items after which a candidate stays undecided and the climb goes on.
        n_candidates: batches a round.
    """

    p_enough: float = 0.9
    p_hopeless: float = 0.05
    first_items: int = 8
    growth: float = 2.0
    max_items: int = 256
    n_candidates: int = 4

    def __post_init__(self) -> None:
        require_range(self, "p_enough", 0.500001, 0.999999)
        require_range(self, "p_hopeless", 0.0, 0.5)
        require_count(self, "first_items", 1)
        require_range(self, "growth", 1.000001, 1e6)
        require_count(self, "max_items", 1)
        require_count(self, "n_candidates", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        found, floors = arms(view), _floors(view)
        tiers = np.array([_tier(view, c, floors) for c in found.ids], dtype=np.int64)
        for tier in range(max(_tier(view, view.baseline_id, floors), 0)):
            probes = self._climbed(view, found, tiers == tier)
            if probes or (self._is_enough(found) & (tiers == tier)).any():
                return probes
        return ()

    def _is_enough(self, found: Arms) -> Bools:
        return np.asarray((found.n_pairs > 0) & (found.p_good >= self.p_enough), dtype=np.bool_)

    def _climbed(self, view: SearchView, found: Arms, is_member: Bools) -> tuple[Probe, ...]:
        """Batches of the tier's members who are neither good enough nor hopeless."""
        is_open = is_member & ~self._is_enough(found) & ((found.p_good > self.p_hopeless) | (found.n_pairs == 0))
        is_open &= np.minimum(_depths(view, found), depth(view, view.baseline_id)) < self.max_items
        gain = np.where(is_open, found.p_good * found.reward, 0.0)
        depths = {c: min(n, self.max_items) for c, n in next_depths(view, found, self.first_items, self.growth).items()}
        return bought_by_gain(view, dict(zip(found.ids, gain.tolist(), strict=True)), depths, self.n_candidates)


def _floors(view: SearchView) -> list[float]:
    return sorted(float(tier.min_usd_per_mtok) for tier in view.setting.market.tiers)


def _tier(view: SearchView, candidate_id: CandidateId, floors: list[float]) -> int:
    """Number of the tier from 0, the cheapest; `NO_TIER` for composites, unknown prices, catalogues without tiers."""
    endpoint = view.endpoint(candidate_id)
    price = None if endpoint is None else blended_usd_per_mtok(endpoint, view.setting.market.as_of)
    return NO_TIER if price is None or not floors else max(0, bisect_right(floors, price) - 1)


def _depths(view: SearchView, found: Arms) -> Ints:
    return np.array([depth(view, c) for c in found.ids], dtype=np.int64)
