from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import SearchView
from modelsearch.search.clusters import clusters_of
from modelsearch.search.samplers.cluster_representatives import ClusterRepresentatives
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
    asked = _asked(_view({0: 1.0, 9: 0.2, 8: 0.9, 7: 0.1}), max_distance=100.0, n_deep=1)
    assert set(asked) == {"m05", "m02"}


def test_then_it_is_done() -> None:
    bought = {0: 1.0, 9: 0.2, 8: 0.9, 7: 0.1, 5: 0.5, 2: 0.5}
    assert _asked(_view(bought), max_distance=100.0, n_deep=1) == []


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


def test_representatives_take_their_share_of_the_money_and_no_more() -> None:
    """Beside the baseline (12 items, 0.12) the cheapest costs 0.016, the next 0.020, the third 0.025."""
    view = replace(_view({}), spend_left_usd=Decimal("0.28"))
    assert set(_asked(view, max_distance=100.0, representative_spend_share=1.0)) == {"m00", "m09", "m08", "m07"}
    assert set(_asked(view, max_distance=100.0, representative_spend_share=0.6)) == {"m00", "m09", "m08"}
    assert set(_asked(view, max_distance=100.0, representative_spend_share=0.5)) == {"m00", "m09"}


def test_a_share_that_buys_nobody_gives_way() -> None:
    view = replace(_view({}), spend_left_usd=Decimal("0.16"))
    assert set(_asked(view, max_distance=100.0, representative_spend_share=0.01)) == {"m00", "m09", "m08"}


def test_after_the_first_round_who_was_not_afforded_is_left_alone() -> None:
    view = replace(_view({0: 1.0, 9: 0.5, 8: 0.9}), round=1)
    assert set(_asked(view, max_distance=100.0, n_deep=2)) == {"m06", "m05", "m03", "m02"}


def test_deep_clusters_share_the_money_evenly() -> None:
    """0.2 for two clusters: 0.1 each buys m05 (0.039) but not m02 (0.077) too, and m06 and m03 as far as it goes."""
    view = replace(_view({0: 1.0, 9: 0.9, 8: 1.0}), round=1, spend_left_usd=Decimal("0.2"))
    assert set(_asked(view, max_distance=100.0, n_deep=2)) == {"m05", "m06", "m03"}


def test_outcome_profiles_open_the_cluster_that_behaves_like_the_best() -> None:
    """m08 (family f2) is as good as the baseline; m07 (f1) gets the same items right: f1 comes with f2."""
    pattern = np.arange(60) % 2 == 0
    rows = np.full((10, 60), NAN)
    rows[0, :48] = rows[8, :48] = rows[7, :48] = pattern[:48]
    rows[9, :48] = 0.0
    view = replace(make_view(rows), round=1)
    asked = _asked(view, max_distance=100.0, n_deep=1)
    assert {"m05", "m04", "m02", "m01"} == set(asked)


@pytest.mark.parametrize("params", [{"representative_spend_share": 0.0}, {"n_deep": -1}, {"max_distance": -1.0}])
def test_bad_parameters_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="of ClusterRepresentatives: expected"):
        ClusterRepresentatives(**params)  # type: ignore[arg-type]
