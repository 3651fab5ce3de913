import pytest

from modelsearch.core.errors import PlanError, ScoringError
from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.python import Python

OWN = "tests.unit.evaluate.own_scores"
ITEM = Item(id=ItemId("q7"), input="?", target="yes")


def test_the_function_is_handed_answer_and_item() -> None:
    scorer = Python(function=f"{OWN}:same")
    assert scorer.score("yes", ITEM) == 1.0
    assert scorer.score("no", ITEM) == 0.0


@pytest.mark.parametrize(
    ("name", "told"),
    [("silent", "gave None"), ("outside", r"number in \[0, 1\], got 1.5"), ("broken", "ValueError: cannot read q7")],
)
def test_a_failure_names_function_and_item_and_is_no_score(name: str, told: str) -> None:
    scorer = Python(function=f"{OWN}:{name}")
    with pytest.raises(ScoringError, match=f"{OWN}:{name} on item 'q7'.*{told}"):
        scorer.score("yes", ITEM)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("no_colon", "package.module:function"),
        ("os:system", "standard library"),
        ("builtins:exec", "standard library"),
        ("subprocess:call", "standard library"),
        ("not_there_at_all:f", "cannot be imported"),
        (f"{OWN}:missing", "cannot be imported"),
        (f"{OWN}:NOT_A_FUNCTION", "expected a function"),
    ],
)
def test_what_is_no_function_of_ones_own_is_refused(function: str, told: str) -> None:
    with pytest.raises(PlanError, match=told):
        Python(function=function)
