from dataclasses import replace
from typing import Any

import pytest

from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, PromptId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.task_check import check_spec

ITEMS = tuple(Item(id=ItemId(target), input=f"say {target}", target=target) for target in ("yes", "no"))
TASK = TaskSpec(
    id=TaskId("t"),
    kind="classification",
    items=ITEMS,
    prompts=(Prompt(id=PromptId("default"), user="{{ input }}"),),
    scorer=ScorerSpec(name="choice"),
    labels=("yes", "no"),
)


def test_a_sound_task_passes() -> None:
    check_spec(TASK)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": ()}, "task 't': no items"),
        ({"items": (ITEMS[0], ITEMS[0])}, "item id 'yes' is there 2 times"),
        ({"items": ITEMS[:1]}, "nothing to tell apart"),
        ({"labels": ("yes",)}, "target 'no' is not among the labels"),
        ({"labels": ()}, "no labels given"),
        ({"margin": 1.0}, "margin: expected"),
        ({"alpha": 0.0}, "alpha: expected"),
        ({"scorer": ScorerSpec(name="choise")}, "did you mean 'choice'"),
        ({"scorer": ScorerSpec(name="numeric")}, "expected a number as target"),
        ({"prompts": ()}, "no prompt"),
    ],
)
def test_what_no_search_can_use_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFileError) as error:
        check_spec(replace(TASK, **changes))
    assert message in str(error.value)
