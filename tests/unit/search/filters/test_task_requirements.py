import numpy as np

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.task import Requirements
from modelsearch.search.filters.task_requirements import TaskRequirements
from modelsearch.testing.factories import make_task, make_view

NAN = float("nan")


def test_the_first_reason_is_told_and_all_are_counted() -> None:
    wanted = Requirements(exclude=("m01",), providers=frozenset({"other"}))
    view = make_view(np.full((3, 2), NAN), task=make_task(2, requirements=wanted))
    first, second = TaskRequirements().drop(view)
    assert first.candidate_id == "m01"
    assert first.reason == "matches the excluded glob m01"
    assert first.evidence["n_unmet"] == 2
    assert first.remedy == "remove m01 from --exclude"
    assert second.evidence["n_unmet"] == 1


def test_a_vote_is_as_able_as_its_least_able_member() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02")))
    task = make_task(2, requirements=Requirements(exclude=("m02",)))
    view = make_view(np.full((4, 2), NAN), composites=[vote], task=task)
    assert {drop.candidate_id for drop in TaskRequirements().drop(view)} == {"m02", vote.id}


def test_the_baseline_stays_whatever_is_asked() -> None:
    view = make_view(np.full((2, 2), NAN), task=make_task(2, requirements=Requirements(include=("none",))))
    assert [drop.candidate_id for drop in TaskRequirements().drop(view)] == ["m01"]
