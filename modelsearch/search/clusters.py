"""Candidates in groups of like capability: by family, size and price, and by what they got right once that is known.

Before any outcome two candidates are as far apart as their sizes and prices, in standard deviations of the logarithms;
members of different families are unrelated. Every shared scored item then counts for what it says: the distance of two
profiles is E(x - y)^2 over what it would be if the two were independent, 0 = right and wrong on the same items, 1 =
nothing in common. So kin that behave differently part, and strangers that behave alike end up in one cluster.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Bools, Floats, Ints, SearchView
from modelsearch.search.features import feature_table

Cluster = list[CandidateId]
PROFILE_ITEMS = 12.0
"""Shared items at which profiles and features count alike."""


def clusters_of(view: SearchView, ids: Sequence[CandidateId], max_distance: float) -> list[Cluster]:
    """Groups by average linkage, cut at `max_distance`; members and groups sorted by id.

    Clusters merge only where some pair is near enough, so linkage runs apart for families that no near pair joins.
    O(sum of n_family^2 + n_bought^2 x n_items).
    """
    ordered = sorted(ids)
    if not ordered:
        return []
    points = _points(view)
    blocks = _blocks(view, ordered, points, max_distance)
    clusters: list[Cluster] = []
    for block in range(int(blocks.max()) + 1):
        members = [ordered[i] for i in np.flatnonzero(blocks == block)]
        labels = _linked(_distances(view, members, points, max_distance), max_distance)
        clusters += [[m for m, x in zip(members, labels, strict=True) if x == y] for y in sorted(set(labels))]
    return sorted(clusters)


def distances(view: SearchView, ids: Sequence[CandidateId], max_distance: float) -> Floats:
    """(n, n) distances of candidates: of features, and of profiles by as much as n_shared / (n_shared + 12).

    Unrelated is 2 x `max_distance` + 1, in either: far enough that no average of unrelated pairs is a cluster. A pair
    without shared items is no further apart than the way round by the nearest that has outcomes: kin of one of two
    that behave alike come nearer to the other. O(n^2 x n_bought + n_bought^2 x n_items).
    """
    return _distances(view, ids, _points(view), max_distance)


def _points(view: SearchView) -> Floats:
    """(n_candidates, 2) log size and log price, standardised."""
    table = feature_table(view)
    return table.values[:, [i for i, name in enumerate(table.names) if name in ("log_params", "log_cost")]]


def _distances(view: SearchView, ids: Sequence[CandidateId], points: Floats, max_distance: float) -> Floats:
    rows, unrelated = np.array([view.row[c] for c in ids], dtype=np.int64), 2.0 * max_distance + 1.0
    apart = np.sqrt(sum((column[:, None] - column[None, :]) ** 2 for column in points[rows].T))
    families = _families(view, ids)
    apart = np.where(families[:, None] == families[None, :], np.minimum(apart, unrelated), unrelated)
    scores = np.asarray(view.outcomes.score[rows], dtype=np.float64)
    bought = np.flatnonzero(~np.isnan(scores).all(axis=1))
    if len(bought) > 1:
        profile, n_shared = profile_distances(scores[bought])
        weight = n_shared / (n_shared + PROFILE_ITEMS)
        pairs = np.ix_(bought, bought)
        apart[pairs] = (1.0 - weight) * apart[pairs] + weight * unrelated * np.minimum(profile, 1.0)
        apart = _by_way_of(apart, bought, n_shared > 0)
    np.fill_diagonal(apart, 0.0)
    return np.asarray(np.round(apart, 9), dtype=np.float64)


def _by_way_of(apart: Floats, bought: Ints, has_shared: Bools) -> Floats:
    """Ways round by the nearest one with outcomes, at both ends; pairs that share items stay as they are. O(n^2)."""
    if len(bought) == len(apart) and has_shared.all():
        return apart
    is_free = np.ones(apart.shape, dtype=np.bool_)
    is_free[np.ix_(bought, bought)] = ~has_shared
    nearest = bought[np.argmin(apart[:, bought], axis=1)]
    step = apart[np.arange(len(apart)), nearest][:, None]
    for _ in range(2):
        way = np.minimum(apart, step + apart[nearest, :])
        apart = np.where(is_free, np.minimum(way, way.T), apart)
    return apart


def profile_distances(scores: Floats) -> tuple[Floats, Floats]:
    """(n, n) distances of outcome profiles and numbers of shared items of (n, n_items) scores, NaN = none.

    E(x - y)^2 / (var x + var y + (E x - E y)^2), over the shared items: in [0, 2], 1 where x and y are uncorrelated,
    0 where they agree (also where both are constant); 0 without a shared item. O(n^2 x n_items).
    """
    has = (~np.isnan(scores)).astype(np.float64)
    x = np.nan_to_num(scores)
    n_shared = has @ has.T
    n = np.maximum(n_shared, 1.0)
    mean, square = (x @ has.T) / n, (x * x @ has.T) / n
    differ = np.maximum(square + square.T - 2.0 * (x @ x.T) / n, 0.0)
    variance = np.maximum(square - mean * mean, 0.0)
    independent = variance + variance.T + (mean - mean.T) ** 2
    near = np.divide(differ, independent, out=np.zeros_like(differ), where=independent > 1e-12)
    return near, n_shared


def _families(view: SearchView, ids: Sequence[CandidateId]) -> Ints:
    """(n,) number of each one's family; a composite has none and is of the family ""."""
    models = [view.model(candidate_id) for candidate_id in ids]
    names = ["" if model is None else model.family for model in models]
    return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)


def _blocks(view: SearchView, ids: Sequence[CandidateId], points: Floats, max_distance: float) -> Ints:
    """(n,) number of the block of each: families, joined where two bought members are near."""
    families = _families(view, ids)
    score = view.outcomes.score
    bought = [i for i, c in enumerate(ids) if not np.isnan(score[view.row[c]]).all()]
    near = _distances(view, [ids[i] for i in bought], points, max_distance) <= max_distance
    left, right = np.nonzero(near)
    own = families[bought]
    size = int(families.max()) + 1
    joined = coo_array((np.ones(len(left)), (own[left], own[right])), shape=(size, size))
    return np.asarray(connected_components(joined, directed=False)[1][families], dtype=np.int64)


def _linked(apart: Floats, max_distance: float) -> list[int]:
    if len(apart) < 2:
        return [0] * len(apart)
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - costs a second of import, and only here

    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=max_distance
    )
    labels: list[int] = clustering.fit_predict(apart).tolist()
    return labels
