import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from modelsearch.stats.agreement import weighted_kappa

ratings = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=6, max_size=60)


@settings(max_examples=40, deadline=None)
@given(ratings, st.sampled_from(["none", "linear", "quadratic"]))
def test_it_is_what_scikit_learn_says(pairs: list[tuple[int, int]], weights: str) -> None:
    a, b = np.array(pairs, dtype=float).T
    found = weighted_kappa(a, b, weights)  # type: ignore[arg-type]
    if len(np.unique([a, b])) < 5 or np.isnan(found.kappa):
        return  # scikit-learn weighs the places of categories, we their values: the same where all five are there
    expected = cohen_kappa_score(a, b, weights=None if weights == "none" else weights)
    assert found.kappa == pytest.approx(expected)
    assert found.low <= found.kappa <= found.high


def test_the_published_example_of_cohens_kappa() -> None:
    # Fleiss, Cohen & Everitt 1969, table 1: 200 subjects, three diagnoses; kappa 0.429, standard error 0.055
    table = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    a = np.repeat(np.arange(3), table.sum(axis=1)).astype(float)
    b = np.concatenate([np.repeat(np.arange(3), row) for row in table]).astype(float)
    found = weighted_kappa(a, b, "none")
    assert found.kappa == pytest.approx(0.429, abs=5e-4)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.055, abs=2e-3)


def test_raters_who_agree_throughout_still_leave_doubt_when_items_are_few() -> None:
    few, many = (weighted_kappa(both, both) for both in (np.tile([0.0, 1.0], n) for n in (5, 500)))
    assert [few.kappa, many.kappa] == [1.0, 1.0]
    assert few.low < 0.6
    assert many.low > 0.95


@pytest.mark.parametrize("same", [[], [1.0], [1.0] * 30])
def test_without_two_ratings_nothing_can_be_said(same: list[float]) -> None:
    found = weighted_kappa(np.array(same), np.array(same))
    assert np.isnan(found.kappa)
    assert (found.low, found.high) == (-1.0, 1.0)


def test_the_interval_covers_the_true_kappa() -> None:
    rng = np.random.default_rng(7)
    p_error, n, n_tries, n_covered = 0.15, 80, 300, 0
    truth = (1 - p_error - 0.5) / 0.5  # both classes equally likely: chance agreement is 1/2
    for _ in range(n_tries):
        people = rng.integers(0, 2, n).astype(float)
        judge = np.where(rng.random(n) < p_error, 1 - people, people)
        found = weighted_kappa(judge, people)
        n_covered += found.low <= truth <= found.high
    assert n_covered / n_tries > 0.92


@pytest.mark.parametrize("bad", [([1.0], [1.0, 2.0]), ([1.0, np.nan], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_ratings_that_are_no_two_rows_of_numbers_are_refused(bad: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match="finite numbers of one length"):
        weighted_kappa(np.array(bad[0]), np.array(bad[1]))
