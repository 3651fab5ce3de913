from typing import Any

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.judge import Judge

ITEM = Item(id=ItemId("i"), input="?", target="yes")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"model": ""}, "model"),
        ({"rubric": 3}, "rubric"),
        ({"mode": "triple"}, "mode"),
        ({"against": "nobody"}, "against"),
        ({"scale": (5, 1)}, "scale"),
        ({"scale": (1, 2, 3)}, "scale"),
        ({"judgements": 0}, "judgements"),
        ({"judgements": True}, "judgements"),
        ({"judgements": 1.5}, "judgements"),
        ({"temperature": 3}, "temperature"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
def test_parameters_out_of_range_are_refused(params: dict[str, Any], told: str) -> None:
    with pytest.raises(PlanError, match=told):
        Judge(**{"model": "p/judge", **params})


def test_it_gives_no_score_without_a_call() -> None:
    with pytest.raises(PlanError, match="scored by a model"):
        Judge(model="p/judge").score("yes", ITEM)
    assert Judge(model="p/judge").canonical("  \n", ITEM) is None


@pytest.mark.parametrize(
    ("params", "needs_target", "is_against_baseline"),
    [
        ({}, True, False),
        ({"shows_target": False}, False, False),
        ({"mode": "pairwise"}, True, False),
        ({"mode": "pairwise", "against": "baseline"}, False, True),
        ({"against": "baseline"}, True, False),
    ],
)
def test_what_it_needs(params: dict[str, Any], needs_target: bool, is_against_baseline: bool) -> None:
    judge = Judge(model="p/judge", **params)
    assert judge.needs_target is needs_target
    assert judge.is_against_baseline is is_against_baseline
    empty = Item(id=ItemId("i"), input="?", target=" ")
    assert bool(judge.target_problem(empty)) is needs_target


def test_several_judgements_are_asked_with_a_temperature_unless_one_is_given() -> None:
    assert Judge(model="j").own_temperature == 0.0
    assert Judge(model="j", judgements=3).own_temperature == 1.0
    assert Judge(model="j", judgements=3, temperature=0.4).own_temperature == 0.4


def test_grades_of_people_are_on_the_judges_scale() -> None:
    judge = Judge(model="j", scale=(1, 5))
    assert [judge.share_of(grade) for grade in (1, 3, 5)] == [0.0, 0.5, 1.0]
    labelled = Item(id=ItemId("i"), input="?", target="yes", human_answer="no", human_score=7)
    assert "from 1 to 5, got 7" in judge.target_problem(labelled)
    assert "from 0 to 1" in Judge(model="j", mode="pairwise").target_problem(labelled)
