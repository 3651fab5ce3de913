import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import CandidateId
from modelsearch.search.clusters import _linked, clusters_of, distances, profile_distances
from modelsearch.testing.factories import make_view

NAN = float("nan")


def test_profiles_that_agree_are_near_and_independent_ones_at_one() -> None:
    x = np.array([1.0, 0.0, 1.0, 0.0])
    y = np.array([1.0, 1.0, 0.0, 0.0])
    near, n_shared = profile_distances(np.array([x, x, y, 1 - x]))
    np.testing.assert_allclose(near[0], [0.0, 0.0, 1.0, 2.0])
    assert (n_shared == 4).all()


def test_constant_profiles_agree_or_have_nothing_in_common() -> None:
    near, _ = profile_distances(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))
    np.testing.assert_allclose(near, [[0, 0, 1], [0, 0, 1], [1, 1, 0]])


def test_only_shared_items_count() -> None:
    rows = np.array([[1.0, 0.0, 1.0, NAN], [1.0, 0.0, NAN, 0.0], [NAN, NAN, NAN, 1.0]])
    near, n_shared = profile_distances(rows)
    assert near[0, 1] == 0.0
    assert n_shared.tolist() == [[3, 2, 0], [2, 3, 1], [0, 1, 1]]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_profile_distances_are_what_loops_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((4, 9)) < 0.7, rng.integers(0, 3, (4, 9)) / 2, NAN)
    near, _ = profile_distances(rows)
    for i in range(4):
        for j in range(4):
            both = ~np.isnan(rows[i] + rows[j])
            x, y = rows[i][both], rows[j][both]
            alone = x.var() + y.var() + (x.mean() - y.mean()) ** 2 if both.any() else 0.0
            wanted = ((x - y) ** 2).mean() / alone if alone > 1e-12 else 0.0
            assert near[i, j] == pytest.approx(wanted, abs=1e-9)


def test_before_outcomes_families_never_mix() -> None:
    view = make_view(np.full((10, 5), NAN))
    assert clusters_of(view, view.pool, 1e6) == [
        ["m00", "m03", "m06", "m09"],
        ["m01", "m04", "m07"],
        ["m02", "m05", "m08"],
    ]


def test_kin_that_behave_differently_part_and_strangers_that_behave_alike_join() -> None:
    rng = np.random.default_rng(8)
    one, other = rng.integers(0, 2, (2, 200)).astype(np.float64)
    rows = np.full((6, 200), NAN)
    rows[0], rows[3] = one, other  # f0
    rows[1] = one  # f1, whose m04 has no outcomes
    found = clusters_of(make_view(rows), make_view(rows).pool, 5.0)
    assert found == [["m00", "m01", "m04"], ["m02", "m05"], ["m03"]]


def test_blocks_change_nothing() -> None:
    """Linkage of everything at once gives the same clusters as block by block."""
    rng = np.random.default_rng(3)
    base = rng.integers(0, 2, 40).astype(np.float64)
    rows = np.where(rng.random((18, 40)) < 0.25, 1 - base, base)
    rows[::4] = NAN
    view = make_view(rows)
    ids = list(view.pool)
    for max_distance in (0.3, 1.0, 2.0):
        labels = _linked(distances(view, ids, max_distance), max_distance)
        whole = sorted([m for m, x in zip(ids, labels, strict=True) if x == y] for y in set(labels))
        assert clusters_of(view, ids, max_distance) == whole


def test_nobody_and_one() -> None:
    view = make_view(np.full((2, 3), NAN))
    assert clusters_of(view, [], 1.0) == []
    assert clusters_of(view, [CandidateId("m01")], 1.0) == [["m01"]]
