import numpy as np

from modelsearch.core.search import SearchView
from modelsearch.search.samplers.cluster_representatives import ClusterRepresentatives, clusters_of
from modelsearch.testing.factories import make_view

NAN = float("nan")
N_ITEMS = 20


def _view(bought: dict[int, float], n_rows: int = 10) -> SearchView:
    """Rows bought to 12 items with a share of right answers; families go round: row 1 f1, row 2 f2, row 3 f0, ..."""
    columns = np.arange(N_ITEMS)
    rows = [
        np.where(columns < 12, columns < round(12 * bought[row]), NAN) if row in bought else np.full(N_ITEMS, NAN)
        for row in range(n_rows)
    ]
    return make_view(np.array(rows, dtype=np.float64))


def _asked(view: SearchView, **params: float) -> list[str]:
    return [probe.candidate_id for probe in ClusterRepresentatives(**params).ask(view)]  # type: ignore[arg-type]


def test_the_screen_takes_the_cheapest_of_each_cluster() -> None:
    asked = _asked(_view({}), max_distance=100.0)
    assert set(asked) == {"m00", "m09", "m08", "m07"}


def test_a_screen_is_of_n_items() -> None:
    probes = ClusterRepresentatives(n_items=9, max_distance=100.0).ask(_view({}))
    assert {len(probe.item_ids) for probe in probes} == {9}


def test_then_the_members_of_the_best_cluster() -> None:
    asked = _asked(_view({0: 1.0, 9: 0.2, 8: 0.9, 7: 0.1}), max_distance=100.0, n_best=1)
    assert set(asked) == {"m05", "m02"}


def test_then_it_is_done() -> None:
    bought = {0: 1.0, 9: 0.2, 8: 0.9, 7: 0.1, 5: 0.5, 2: 0.5}
    assert _asked(_view(bought), max_distance=100.0, n_best=1) == []


def test_the_cheap_share_leaves_dear_clusters_alone() -> None:
    asked = _asked(_view({}), max_distance=0.0, cheap_share=0.3)
    assert set(asked) == {"m00", "m09", "m08", "m07"}


def test_smaller_distance_more_clusters() -> None:
    view = _view({})
    ids = [c for c in view.pool if c != view.baseline_id]
    sizes = [len(clusters_of(view, ids, distance)) for distance in (0.0, 1.0, 100.0)]
    assert sizes[0] == 9
    assert sizes[2] == 3
    assert sizes == sorted(sizes, reverse=True)


def test_a_medoid_is_in_the_middle() -> None:
    asked = _asked_medoid(_view({}))
    assert asked == {"m00", "m06", "m05", "m04"}


def _asked_medoid(view: SearchView) -> set[str]:
    probes = ClusterRepresentatives(max_distance=100.0, representative="medoid").ask(view)
    return {probe.candidate_id for probe in probes}
