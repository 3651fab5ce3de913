from dataclasses import replace

import numpy as np

from modelsearch.core.search import Floats
from modelsearch.search.composing import Bought, alone, bought, sums
from modelsearch.search.crossfit import Limits, best_first, crossfitted, worth_of
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

LIMITS = Limits(margin=0.02, max_usd=0.8, base_usd=1.0, min_items=10)


def _found(scores: Floats, costs: Floats) -> Bought:
    found = bought(make_view(scores, answers=texts(scores), cost_usd=costs), min_items=1)
    assert found is not None
    return found


def test_the_best_of_many_equals_is_judged_at_what_it_is() -> None:
    """40 coin tossers against one: the winner looks 0.1 and more better, and is not."""
    gaps_chosen, gaps_judged = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scores = (rng.random((41, 200)) < 0.7).astype(np.float64)
        scores[:, 100:] = np.nan
        found = _found(scores, np.array([1.0, *[0.1] * 40]))
        by_fold = sums(found, alone(found, range(1, 41)))
        chosen = worth_of(found, by_fold.total(), LIMITS)
        judged = crossfitted(found, by_fold, LIMITS)
        assert judged is not None
        gaps_chosen.append(float(chosen.gap.max()))
        gaps_judged.append(float(judged.gap))
    assert np.mean(gaps_chosen) > 0.08
    assert abs(np.mean(gaps_judged)) < 3 * np.std(gaps_judged) / np.sqrt(30) + 0.01


def test_what_is_known_whole_is_known() -> None:
    scores = np.vstack([np.ones(50), np.ones(50), np.zeros(50)])
    found = _found(scores, np.array([1.0, 0.25, 0.1]))
    worth = worth_of(found, sums(found, alone(found, [1, 2])).total(), LIMITS)
    np.testing.assert_allclose(worth.p[:, 0], [1.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(worth.worth[:, 0], [0.75, -1.0], atol=1e-6)


def test_limits_break_a_worth() -> None:
    scores = np.ones((3, 50))
    found = _found(scores, np.array([1.0, 0.79, 0.81]))
    total = sums(found, alone(found, [1, 2])).total()
    assert (worth_of(found, total, LIMITS).worth[:, 0] > -1).tolist() == [True, False]
    assert (worth_of(found, total, replace(LIMITS, min_items=51)).worth == -1).all()


def test_where_no_fold_can_choose_there_is_no_judgement() -> None:
    found = _found(np.ones((2, 50)), np.array([1.0, 0.9]))
    assert crossfitted(found, sums(found, alone(found, [1])), LIMITS) is None


def test_the_worthiest_come_first_and_the_worthless_never() -> None:
    columns = np.arange(50)
    scores = np.vstack([np.ones(50), np.ones(50), np.ones(50), columns % 2]).astype(np.float64)
    found = _found(scores, np.array([1.0, 0.5, 0.2, 0.1]))
    worth = worth_of(found, sums(found, alone(found, [1, 2, 3])).total(), LIMITS)
    assert list(best_first(worth, 5)) == [(1, 0), (0, 0)]
    assert list(best_first(worth, 1)) == [(1, 0)]
