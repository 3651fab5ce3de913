"""What a task may not be, told in one line each."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from modelsearch.core.errors import InputError, OptionError, TaskFileError
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec

CLASS_SCORERS = ("choice", "exact")


class _Sureness(Protocol):
    @property
    def margin(self) -> float | None: ...
    @property
    def alpha(self) -> float | None: ...


def check_sureness(values: _Sureness, *, owner: str = "", error: type[InputError] = OptionError) -> None:
    """Margin in [0, 1), alpha in (0, 0.5]; None passes. NaN does not.

    Raises:
        InputError: of the class given.
    """
    prefix = f"{owner}: " if owner else ""
    if values.margin is not None and not 0.0 <= values.margin < 1.0:
        raise error(
            f"{prefix}margin: expected a loss of quality in [0, 1), got {values.margin}: "
            "0.02 accepts two points in a hundred"
        )
    if values.alpha is not None and not 0.0 < values.alpha <= 0.5:
        raise error(f"{prefix}alpha: expected a probability in (0, 0.5], got {values.alpha}: 0.05 is usual")


def check_task(task: TaskSpec, scorer: Scorer, owner: str) -> None:
    """Duplicate ids, labels that miss targets, one class only, targets that the scorer can never give a point.

    Raises:
        TaskFileError: the first of these that is found.
    """
    _check_ids(task.items, owner)
    if task.labels:
        _check_labels(task, owner)
    _check_classes(task, owner)
    problem_of = getattr(scorer, "target_problem", None)
    if problem_of is None:
        return
    for item in (*task.items, *task.examples):
        problem = problem_of(item)
        if problem:
            raise TaskFileError(f"{owner}: item {item.id!r}: scorer {task.scorer.name!r}: {problem}")


def check_calibrated(task: TaskSpec, owner: str) -> None:
    """Refuse calibrated variants where answers are no labels: there is nothing to weigh.

    Raises:
        TaskFileError: the variant, and what to do.
    """
    calibrated = [variant.id for variant in task.variants if variant.is_calibrated]
    if calibrated and (not task.labels or task.scorer.name not in CLASS_SCORERS):
        raise TaskFileError(
            f"{owner}: variants: {calibrated[0]!r}: calibrated weighs the probabilities of labels: expected `labels` "
            f"and scorer {' or '.join(CLASS_SCORERS)}, got {len(task.labels)} labels and {task.scorer.name!r}: "
            "leave it out"
        )


def _check_ids(items: Sequence[Item], owner: str) -> None:
    item_id, count = Counter(item.id for item in items).most_common(1)[0]
    if count > 1:
        raise TaskFileError(f"{owner}: item id {item_id!r} is there {count} times: ids must differ")


def _check_labels(task: TaskSpec, owner: str) -> None:
    twice = [label for label, count in Counter(task.labels).items() if count > 1]
    if twice:
        raise TaskFileError(f"{owner}: labels: {twice[0]!r} is listed twice")
    for item in task.items:
        if str(item.target) not in task.labels:
            raise TaskFileError(
                f"{owner}: item {item.id!r}: target {str(item.target)!r} is not among the labels "
                f"{', '.join(task.labels)}: add it to `labels` or correct the item"
            )


def _check_classes(task: TaskSpec, owner: str) -> None:
    is_classification = task.kind == "classification" and task.scorer.name in CLASS_SCORERS
    if not is_classification and task.scorer.name != "choice":
        return
    classes = {str(item.target) for item in task.items}
    if len(classes) == 1:
        raise TaskFileError(
            f"{owner}: all {len(task.items)} items have the target {classes.pop()!r}: with one class there is nothing "
            "to tell apart: add items of other classes"
        )
