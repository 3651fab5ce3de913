import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.code import Code, program_of

HUMAN_EVAL: Json = {
    "entry_point": "add",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n",
}


def item(target: Json, shown: Json = "add two numbers") -> Item:
    return Item(id=ItemId("i"), input=shown, target=target)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("```python\ndef add(a, b):\n    return a + b\n```", 1.0),
        ("Sure!\n```py\ndef add(a, b):\n    return a + b\n```\nIt adds.", 1.0),
        ("def add(a, b):\n    return a + b", 1.0),
        ("```python\ndef add(a, b):\n    return a - b\n```", 0.0),
        ("```python\ndef add(a, b:\n```", 0.0),
        ("I would rather not.", 0.0),
    ],
)
def test_a_program_is_taken_out_of_the_reply_and_tested(reply: str, score: float) -> None:
    scorer = Code(timeout_s=20)
    answer = scorer.canonical(reply, item(HUMAN_EVAL))
    assert answer is not None
    assert scorer.score(answer, item(HUMAN_EVAL)) == score


def test_a_completion_goes_on_after_the_prompt() -> None:
    shown: Json = {"prompt": "def add(a, b):\n    '''Add two numbers.'''\n"}
    assert Code(timeout_s=20).score("    return a + b", item(HUMAN_EVAL, shown)) == 1.0
    whole = program_of("def add(a, b):\n    return a + b", item(HUMAN_EVAL, shown))
    assert whole.count("def add") == 1


def test_no_answer_in_an_empty_reply_or_block() -> None:
    assert Code().canonical("  \n", item(HUMAN_EVAL)) is None
    assert Code().canonical("```python\n\n```", item(HUMAN_EVAL)) is None


@pytest.mark.parametrize("target", ["", {}, {"test": ""}, {"test": "assert ("}, {"test": "x", "entry_point": "a b"}, 3])
def test_targets_that_nothing_can_meet_are_told(target: Json) -> None:
    assert Code().target_problem(item(target)) != ""
    assert Code().target_problem(item(HUMAN_EVAL)) == ""


@pytest.mark.parametrize("params", [{"timeout_s": 0}, {"timeout_s": 1e9}, {"memory_mb": 3}])
def test_limits_out_of_range_are_refused(params: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=next(iter(params))):
        Code(**params)  # type: ignore[arg-type]
