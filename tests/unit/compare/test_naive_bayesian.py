import numpy as np
import pytest

from modelsearch.compare.naive_bayesian import NaiveBayesian, encoded, naive_improvement
from modelsearch.core.errors import PlanError
from modelsearch.testing.factories import make_view

NOTHING = np.full((5, 10), np.nan)


def test_at_a_tried_point_the_process_knows_the_value() -> None:
    known = np.array([[0.0], [10.0]])
    gain = naive_improvement(known, np.array([1.0, 3.0]), known)
    # at the best point nothing is gained; at the other the sketch's formula says -2 x Phi(-inf) = 0
    np.testing.assert_allclose(gain, 0.0, atol=1e-4)


def test_far_from_everything_it_expects_nothing() -> None:
    gain = naive_improvement(np.array([[0.0]]), np.array([0.5]), np.array([[100.0]]))
    assert gain[0] == pytest.approx(-0.5 * 0.308538, abs=1e-5)  # mean 0, sd 1: -0.5 x Phi(-0.5)


def test_it_begins_at_random_and_asks_for_one_model_and_the_baseline() -> None:
    view = make_view(NOTHING)
    probes = NaiveBayesian(n_items=4).ask(view)
    assert [len(probe.item_ids) for probe in probes] == [4, 4]
    assert probes[0].candidate_id == view.baseline_id


def test_after_three_models_the_process_chooses_and_in_the_end_nothing_is_left() -> None:
    score = NOTHING.copy()
    score[:4] = 1.0
    probes = NaiveBayesian().ask(make_view(score))
    assert [probe.candidate_id for probe in probes] == ["m04"]
    score[4] = 1.0
    assert NaiveBayesian().ask(make_view(score)) == ()


def test_an_architecture_is_a_number_below_a_thousand() -> None:
    point = encoded(make_view(NOTHING), make_view(NOTHING).baseline_id)
    assert point.shape == (5,)
    assert 0 <= point[3] < 1000


@pytest.mark.parametrize("changes", [{"n_items": 0}, {"n_random": 0}])
def test_parameters_are_checked(changes: dict[str, int]) -> None:
    with pytest.raises(PlanError, match="NaiveBayesian"):
        NaiveBayesian(**changes)
