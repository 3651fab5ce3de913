from modelsearch.core.ids import CandidateId, ItemId, PromptId, TaskId
from modelsearch.core.outcome import Status
from modelsearch.core.task import Item, Metric, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.task_warnings import (
    leaked_example_warning,
    majority_warning,
    one_answer_warning,
    truncated_warning,
)

WHO = CandidateId("cheap")


def _task(targets: list[str], metric: Metric = "mean", weights: list[float] | None = None, shown: str = "") -> TaskSpec:
    weights = weights or [1.0] * len(targets)
    items = tuple(
        Item(id=ItemId(str(i)), input=f"q{i}", target=target, weight=weight)
        for i, (target, weight) in enumerate(zip(targets, weights, strict=True))
    )
    return TaskSpec(
        id=TaskId("t"),
        kind="k",
        items=items,
        prompts=(Prompt(id=PromptId("default"), user="{{ input }}"),),
        scorer=ScorerSpec(name="exact"),
        metric=metric,
        margin=0.05,
        examples=(Item(id=ItemId("e"), input=shown, target="x"),),
    )


def test_majority_within_the_margin_of_the_baseline_warns() -> None:
    task = _task(["spam"] * 9 + ["ham"])
    warned = majority_warning(task, 0.94)
    assert warned is not None
    assert warned.code == "majority_class"
    assert "'spam' scores 0.900" in warned.message
    assert majority_warning(task, 0.96) is None


def test_class_weights_and_item_weights_count_in_the_majority() -> None:
    assert majority_warning(_task(["spam"] * 9 + ["ham"], "class_weighted_mean"), 0.94) is None
    assert majority_warning(_task(["spam", "ham"], weights=[9.0, 1.0]), 0.94) is not None


def test_one_answer_to_nearly_all_items_while_targets_vary_warns() -> None:
    targets = ["a", "b", "c"] * 6
    warned = one_answer_warning(WHO, ["a"] * 17 + ["b"], targets)
    assert warned is not None
    assert (warned.code, warned.subject) == ("one_answer", WHO)
    assert "94%" in warned.message
    assert one_answer_warning(WHO, targets, targets) is None


def test_one_answer_is_no_fault_where_targets_are_as_alike_or_answers_are_few() -> None:
    assert one_answer_warning(WHO, ["a"] * 20, ["a"] * 18 + ["b"] * 2) is None
    assert one_answer_warning(WHO, ["a"] * 11 + [None] * 9, ["a", "b"] * 10) is None


def test_a_tenth_cut_off_warns() -> None:
    statuses = [Status.TRUNCATED] + [Status.OK] * 9
    warned = truncated_warning(WHO, statuses, 64)
    assert warned is not None
    assert "1 of 10" in warned.message
    assert "64 tokens" in warned.message
    assert truncated_warning(WHO, [*statuses, Status.OK], 64) is None
    assert truncated_warning(WHO, [Status.TRUNCATED] * 7, 64) is None


def test_an_example_that_is_also_an_item_warns() -> None:
    warned = leaked_example_warning(_task(["a", "b"], shown="q1"))
    assert warned is not None
    assert "first: 1" in warned.message
    assert leaked_example_warning(_task(["a", "b"], shown="other")) is None
