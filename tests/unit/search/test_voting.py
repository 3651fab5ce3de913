import numpy as np
import pytest

from modelsearch.core.candidate import log_odds
from modelsearch.search.composing import bought
from modelsearch.search.voting import calibrations, log_odds_of, vote_fronts, vote_scores
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts


def test_log_odds_are_those_of_the_evaluation() -> None:
    sure = [0.0, 0.2, 0.5, 0.75, 1.0, np.nan]
    found = log_odds_of(np.array(sure, dtype=np.float32))
    np.testing.assert_allclose(found, [log_odds(confidence) for confidence in sure], atol=1e-4)


def test_every_group_votes_and_is_known_where_all_members_are() -> None:
    columns = np.arange(30)
    scores = np.vstack([np.ones(30), columns % 2, columns % 3 > 0, columns % 5 > 0, columns % 7 > 0]).astype(float)
    scores[3, 20:] = np.nan
    found = bought(make_view(scores, answers=texts(scores), cost_usd=[1.0, 0.1, 0.1, 0.2, 0.2]), min_items=1)
    assert found is not None
    fronts = vote_fronts(found, [1, 2, 3, 4], 3, 0.0)
    assert fronts.legs == ((4, 3, 2), (4, 3, 1), (4, 2, 1), (3, 2, 1))
    assert fronts.known.sum(axis=1).tolist() == [20.0, 20.0, 30.0, 20.0]
    voted = vote_scores(found.answer[[4, 2, 1]], scores[[4, 2, 1]], 0.0)
    np.testing.assert_allclose(fronts.gap[2], voted - 1.0)
    np.testing.assert_allclose(fronts.item_usd.mean(axis=1), [0.5, 0.5, 0.4, 0.4], rtol=1e-5)


def test_calibrations_find_the_line_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    n_items = 4000
    stated = rng.normal(1.0, 2.0, n_items)
    right = rng.random(n_items) < 1 / (1 + np.exp(-(0.5 * stated - 0.7)))
    scores = np.vstack([np.ones(n_items), right]).astype(np.float64)
    confidence = np.vstack([np.full(n_items, np.nan), 1 / (1 + np.exp(-stated))])
    view = make_view(scores, answers=[["0"] * n_items] * 2, confidence=confidence)
    found = bought(view, min_items=1, max_items=n_items)
    assert found is not None
    slopes, offsets = calibrations(found, np.ones(n_items, dtype=np.bool_), 3)
    assert slopes[1] == pytest.approx(0.5, abs=0.06)
    assert offsets[1] == pytest.approx(-0.7 + np.log(2), abs=0.12)


def test_wild_confidences_never_run_away() -> None:
    rng = np.random.default_rng(4)
    scores = np.vstack([np.ones(60), rng.random((8, 60)) < 0.9]).astype(np.float64)
    confidence = np.vstack([np.full(60, np.nan), rng.choice([0.0, 0.5, 1.0], (8, 60))])
    found = bought(make_view(scores, answers=[["0"] * 60] * 9, confidence=confidence), min_items=1)
    assert found is not None
    slopes, offsets = calibrations(found, np.ones(60, dtype=np.bool_), 2)
    assert slopes[1:].max() < 1.0
    assert (offsets[1:] < 6.0).all()
