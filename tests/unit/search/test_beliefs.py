import numpy as np
import pytest
from scipy import integrate, stats

from modelsearch.core.ids import CandidateId
from modelsearch.search.beliefs import Beliefs, beliefs, n_observed
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import seen, true_scores

NAN = float("nan")


def _beliefs(p: float, saving: float, sd: float) -> Beliefs:
    one = np.array([1.0])
    gap, ids = 0.0 * one, (CandidateId("m01"),)
    return Beliefs(ids=ids, p_feasible=p * one, gap=gap, gap_sd=one, saving=saving * one, saving_sd=sd * one)


def test_expected_improvement_is_the_integral() -> None:
    """E[max(saving - best, 0)] P(feasible), by quadrature."""
    found = _beliefs(0.4, 0.5, 0.2)
    assert found.worth[0] == pytest.approx(0.4 * 1.5 - 1)
    integral, _ = integrate.quad(lambda s: max(s, 0.0) * stats.norm.pdf(s, 0.5, 0.2), -1.5, 2.5)
    assert found.expected_gain[0] == pytest.approx(0.4 * integral, rel=1e-6)


def test_known_cost_and_certain_quality_leave_no_gain() -> None:
    assert _beliefs(1.0, 0.9, 0.0).expected_gain[0] == pytest.approx(0.0, abs=1e-8)


def test_unknown_cost_promises_nothing() -> None:
    assert _beliefs(0.9, NAN, NAN).expected_gain[0] == 0.0
    assert _beliefs(0.9, NAN, NAN).worth[0] == -1.0


def test_dearer_than_the_baseline_promises_little() -> None:
    assert _beliefs(1.0, -0.5, 0.05).expected_gain[0] < 1e-6


def test_good_ones_are_believed_to_be_good() -> None:
    scores = true_scores(9, 200)
    scores[3] = scores[0]
    scores[4] = 0.0
    view = make_view(seen(scores, [80] * 6 + [0] * 3))
    found = beliefs(view, tuple(c for c in view.pool if c != view.baseline_id))
    p = dict(zip(found.ids, found.p_feasible, strict=True))
    assert p[CandidateId("m03")] > 0.6
    assert p[CandidateId("m04")] < 0.01
    assert 0.0 < p[CandidateId("m08")] < 0.9
    assert n_observed(view) == 5


def test_a_whole_row_is_certain() -> None:
    scores = true_scores(3, 50)
    scores[1], scores[2] = scores[0], 1 - scores[0]
    view = make_view(scores)
    found = beliefs(view, (CandidateId("m01"), CandidateId("m02")))
    assert found.p_feasible[0] > 0.99
    assert (found.p_feasible[1] > 0.99) == bool((1 - scores[0]).mean() >= scores[0].mean() - 0.02)
