"""One of each kind first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.clusters import Cluster, clusters_of, distances
from modelsearch.search.costs import expected_costs
from modelsearch.search.deepening import beside_baseline
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_one_of, require_range
from modelsearch.search.probes import Purse, merged, prefix


@register(
    "sampler",
    "cluster_representatives",
    source="client's strategy 6, Capability Clustering; average linkage: Sokal & Michener 1958; medoids: Kaufman & "
    "Rousseeuw 1990, doi:10.1002/9780470316801",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRepresentatives:
    """Screens one candidate of each cluster on a few items, then the other members of the best clusters.

    A cluster is a family, split where sizes or prices are further apart than `max_distance`; once there are outcomes,
    who gets the same items right and wrong draws nearer, kin or not (`search.clusters`). In its first round the
    representative of every cluster that reaches into the cheap part of the pool is bought to `n_items` beside the
    baseline, cheapest first, for at most `representative_spend_share` of the money (all of it, if that buys none). Then
    clusters are ordered by the best value any member showed: shortfall below the baseline's quality less margin (none
    is best), then cost. The members of the best `n_deep` are bought to `n_items` too, an equal part of the money for
    each; done.

    Costs in USD per item, expected; a member of unknown cost is never asked. Without outcomes, in whatever round, the
    screen is asked; a cluster whose members all failed counts as worst; ties go to the cheaper, then the id;
    composites take no part; the baseline alone gives nothing. O(n^2) in candidates.

    Attributes:
        n_items: items of the screen (8 to 16 tell a useless model from a useful one).
        cheap_share: share of the pool, by expected cost, whose clusters are screened, in (0, 1].
        n_deep: clusters opened after the screen.
        max_distance: in standard deviations of log size and log price; larger makes fewer clusters.
        representative: "cheapest" member, or "medoid", the one nearest to all others.
        representative_spend_share: of the money of the first round that representatives may take, in (0, 1].
    """

    n_items: int = 12
    cheap_share: float = 0.5
    n_deep: int = 2
    max_distance: float = 1.0
    representative: Literal["cheapest", "medoid"] = "cheapest"
    representative_spend_share: float = 0.5

    def __post_init__(self) -> None:
        require_count(self, "n_items", 1)
        require_range(self, "cheap_share", 1e-6, 1.0)
        require_count(self, "n_deep", 0)
        require_range(self, "max_distance", 0.0, 1e6)
        require_one_of(self, "representative", ("cheapest", "medoid"))
        require_range(self, "representative_spend_share", 1e-6, 1.0)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        costs_usd = expected_costs(view)
        found = self._cheap_clusters(view, costs_usd)
        seen = [c for c in found if any(view.n_bought(member) for member in c)]
        unseen = [c for c in found if c not in seen]
        if unseen and (view.round == 0 or not seen):
            chosen = [self._representative(view, cluster) for cluster in unseen]
            screen = self._bought(view, chosen, Purse(view, self.representative_spend_share), costs_usd)
            return screen or self._bought(view, chosen, Purse(view), costs_usd)
        purse, probes = Purse(view), []
        shortfall = _shortfalls(view)
        best = sorted(seen, key=lambda c: min((shortfall[m], costs_usd[view.row[m]], m) for m in c))[: self.n_deep]
        for n_left, cluster in zip(range(len(best), 0, -1), best, strict=True):
            part = Purse(view, share=0.0)
            part.left_usd = purse.left_usd / n_left
            taken = self._bought(view, cluster, part, costs_usd)
            probes += taken if purse.buy(taken) else []
        return merged(probes)

    def _bought(self, view: SearchView, wanted: Cluster, purse: Purse, costs_usd: Floats) -> list[Probe]:
        """The screen of live ones, cheapest first, each beside the baseline, as far as the purse goes."""
        live, probes = set(view.pool), []
        for candidate_id in sorted(wanted, key=lambda c: (costs_usd[view.row[c]], c)):
            if candidate_id in live and prefix(view, candidate_id, self.n_items).item_ids:
                probes += beside_baseline(view, purse, candidate_id, self.n_items)
        return list(merged(probes))

    def _cheap_clusters(self, view: SearchView, costs_usd: Floats) -> list[Cluster]:
        """Clusters of singles, cheapest member first, that reach into the cheap part of the pool."""
        singles = sorted(c.id for c in view.candidates if isinstance(c, Single) and c.id != view.baseline_id)
        priced = [c for c in singles if not np.isnan(costs_usd[view.row[c]])]
        pool = set(view.pool)
        live = [costs_usd[view.row[c]] for c in priced if c in pool]
        if not live:
            return []
        ceiling_usd = float(np.quantile(live, self.cheap_share))
        clusters = clusters_of(view, priced, self.max_distance)
        ordered = [sorted(c, key=lambda m: (costs_usd[view.row[m]], m)) for c in clusters]
        return [c for c in ordered if any(m in pool and costs_usd[view.row[m]] <= ceiling_usd for m in c)]

    def _representative(self, view: SearchView, cluster: Cluster) -> CandidateId:
        live = set(view.pool)
        members = [member for member in cluster if member in live]
        if self.representative == "cheapest" or len(members) < 3:
            return members[0]
        total = distances(view, members, self.max_distance).sum(axis=1).round(9)
        return members[int(np.argmin(total))]


def _shortfalls(view: SearchView) -> dict[CandidateId, float]:
    """How far each one's gap lies below -margin, in score units; infinite without pairs."""
    gap = paired_gaps(view).gap
    below = np.round(np.maximum(-gap - view.task.margin, 0.0), 9)
    return dict(zip(view.row, np.nan_to_num(below, nan=np.inf).tolist(), strict=True))
