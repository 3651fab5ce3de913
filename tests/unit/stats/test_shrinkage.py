import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.shrinkage import Prior, Sample, p_at_least, shrunk_variance

PRIOR = Prior()


def sample(means: list[float], n: list[float], n_total: float = 1000.0, variance: float = 0.1) -> Sample:
    return Sample(mean=np.array(means), variance=np.full(len(means), variance), n_worth=np.array(n), n_total=n_total)


def test_a_row_seen_whole_is_known() -> None:
    p = p_at_least(-0.02, sample([-0.02, -0.021, 0.3], [50.0, 50.0, 50.0], n_total=50.0), PRIOR)
    assert p.tolist() == [1.0, 0.0, 1.0]
    mixed = p_at_least(-0.02, sample([-0.021, 0.0], [50.0, 10.0], n_total=50.0), PRIOR)
    assert mixed[0] == 0.0
    assert 0 < mixed[1] < 1


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8), st.floats(1, 900))
@settings(max_examples=30, deadline=None)
def test_it_is_a_probability_and_grows_with_the_mean(means: list[float], n: float) -> None:
    p = p_at_least(-0.02, sample(means, [n] * len(means)), PRIOR)
    assert ((p >= 0) & (p <= 1)).all()
    ordered = p[np.argsort(means, kind="stable")]
    assert (np.diff(ordered) >= -1e-9).all()


def test_more_items_say_more() -> None:
    few, many = (p_at_least(-0.02, sample([0.05], [n]), PRIOR)[0] for n in (10.0, 400.0))
    assert few < many
    assert many > 0.9


def test_ties_alone_prove_nothing() -> None:
    p = p_at_least(-0.02, sample([0.0], [8.0], variance=0.0), PRIOR)
    assert 0.2 < p[0] < 0.9


def test_a_lucky_row_among_bad_ones_is_believed_less() -> None:
    among_bad = p_at_least(-0.02, sample([0.02] + [-0.4] * 20, [20.0] * 21), PRIOR)[0]
    among_good = p_at_least(-0.02, sample([0.02] + [0.0] * 20, [20.0] * 21), PRIOR)[0]
    assert among_bad < among_good


def test_variance_is_shrunk_to_the_pool_with_a_floor() -> None:
    v = shrunk_variance(np.array([0.0, 0.3]), np.array([5.0, 500.0]), PRIOR)
    assert v[0] > 0.1
    assert v[1] == pytest.approx(0.3, abs=0.02)
    assert (shrunk_variance(np.zeros(2), np.array([1e6, 1e6]), PRIOR) > 0).all()
    assert shrunk_variance(np.zeros(1), np.zeros(1), PRIOR)[0] == pytest.approx(PRIOR.variance)
