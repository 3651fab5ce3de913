"""One of each kind first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.costs import expected_costs
from modelsearch.search.features import feature_table
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.search.parameters import require_count, require_one_of, require_range
from modelsearch.search.probes import Purse, merged, prefix

_Cluster = list[CandidateId]


@register(
    "sampler", "cluster_representatives", source="client's strategy 6, Capability Clustering; Ward-free average linkage"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRepresentatives:
    """Screens one candidate of each cluster on a few items, then the other members of the best clusters.

    A cluster is a family, split where sizes or prices are further apart than `max_distance`. First the representative
    of every cluster that reaches into the cheap part of the pool is bought to `n_items` beside the baseline, cheapest
    first. When all are, clusters are ordered by the best value any member showed: shortfall below the baseline's
    quality less margin (none is best), then cost. The members of the best `n_best` are bought to `n_items` too; done.

    Costs in USD per item, expected; a member of unknown cost is never asked. Without outcomes the first screen is
    asked; a cluster whose members all failed counts as worst; ties go to the cheaper, then the id; composites take no
    part; the baseline alone gives nothing. O(n^2) in candidates.

    Attributes:
        n_items: items of the screen (8 to 16 tell a useless model from a useful one).
        cheap_share: share of the pool, by expected cost, whose clusters are screened, in (0, 1].
        n_best: clusters opened after the screen.
        max_distance: in standard deviations of log size and log price; larger makes fewer clusters.
        representative: "cheapest" member, or "medoid", the one nearest to all others.
    """

    n_items: int = 12
    cheap_share: float = 0.5
    n_best: int = 2
    max_distance: float = 1.0
    representative: Literal["cheapest", "medoid"] = "cheapest"

    def __post_init__(self) -> None:
        require_count(self, "n_items", 1)
        require_range(self, "cheap_share", 1e-6, 1.0)
        require_count(self, "n_best", 0)
        require_range(self, "max_distance", 0.0, 1e6)
        require_one_of(self, "representative", ("cheapest", "medoid"))

    def ask(self, view: SearchView) -> Sequence[Probe]:
        costs_usd = expected_costs(view)
        found = [c for c in self._cheap_clusters(view, costs_usd) if c]
        unseen = [c for c in found if not any(view.n_bought(member) for member in c)]
        wanted = [self._representative(view, c, costs_usd) for c in unseen]
        if not unseen:
            ranked = sorted(found, key=lambda c: _value(view, c, costs_usd))[: self.n_best]
            wanted = [member for cluster in ranked for member in cluster]
        live = set(view.pool)
        return self._affordable(view, [c for c in wanted if c in live], costs_usd)

    def _affordable(self, view: SearchView, wanted: _Cluster, costs_usd: Floats) -> Sequence[Probe]:
        purse, probes = Purse(view), []
        for candidate_id in sorted(wanted, key=lambda c: (costs_usd[view.row[c]], c)):
            pair = [prefix(view, c, self.n_items) for c in (view.baseline_id, candidate_id)]
            if pair[1].item_ids and purse.buy(pair):
                probes += pair
        return merged(probes)

    def _cheap_clusters(self, view: SearchView, costs_usd: Floats) -> list[_Cluster]:
        """Clusters of singles, cheapest member first, that reach into the cheap part of the pool."""
        singles = sorted(c.id for c in view.candidates if isinstance(c, Single) and c.id != view.baseline_id)
        priced = [c for c in singles if not np.isnan(costs_usd[view.row[c]])]
        live = [costs_usd[view.row[c]] for c in priced if c in set(view.pool)]
        if not live:
            return []
        ceiling_usd = float(np.quantile(live, self.cheap_share))
        clusters = clusters_of(view, priced, self.max_distance)
        ordered = [sorted(c, key=lambda m: (costs_usd[view.row[m]], m)) for c in clusters]
        pool = set(view.pool)
        return [c for c in ordered if any(m in pool and costs_usd[view.row[m]] <= ceiling_usd for m in c)]

    def _representative(self, view: SearchView, cluster: _Cluster, costs_usd: Floats) -> CandidateId:
        live = [member for member in cluster if member in set(view.pool)]
        if self.representative == "cheapest" or len(live) < 3:
            return live[0]
        points = feature_table(view).values[[view.row[member] for member in live]]
        total = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2)).sum(axis=1)
        return min(zip(total.round(9), costs_usd[[view.row[m] for m in live]], live, strict=True))[2]


def clusters_of(view: SearchView, ids: Sequence[CandidateId], max_distance: float) -> list[_Cluster]:
    """Families, each split by average linkage on log size and log price at `max_distance`; sorted by first member."""
    table = feature_table(view)
    columns = [i for i, name in enumerate(table.names) if name in ("log_params", "log_cost")]
    families: dict[str, _Cluster] = {}
    for candidate_id in ids:
        model = view.model(candidate_id)
        families.setdefault("" if model is None else model.family, []).append(candidate_id)
    clusters: list[_Cluster] = []
    for members in families.values():
        labels = _split(table.values[np.ix_([view.row[m] for m in members], columns)], max_distance)
        clusters += [[m for m, x in zip(members, labels, strict=True) if x == y] for y in sorted(set(labels))]
    return sorted(clusters)


def _split(points: Floats, max_distance: float) -> list[int]:
    if len(points) < 2:
        return [1] * len(points)
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - costs a second of import, and only here

    distances = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=max_distance
    )
    labels: list[int] = clustering.fit_predict(distances).tolist()
    return labels


def _value(view: SearchView, cluster: _Cluster, costs_usd: Floats) -> tuple[float, float, CandidateId]:
    """Sort key of a cluster, best first: least shortfall of any member seen, then its cost, then its id."""
    found = paired_gaps(view)
    keys = []
    for member in cluster:
        gap = float(found.gap[view.row[member]])
        shortfall = np.inf if np.isnan(gap) else max(0.0, round(-gap - view.task.margin, 9))
        keys.append((float(shortfall), float(costs_usd[view.row[member]]), member))
    return min(keys)
