import numpy as np
import pytest
from scipy import stats

from modelsearch.search.paired_gaps import PRIOR, bernstein_upper, mean_scores, paired_gaps, quality, t_upper
from modelsearch.testing.factories import make_view

NAN = float("nan")


def test_only_shared_items_are_compared() -> None:
    found = paired_gaps(make_view([[1.0, 0.0, 1.0, NAN], [0.0, 0.0, NAN, 1.0], [NAN, NAN, NAN, 1.0]]))
    assert found.n_pairs.tolist() == [3, 2, 0]
    assert found.gap[1] == pytest.approx(-0.5)
    assert np.isnan(found.gap[2])
    assert np.isinf(found.noise_variance[2])


def test_nothing_is_left_uncertain_when_all_items_are_known() -> None:
    found = paired_gaps(make_view([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]))
    assert found.noise_variance[1] == 0.0
    assert t_upper(found, 0.99)[1] == pytest.approx(found.gap[1])


def test_quality_is_not_helped_by_easy_items() -> None:
    view = make_view([[1.0, 0.0, 0.0, 0.0], [1.0, NAN, NAN, NAN]])
    assert mean_scores(view)[1] == 1.0
    assert quality(view)[1] == pytest.approx(0.25)


def test_equal_differences_do_not_make_certainty() -> None:
    view = make_view(np.vstack([np.ones(100), np.where(np.arange(100) < 4, 1.0, NAN)]))
    assert t_upper(paired_gaps(view), 0.99)[1] > 0.1


@pytest.mark.parametrize(("bound", "confidence"), [("t", 0.95), ("t", 0.99), ("bernstein", 0.95)])
def test_bounds_are_wrong_no_more_often_than_stated(bound: str, confidence: float) -> None:
    """500 candidates of one view, each bought on 60 of 400 items; 2.6 standard errors allowed."""
    rng = np.random.default_rng(3)
    n_items, n_rows = 400, 500
    base = (rng.random(n_items) < 0.5).astype(float)
    rows = np.where(rng.random((n_rows, n_items)) < 0.3, rng.random((n_rows, n_items)) < 0.4, base).astype(float)
    truth = (rows - base).mean(axis=1)
    rows[:, 60:] = NAN
    found = paired_gaps(make_view(np.vstack([base, rows])))
    upper = t_upper(found, confidence) if bound == "t" else bernstein_upper(found, confidence, 1.0)
    wrong = float((upper[1:] < truth).mean())
    assert wrong <= 1 - confidence + 2.6 * np.sqrt(confidence * (1 - confidence) / n_rows)


def test_bernstein_is_its_formula() -> None:
    rng = np.random.default_rng(0)
    base, other = (rng.random((2, 50)) < [[0.8], [0.6]]).astype(float)
    found = paired_gaps(make_view(np.vstack([base, other])))
    gaps = other - base
    log_term = np.log(2 / 0.05)
    width = np.sqrt(2 * gaps.var(ddof=1) * log_term / 50) + 14 * log_term / (3 * 49)
    assert bernstein_upper(found, 0.95, 1.0)[1] == pytest.approx(gaps.mean() + width)


def test_t_is_students() -> None:
    rng = np.random.default_rng(1)
    score = (rng.random((2, 200)) < [[0.8], [0.6]]).astype(float)
    score[1, 100:] = NAN
    found = paired_gaps(make_view(score))
    se = np.sqrt(found.variance[1] / 100 * 0.5)
    assert t_upper(found, 0.9)[1] == pytest.approx(found.gap[1] + stats.t.ppf(0.9, 99 + PRIOR.n_units) * se)
