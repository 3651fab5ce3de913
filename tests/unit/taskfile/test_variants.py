from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import GenParams
from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, PromptId
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.evaluate.prompt import PromptRenderer, check_prompts
from modelsearch.taskfile.load import TaskLoading, load_task
from modelsearch.taskfile.variant_rows import VariantGrid
from modelsearch.taskfile.variants import MAX_VARIANTS, asked_ways
from tests.unit.taskfile.files import write_task

SHOWN = [{"id": name, "input": f"say {name}", "target": name} for name in ("a", "b", "c")]
FEW = "{% for e in examples %}{{ e.input }} -> {{ e.target }}\n{% endfor %}{{ input }} ->"
PROMPTS = {"bare": "{{ input }}", "few": FEW}


def load(folder: Path, variants: Any, **changes: Any) -> TaskSpec:
    path = write_task(folder, drop=["prompt"], prompts=PROMPTS, examples=SHOWN, variants=variants, **changes)
    return load_task(path, loading=TaskLoading(check=check_prompts))


def test_a_grid_is_every_combination_and_a_prompt_without_examples_is_there_once(tmp_path: Path) -> None:
    task = load(tmp_path, {"examples": ["all", "none", 2, "reversed"], "efforts": ["low", "high"]})
    assert [variant.id for variant in task.variants] == [
        "bare-low",
        "bare-high",
        "few-low",
        "few-high",
        "few-0-shot-low",
        "few-0-shot-high",
        "few-2-shot-low",
        "few-2-shot-high",
        "few-reversed-low",
        "few-reversed-high",
    ]
    assert {variant.params.reasoning_effort for variant in task.variants} == {"low", "high"}
    assert {prompt.template_id or prompt.id for prompt in task.prompts} == {"bare", "few"}


def test_the_prompts_show_their_own_examples_in_their_own_order(tmp_path: Path) -> None:
    task = load(tmp_path, {"prompts": ["few"], "examples": {"two": ["c", "a"], "none": "none", "back": "reversed"}})
    renderer, item = PromptRenderer(task), task.items[0]
    texts = {p.id: renderer.render(item, p.id)[0].content for p in task.prompts}
    assert texts == {
        "few-two": "say c -> c\nsay a -> a\nwhere is my parcel ->",
        "few-none": "where is my parcel ->",
        "few-back": "say c -> c\nsay b -> b\nsay a -> a\nwhere is my parcel ->",
    }


def test_a_list_names_each_way_of_asking(tmp_path: Path) -> None:
    rows = [
        {"name": "today"},
        {"name": "slow", "prompt": "few", "examples": 1, "effort": "high", "temperature": 0.5, "max_output_tokens": 9},
    ]
    task = load(tmp_path, rows)
    today, slow = task.variants
    assert (today.id, today.prompt_id, today.params, today.stem) == ("today", "bare", GenParams(), "")
    assert slow.params == GenParams(temperature=0.5, max_output_tokens=9, reasoning_effort="high")
    assert [prompt.id for prompt in task.prompts] == ["bare", "few-1-shot"]


def test_a_task_without_variants_is_left_as_it_was(tmp_path: Path) -> None:
    task = load(tmp_path, None)
    assert task.variants == ()
    assert task.prompts == tuple(Prompt(id=PromptId(name), user=text) for name, text in PROMPTS.items())


def test_shuffled_orders_are_the_same_everywhere_and_hold_every_example_once(tmp_path: Path) -> None:
    task = load(tmp_path, {"prompts": ["few"], "examples": ["shuffled-1", "shuffled-2", "shuffled-3"]})
    orders = [prompt.example_ids or () for prompt in task.prompts]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert len(set(orders)) > 1


