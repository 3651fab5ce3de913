from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.stats.gap_prior import Fitted, PriorRules, RowPrior, Slopes, row_priors

Floats = npt.NDArray[np.float64]
NAN = float("nan")
RULES = PriorRules()


def fitted(quality: Floats, n_seen: Floats, fact: Floats | None = None, loadings: Floats | None = None) -> Fitted:
    """Rows with one free fact; the last is the reference."""
    facts = np.full(len(quality), NAN) if fact is None else fact
    bare = np.zeros((len(quality), 0)) if loadings is None else loadings
    return Fitted(
        weights=np.column_stack([quality, bare]),
        n_seen=n_seen,
        regressors=facts[:, None],
        reference=len(quality) - 1,
        family=np.full(len(quality), -1),
        unsure=np.zeros(len(quality)),
    )


def sd_of(prior: RowPrior) -> Floats:
    """(n_rows,) of the intercepts."""
    return np.asarray(1.0 / np.sqrt(prior.precision[:, 0, 0]), dtype=np.float64)


def seen(n_rows: int, n_bare: int) -> Floats:
    """1,000 items for each row but the last ones."""
    return np.asarray(np.where(np.arange(n_rows) < n_rows - n_bare, 1000.0, 0.0), dtype=np.float64)


def test_before_any_outcome_all_rows_share_a_wide_guess_and_the_reference_lies_above() -> None:
    prior = row_priors(fitted(np.zeros(5), np.zeros(5)), RULES)
    assert prior.mean[:4, 0] == pytest.approx(np.full(4, prior.mean[0, 0]))
    assert prior.mean[4, 0] > prior.mean[0, 0] + RULES.above_best
    assert (sd_of(prior) > 0.2).all()


def test_rows_without_outcomes_are_expected_at_the_others_mean_and_as_wide_as_they_spread() -> None:
    quality = np.append(np.random.default_rng(0).normal(0.6, 0.08, 200), [0.0] * 3)
    prior = row_priors(fitted(quality, seen(203, 3)), RULES)
    assert prior.mean[200:202, 0] == pytest.approx(np.full(2, 0.6), abs=0.02)
    assert sd_of(prior)[200:202] == pytest.approx(np.full(2, 0.08), rel=0.15)


def test_a_line_is_learnt_and_takes_the_spread_away() -> None:
    rng = np.random.default_rng(1)
    fact = rng.uniform(0.0, 1.0, 120)
    quality = 0.3 + 0.4 * fact + rng.normal(0.0, 0.02, 120)
    prior = row_priors(fitted(quality, seen(120, 20), fact), RULES)
    assert prior.mean[100:119, 0] == pytest.approx(0.3 + 0.4 * fact[100:119], abs=0.03)
    flat = row_priors(fitted(quality, seen(120, 20)), RULES)
    assert (sd_of(prior)[100:119] < 0.5 * sd_of(flat)[100:119]).all()


def test_a_fact_that_tells_nothing_moves_little() -> None:
    rng = np.random.default_rng(2)
    quality = rng.normal(0.6, 0.1, 60)
    plain = row_priors(fitted(quality, seen(60, 20)), RULES).mean[:59, 0]
    noisy = row_priors(fitted(quality, seen(60, 20), rng.normal(size=60)), RULES).mean[:59, 0]
    assert np.abs(noisy - plain).mean() < 0.03


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100.0, 100.0))
@settings(max_examples=25)
def test_the_unit_of_a_fact_does_not_matter(scale: float, shift: float) -> None:
    rng = np.random.default_rng(3)
    fact, quality = rng.normal(size=12), rng.uniform(0.3, 0.8, 12)
    plain = row_priors(fitted(quality, seen(12, 4), fact), RULES)
    other = row_priors(fitted(quality, seen(12, 4), shift + scale * fact), RULES)
    assert other.mean == pytest.approx(plain.mean, abs=1e-6)


def test_an_expected_slope_holds_until_many_rows_say_otherwise() -> None:
    fact = np.linspace(0.0, 1.0, 202)
    expected = Slopes(expected=np.array([0.3]), rows=np.array([20.0]))
    quality = 0.7 - 0.3 * fact
    at = [150, 200]
    few = np.where(np.isin(np.arange(202), [90, 110]), 1000.0, 0.0)
    early = row_priors(replace(fitted(quality, few, fact), slopes=expected), RULES).mean[at, 0]
    late = row_priors(replace(fitted(quality, seen(202, 2), fact), slopes=expected), RULES).mean[at, 0]
    assert np.diff(early) / np.diff(fact[at]) == pytest.approx([0.3], abs=0.01)
    assert np.diff(late) / np.diff(fact[at]) == pytest.approx([-0.3], abs=0.1)


def test_an_expected_slope_of_none_is_as_nothing_expected() -> None:
    rng = np.random.default_rng(5)
    rows = fitted(rng.uniform(0.3, 0.8, 12), seen(12, 4), rng.normal(size=12))
    flat = Slopes(expected=np.zeros(1), rows=np.full(1, RULES.ridge_rows))
    assert np.array_equal(row_priors(replace(rows, slopes=flat), RULES).mean, row_priors(rows, RULES).mean)


def test_an_unknown_fact_stands_at_the_facts_mean() -> None:
    rng = np.random.default_rng(4)
    fact = rng.normal(size=13)
    quality = np.clip(0.5 + 0.1 * fact, 0.1, 0.9)
    given_mean = np.append(fact[:-2], [fact[:-2].mean(), NAN])
    unknown = np.append(fact[:-2], [NAN, NAN])
    told = row_priors(fitted(quality, seen(13, 2), given_mean), RULES)
    untold = row_priors(fitted(quality, seen(13, 2), unknown), RULES)
    assert untold.mean[11, 0] == pytest.approx(told.mean[11, 0])


