import numpy as np
import pytest

from modelsearch.core.search import Floats
from modelsearch.search.composing import alone, bought, sums, undominated
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

COSTS = [1.0, 0.2, 0.4]


def _scores() -> Floats:
    rng = np.random.default_rng(1)
    return (rng.random((3, 40)) < 0.7).astype(np.float64)


def test_only_items_of_the_baseline_and_singles_with_enough_of_them_count() -> None:
    scores = _scores()
    scores[0, 30:], scores[1, 5:] = np.nan, np.nan
    found = bought(make_view(scores, answers=texts(scores), cost_usd=COSTS), min_items=10)
    assert found is not None
    assert [single.id for single in found.singles] == ["m00", "m02"]
    assert found.score.shape == (2, 30)
    np.testing.assert_allclose(found.mean_gap[1], (scores[2, :30] - scores[0, :30]).mean(), atol=1e-6)


def test_without_the_baseline_nothing_is_found() -> None:
    scores = _scores()
    scores[0] = np.nan
    assert bought(make_view(scores, cost_usd=COSTS), min_items=1) is None


def test_the_sums_of_a_single_are_its_own() -> None:
    scores = _scores()
    found = bought(make_view(scores, answers=texts(scores), cost_usd=COSTS), min_items=1)
    assert found is not None
    total = sums(found, alone(found, [1, 2])).total()
    gaps = scores[1:] - scores[0]
    np.testing.assert_allclose(total.gap[:, 0], gaps.sum(axis=1), atol=1e-4)
    np.testing.assert_allclose(total.square[:, 0], (gaps**2).sum(axis=1), atol=1e-4)
    np.testing.assert_allclose(total.usd[:, 0], [8.0, 16.0], rtol=1e-5)
    assert total.n.tolist() == [[40.0], [40.0]]


def test_folds_leave_out_what_they_say_and_keep_clusters_together() -> None:
    scores = _scores()
    found = bought(make_view(scores, answers=texts(scores), cost_usd=COSTS), min_items=1, n_folds=4)
    assert found is not None
    by_fold = sums(found, alone(found, [1]))
    left = by_fold.without(2)
    np.testing.assert_allclose(left.gap, by_fold.total().gap - by_fold.gap[2])
    assert left.n[0, 0] == pytest.approx(30.0)


def test_long_items_cost_more_and_the_mean_is_the_expected_one() -> None:
    scores = _scores()
    scores[:, 20:] = np.nan
    usd = np.tile(np.linspace(0.1, 0.3, 40), (3, 1))
    found = bought(make_view(scores, answers=texts(scores), cost_usd=usd, list_cost_usd=[1.0, 1.0, 1.0]), min_items=1)
    assert found is not None
    np.testing.assert_allclose(found.item_usd.mean(axis=1), found.cost_usd, rtol=1e-5)
    assert (np.diff(found.item_usd[1]) > 0).all()


def test_the_dominated_come_last() -> None:
    columns = np.arange(40)
    scores = np.vstack([np.ones(40), columns % 4 != 0, columns % 2, columns % 5 != 0]).astype(np.float64)
    found = bought(make_view(scores, answers=texts(scores), cost_usd=[1.0, 0.2, 0.3, 0.4]), min_items=1)
    assert found is not None
    assert undominated(found, 5) == [3, 1, 2]
    assert undominated(found, 1, without_base=False) == [0]