@pytest.mark.parametrize(
    ("variants", "told"),
    [
        ([{"name": "x", "prompt": "fwe"}], r"prompt: expected one of bare, few, got 'fwe' \(did you mean 'few'\?\)"),
        ([{"name": "x"}, {"name": "x"}], "'x' is there twice"),
        ([{"name": "a b"}], "no spaces and none of"),
        ([{"name": "x", "examples": 2}], "prompt 'bare' never shows any"),
        ([{"name": "x", "prompt": "few", "examples": ["a", "z"]}], "ids of the task's examples .a, b, c., got 'z'"),
        ([{"name": "x", "prompt": "few", "examples": 4}], "at most the task's 3, got 4"),
        ([{"name": "x", "prompt": "few", "examples": "sorted"}], "expected all, none, reversed, shuffled-7"),
        ([{"name": "x", "effrot": "low"}], r"unknown key 'variants.0.effrot' \(did you mean 'effort'\?\)"),
        ({"effort": ["low"]}, r"unknown key 'variants.effort' \(did you mean 'efforts'\?\)"),
        ({"efforts": ["lots"]}, "variants.efforts.0: Input should be 'none', 'minimal'"),
        ({"temperatures": [3]}, "less than or equal to 2, got 3"),
        ([], "variants: .*at least 1 item"),
        (
            {"efforts": ["low", "high", "max"], "temperatures": [n / 20 for n in range(20)]},
            "at most 64 ways of asking, got 2 prompts x 3 efforts x 20 temperatures = 120: shorten a list",
        ),
        ([{"name": f"v{n}"} for n in range(65)], "at most 64, got 65"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path: Path, variants: Any, told: str) -> None:
    with pytest.raises(TaskFileError, match=told) as caught:
        load(tmp_path, variants)
    assert "\n" not in str(caught.value)


def test_examples_are_asked_for_where_there_are_none(tmp_path: Path) -> None:
    path = write_task(tmp_path, prompt=FEW, variants={"examples": [1]})
    with pytest.raises(TaskFileError, match="the task has none: add `examples:`"):
        load_task(path)


@given(
    efforts=st.lists(st.sampled_from(["low", "medium", "high"]), unique=True, max_size=3),
    temperatures=st.lists(st.sampled_from([0.0, 0.3, 1.0]), unique=True, max_size=3),
    shots=st.lists(st.sampled_from(["all", "none", 1, 2, "reversed"]), unique=True, max_size=5),
)
def test_a_grid_has_as_many_ways_as_its_lists_and_all_names_differ(
    efforts: list[str], temperatures: list[float], shots: list[Any]
) -> None:
    grid = VariantGrid.model_validate(
        {
            name: some
            for name, some in [("efforts", efforts), ("temperatures", temperatures), ("examples", shots)]
            if some
        }
    )
    prompts = [Prompt(id=PromptId(name), user=text) for name, text in PROMPTS.items()]
    examples = [Item(id=ItemId(row["id"]), input=row["input"], target=row["target"]) for row in SHOWN]
    size = max(1, len(efforts)) * max(1, len(temperatures)) * (1 + max(1, len(shots)))
    if 2 * max(1, len(efforts)) * max(1, len(temperatures)) * max(1, len(shots)) > MAX_VARIANTS:
        with pytest.raises(TaskFileError, match="at most 64"):
            asked_ways(grid, prompts, examples, "task")
        return
    found = asked_ways(grid, prompts, examples, "task")
    assert len({variant.id for variant in found.variants}) == len(found.variants) == size
    assert {variant.prompt_id for variant in found.variants} == {prompt.id for prompt in found.prompts}


def test_calibration_is_for_answers_that_are_labels(tmp_path: Path) -> None:
    rows = [{"name": "plain"}, {"name": "cal", "calibrated": True}]
    with pytest.raises(TaskFileError, match=r"'cal': calibrated weighs .* got 0 labels and 'exact': leave it out"):
        load(tmp_path, rows)
    assert load(tmp_path, rows, labels=["delivery", "refund"]).variants[1].is_calibrated
    grid = load(tmp_path, {"calibrated": [False, True]}, labels=["delivery", "refund"])
    assert [variant.id for variant in grid.variants] == ["bare", "bare-cal", "few", "few-cal"]
