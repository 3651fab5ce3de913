"""A task made in Python is held to the same rules as one read from a file."""

from modelsearch.core.errors import TaskFileError
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.prompt import check_prompts
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.taskfile.checks import check_sureness, check_task


def check_spec(task: TaskSpec) -> None:
    """Refuse a task that cannot be searched.

    Raises:
        TaskFileError: no items, ids twice, an unknown scorer, targets that the scorer can never give a point, one class
            only, margin or alpha out of range, or a prompt that fails.
    """
    owner = f"task {task.id!r}"
    if not task.items:
        raise TaskFileError(f"{owner}: no items: a search needs examples with targets")
    check_sureness(task, owner=owner, error=TaskFileError)
    check_task(task, make_scorer(task), owner)
    check_prompts(task)
