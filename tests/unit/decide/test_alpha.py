from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Candidate, Ensemble
from modelsearch.decide.alpha import alpha_shares, keep_level, shared_level
from tests.unit.decide.views import NAN, make_view


def test_all_levels_together_stay_within_alpha() -> None:
    view = make_view(np.zeros((5, 4)))
    singles = view.candidates[1:4]
    votes: tuple[Candidate, ...] = tuple(Ensemble(members=singles[:k]) for k in (1, 2, 3))  # type: ignore[arg-type]
    made = make_view(np.zeros((8, 4)), composites=votes)
    shares = alpha_shares(made)
    assert shares[0] == 0
    assert shares[1:5].sum() == pytest.approx(0.02)
    np.testing.assert_allclose(shares[5:], [0.005 / 2, 0.005 / 4, 0.005 / 8])
    assert shares.sum() + keep_level(0.05) + shared_level(0.05) <= 0.05 + 1e-12


def test_shares_do_not_depend_on_outcomes_or_on_the_pool() -> None:
    bare, full = make_view(np.full((4, 6), NAN)), make_view(np.ones((4, 6)), pool=[0, 2])
    np.testing.assert_array_equal(alpha_shares(bare), alpha_shares(full))


def test_weights_are_the_root_of_the_price_ratio_little_if_dearer_and_full_if_unknown() -> None:
    view = make_view(np.zeros((5, 4)), list_cost_usd=[0.01, 0.02, 0.0025, NAN, 1e-9])
    shares = alpha_shares(view)
    np.testing.assert_allclose(shares[1:] / shares[3], [0.1, 0.5, 1.0, 0.02])


def test_an_unknown_price_of_the_baseline_makes_all_equal() -> None:
    shares = alpha_shares(make_view(np.zeros((3, 4)), list_cost_usd=[NAN, 5.0, 0.1]))
    assert shares[1] == shares[2] > 0


def test_a_candidate_alone_with_the_baseline_takes_the_whole_pools_part() -> None:
    view = make_view(np.zeros((2, 4)))
    assert alpha_shares(replace(view)).tolist() == [0, pytest.approx(0.02)]


def test_who_left_before_the_first_probe_takes_no_share() -> None:
    view = make_view(np.full((4, 4), NAN))
    gone = frozenset({view.candidates[1].id, view.candidates[3].id})
    assert alpha_shares(replace(view, dropped_free=gone)).tolist() == [0, 0, pytest.approx(0.02), 0]