@pytest.mark.parametrize("best", [0.5, 0.8, 0.99])
def test_the_reference_lies_a_little_above_the_best_known_row_yet_below_1(best: float) -> None:
    quality = np.array([0.4, best, 0.3, 0.99])
    n_seen = np.array([100.0, 100.0, 100.0, 0.0])
    prior = row_priors(fitted(quality, n_seen), RULES)
    assert prior.mean[3, 0] == pytest.approx(min(0.985, best + RULES.above_best))
    assert sd_of(prior)[3] == pytest.approx(RULES.reference_sd)
    lucky = row_priors(fitted(quality, np.array([100.0, 4.0, 100.0, 0.0])), RULES)
    assert lucky.mean[3, 0] < prior.mean[3, 0], "a row of four items is not known yet"


def test_what_the_reference_itself_scored_is_not_in_anybodys_prior() -> None:
    quality, n_seen = np.array([0.5, 0.6, 0.7, 0.1]), np.array([50.0, 50.0, 50.0, 50.0])
    low = row_priors(fitted(quality, n_seen), RULES)
    high = row_priors(fitted(np.append(quality[:3], 0.9), n_seen), RULES)
    assert np.array_equal(low.mean, high.mean)
    assert np.array_equal(low.precision, high.precision)


def test_rows_of_more_items_count_more() -> None:
    quality = np.array([0.8, 0.4, 0.0, 0.0])
    first = row_priors(fitted(quality, np.array([500.0, 5.0, 0.0, 0.0])), RULES)
    second = row_priors(fitted(quality, np.array([5.0, 500.0, 0.0, 0.0])), RULES)
    assert first.mean[2, 0] > 0.7
    assert second.mean[2, 0] < 0.5


def test_loadings_follow_the_better_rows() -> None:
    quality = np.append(np.repeat([0.8, 0.2], 10), [0.0, 0.0])
    loadings = np.append(np.repeat([0.3, -0.3], 10), [0.0, 0.0])[:, None]
    prior = row_priors(fitted(quality, seen(22, 2), loadings=loadings), RULES)
    assert (prior.mean[:, 1] > 0.2).all()
    alike = row_priors(fitted(quality, seen(22, 2), loadings=np.full((22, 1), 0.3)), RULES)
    assert alike.precision[0, 1, 1] > prior.precision[0, 1, 1], "rows that agree are believed more"


@given(seed=st.integers(0, 500), n_rows=st.integers(2, 12), k=st.integers(0, 2))
@settings(max_examples=40)
def test_priors_are_proper_and_follow_their_rows(seed: int, n_rows: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    facts = np.where(rng.random((n_rows, 2)) < 0.3, NAN, rng.normal(size=(n_rows, 2)))
    weights = np.column_stack([rng.uniform(-0.1, 1.1, n_rows), rng.normal(0.0, 0.2, (n_rows, k))])
    n_seen = np.asarray(rng.integers(0, 60, n_rows) * rng.integers(0, 2, n_rows), dtype=np.float64)
    rows = Fitted(
        weights=weights,
        n_seen=n_seen,
        regressors=facts,
        reference=0,
        family=np.asarray(rng.integers(-1, 3, n_rows), dtype=np.int64),
        unsure=rng.uniform(0.0, 0.02, n_rows),
    )
    prior = row_priors(rows, RULES)
    assert prior.mean.shape == (n_rows, 1 + k)
    assert ((prior.mean[:, 0] > 0.0) & (prior.mean[:, 0] < 1.0)).all()
    assert (np.linalg.eigvalsh(prior.precision) > 0.0).all()
    order = rng.permutation(n_rows)
    moved = replace(
        rows,
        weights=weights[order],
        n_seen=n_seen[order],
        regressors=facts[order],
        family=rows.family[order],
        unsure=rows.unsure[order],
        reference=int(np.flatnonzero(order == 0)[0]),
    )
    assert row_priors(moved, RULES).mean == pytest.approx(prior.mean[order], abs=1e-9)
    assert row_priors(moved, RULES).precision == pytest.approx(prior.precision[order], rel=1e-6, abs=1e-9)


def test_kin_of_a_row_that_lies_above_its_line_lift_it_and_make_it_surer() -> None:
    rows = fitted(np.array([0.9, 0.88, 0.5, 0.52, 0.5, 0.0, 0.0, 0.0]), seen(8, 3))
    kin = replace(rows, family=np.array([1, 1, -1, -1, -1, 1, -1, -1]))
    apart, near = row_priors(rows, RULES), row_priors(kin, RULES)
    assert near.mean[5, 0] > apart.mean[5, 0] + 0.05
    assert sd_of(near)[5] < sd_of(apart)[5]
    assert near.mean[6, 0] == pytest.approx(apart.mean[6, 0]), "who has no kin stays on the line"


def test_a_row_is_no_kin_of_itself() -> None:
    rows = fitted(np.array([0.9, 0.5, 0.5, 0.0]), seen(4, 1))
    alone = replace(rows, family=np.array([3, 4, 5, 6]))
    assert row_priors(alone, RULES).mean == pytest.approx(row_priors(rows, RULES).mean)


def test_means_known_badly_do_not_make_rows_look_alike() -> None:
    rows = fitted(np.array([0.6, 0.61, 0.6, 0.59, 0.6, 0.0]), seen(6, 1))
    unsure = replace(rows, unsure=np.full(6, 0.02))
    assert (sd_of(row_priors(unsure, RULES))[:5] > sd_of(row_priors(rows, RULES))[:5]).all()
