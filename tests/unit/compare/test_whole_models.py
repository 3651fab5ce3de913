import numpy as np

from modelsearch.compare.whole_models import evaluation, n_items_of, tried
from modelsearch.core.ids import CandidateId
from modelsearch.testing.factories import make_view


def scores(*right: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Of ten items each row has so many right; -1 = nothing bought."""
    score = np.full((len(right), 10), np.nan)
    for row, n_right in enumerate(right):
        if n_right >= 0:
            score[row] = np.arange(10) < n_right
    return score


def test_a_good_cheap_model_is_worth_its_saving_and_a_bad_one_less_than_nothing() -> None:
    view = make_view(scores(10, 10, 5, -1), cost_usd=[0.01, 0.004, 0.001, 0.001])
    found = tried(view, 10)
    assert found.ids == ("m01", "m02")
    assert found.open_ids == ("m03",)
    assert 0.5 < found.value[0] < 0.65
    assert found.value[1] < -3


def test_an_evaluation_buys_the_first_that_is_affordable_beside_the_baseline() -> None:
    view = make_view(scores(-1, -1, -1), cost_usd=[0.01, 0.5, 0.001], spend_left_usd=0.2)
    probes = evaluation(view, [CandidateId("m01"), CandidateId("m02")], 10)
    assert [(probe.candidate_id, len(probe.item_ids)) for probe in probes] == [("m00", 10), ("m02", 10)]
    assert evaluation(make_view(scores(-1, -1), spend_left_usd=1e-6), [CandidateId("m01")], 10) == ()


def test_all_items_are_all_there_are() -> None:
    view = make_view(scores(-1, -1))
    assert (n_items_of(view, None), n_items_of(view, 4), n_items_of(view, 400)) == (10, 4, 10)
