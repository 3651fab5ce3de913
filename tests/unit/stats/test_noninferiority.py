import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats import noninferiority
from modelsearch.stats.noninferiority import (
    Bound,
    Floats,
    best_log_wealth,
    leading_run,
    log_wealth,
    lower_bound,
    null_means,
    sure_decisions,
)

ALPHA = 0.05
THRESHOLD = -np.log(ALPHA)


def orders(values: Floats, n_rows: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    return np.array([rng.permutation(values) for _ in range(n_rows)])


def differences(n: int, n_better: int, n_worse: int) -> Floats:
    return np.concatenate([np.ones(n_better), -np.ones(n_worse), np.zeros(n - n_better - n_worse)])


@pytest.mark.parametrize(("n", "n_better", "n_worse"), [(20, 1, 3), (100, 8, 12), (300, 20, 29), (100, 0, 4)])
def test_wealth_rarely_certifies_what_lies_just_below_the_bound(n: int, n_better: int, n_worse: int) -> None:
    total = n_better - n_worse
    x = orders(differences(n, n_better, n_worse), 3000)
    wrong = best_log_wealth(x, Bound(n_units=n, null_total=total + 0.5)) >= THRESHOLD
    assert wrong.mean() <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 3000)


def test_weighted_and_fractional_values_keep_the_level() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(-1, 1, 60) * rng.uniform(0.1, 1, 60)
    x = orders(values, 3000)
    wrong = best_log_wealth(x, Bound(n_units=60, null_total=values.sum() + 1e-3)) >= THRESHOLD
    assert wrong.mean() <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 3000)


def test_the_twin_keeps_its_level() -> None:
    values = differences(120, 10, 12)
    x = orders(values, 3000)
    bound = Bound(n_units=120, null_total=values.sum())
    wrong = best_log_wealth(-x, bound.mirrored) >= THRESHOLD
    assert wrong.mean() <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 3000)


def test_a_birth_in_mid_order_chosen_by_looking_keeps_the_level() -> None:
    """Of 20 rows the one that looks best after 40 items is made a candidate then: exactly what a combiner does."""
    n, n_runs = 150, 1500
    rng = np.random.default_rng(2)
    values = differences(n, 12, 16)
    rows = []
    for _ in range(n_runs):
        x = np.array([rng.permutation(values) for _ in range(20)])
        rows.append(x[x[:, :40].sum(axis=1).argmax()])
    bound = Bound(n_units=n, null_total=-3.5)
    born = best_log_wealth(np.array(rows), bound, np.full(n_runs, 40)) >= THRESHOLD
    assert born.mean() <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / n_runs)
    assert (best_log_wealth(np.array(rows), bound) >= THRESHOLD).mean() > born.mean()


def test_the_population_version_keeps_its_level() -> None:
    rng = np.random.default_rng(3)
    x = rng.choice([-1.0, 0.0, 1.0], p=[0.10, 0.82, 0.08], size=(2000, 400))
    bound = Bound(n_units=1, null_total=-0.02, is_population=True)
    wrong = best_log_wealth(x, bound) >= THRESHOLD
    assert wrong.mean() <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 2000)


def test_evidence_costs_what_the_literature_says() -> None:
    """Equal quality, 15 % discordance, N = 1,000, margin 5 points: about a third of the items."""
    x = orders(differences(1000, 75, 75), 200)
    hit = log_wealth(x, Bound(n_units=1000, null_total=-50.0)) >= THRESHOLD
    used = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 1000)
    assert 0.25 <= np.median(used) / 1000 <= 0.42


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=25), st.floats(0.0, 0.5))
@settings(max_examples=200, deadline=None)
def test_sure_decisions_at_the_end_are_the_truth(values: list[float], margin: float) -> None:
    x = np.array([values])
    n = len(values)
    total = x.sum(axis=1)
    sure = sure_decisions(total, total, np.zeros(1), -margin * n)
    is_good = total[0] >= -margin * n - 1e-6 * n
    assert sure.is_above[0] == is_good
    assert sure.is_below[0] == (not is_good)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=25), st.integers(1, 24), st.floats(0.0, 0.4))
@settings(max_examples=200, deadline=None)
def test_sure_decisions_hold_whatever_comes(values: list[float], n_seen: int, margin: float) -> None:
    n = len(values)
    n_seen = min(n_seen, n)
    seen = np.array([sum(values[:n_seen])])
    sure = sure_decisions(seen, seen, np.array([float(n - n_seen)]), -margin * n)
    total = sum(values)
    assert not (sure.is_above[0] and total < -margin * n - 1e-4)
    assert not (sure.is_below[0] and total >= -margin * n)


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=40),
    st.floats(-1, 1),
    st.integers(0, 30),
    st.sampled_from([False, True]),
)
@settings(max_examples=200, deadline=None)
def test_wealth_is_never_nan_and_every_factor_positive(
    values: list[float], null: float, n_more: int, is_population: bool
) -> None:
    n = len(values) + n_more
    wealth = log_wealth(np.array([values]), Bound(n_units=n, null_total=null * n, is_population=is_population))
    assert not np.isnan(wealth).any()
    assert (wealth > -np.inf).all()


def test_bets_use_the_past_alone() -> None:
    rng = np.random.default_rng(4)
    x = rng.choice([-1.0, 0.0, 1.0], size=(1, 50))
    bound = Bound(n_units=100, null_total=-5.0)
    changed = x.copy()
    changed[0, 30:] = 1.0
    np.testing.assert_array_equal(log_wealth(x, bound)[:, :30], log_wealth(changed, bound)[:, :30])


def test_a_gap_ends_the_run() -> None:
    x = np.array([[0.0, 1.0, np.nan, 1.0, 1.0]])
    np.testing.assert_array_equal(leading_run(x), [[True, True, False, False, False]])
    wealth = log_wealth(x, Bound(n_units=50, null_total=-1.0))
    assert wealth[0, 1] == wealth[0, 4]


def test_null_means_run_to_what_is_left() -> None:
    means = null_means(np.array([[1.0, 0.0, -1.0]]), Bound(n_units=4, null_total=-2.0))
    np.testing.assert_allclose(means, [[-2 / 4, -3 / 3, -3 / 2]])


def test_lower_bound_lies_below_the_truth_and_tightens() -> None:
    x = orders(differences(400, 40, 20), 1)[0]
    half, most = lower_bound(x[:200], 400, ALPHA), lower_bound(x[:380], 400, ALPHA)
    assert -1 < half <= most <= 0.05
    assert lower_bound(np.array([np.nan]), 400, ALPHA) == -1.0


def test_values_out_of_range_and_too_many_steps_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        log_wealth(np.array([[1.5]]), Bound(n_units=3, null_total=0.0))
    with pytest.raises(ValueError, match="without replacement"):
        log_wealth(np.zeros((1, 4)), Bound(n_units=3, null_total=0.0))
    with pytest.raises(ValueError, match="at least 1"):
        Bound(n_units=0, null_total=0.0)


def test_a_factor_that_is_not_positive_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="not positive"):
        noninferiority.log_factors(np.array([[-1.0]]))
