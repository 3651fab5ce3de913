from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.feedback import DayTally, FeedbackWeight
from modelsearch.core.ids import CandidateId
from modelsearch.core.model_name import model_name
from modelsearch.core.past import KnownModel, TaskTraits
from modelsearch.decide.feedback import BIAS_SD, feedback_as_past, feedback_weights, p_good_by_feedback
from modelsearch.decide.past_quality import NewTask, past_quality

BASE, A = CandidateId("base"), CandidateId("a")


def tally(name: str, n: int, mean: float, day: int = 1, source: str = "shop") -> DayTally:
    return DayTally(
        candidate_id=CandidateId(name), day=date(2026, 11, day), n_rows=n, total=n * mean, sources=(source,)
    )


def weights(*tallies: DayTally) -> dict[CandidateId, FeedbackWeight]:
    return feedback_weights(tallies)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_however_much_comes_in_it_is_worth_few_items(n: int, mean: float) -> None:
    found = weights(tally("a", n, mean))[A]
    assert found.error_variance > BIAS_SD**2
    assert 0 < found.worth_items <= min(n, 0.25 / BIAS_SD**2) + 1e-9


def test_days_and_sources_are_added_up() -> None:
    found = weights(tally("a", 30, 1.0), tally("a", 10, 0.0, day=2, source="app"))[A]
    assert (found.n_rows, found.quality, found.sources) == (40, 0.75, ("app", "shop"))


def test_the_line_moves_only_where_both_were_judged() -> None:
    assert p_good_by_feedback(weights(tally("a", 100, 0.9)), BASE) == {}
    better = p_good_by_feedback(weights(tally("a", 1000, 0.9), tally("base", 1000, 0.6)), BASE)[A]
    worse = p_good_by_feedback(weights(tally("a", 1000, 0.6), tally("base", 1000, 0.9)), BASE)[A]
    equal = p_good_by_feedback(weights(tally("a", 5, 0.8), tally("base", 5, 0.8)), BASE)[A]
    assert 0.85 < better < 0.99
    assert worse == pytest.approx(1 - better)
    assert equal == pytest.approx(0.5)


@given(st.integers(1, 10**8), st.floats(0, 1), st.floats(0, 1))
def test_no_feedback_makes_sure(n: int, mean: float, base: float) -> None:
    found = p_good_by_feedback(weights(tally("a", n, mean), tally("base", n, base)), BASE)[A]
    assert 0 < found < 1


def test_as_a_past_task_it_tells_who_is_better() -> None:
    models = {
        CandidateId(name): KnownModel(name=model_name(name, None), usd_per_mtok=1.0)
        for name in ("gpt-4o", "mistral-large", "qwen-max")
    }
    judged = weights(tally("gpt-4o", 500, 0.95), tally("mistral-large", 500, 0.5), tally("unknown", 5, 0.5))
    past = feedback_as_past(judged, models, TaskTraits())
    assert [len(task.models) for task in past] == [2]
    found = past_quality(past, NewTask(traits=TaskTraits(), models=models))
    assert found[CandidateId("gpt-4o")] > found[CandidateId("mistral-large")]
    assert feedback_as_past({}, models, TaskTraits()) == ()
