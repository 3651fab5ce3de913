"""The scorer of a task, with the task's labels handed in."""

from modelsearch.core.errors import PlanError
from modelsearch.core.ports import Scorer
from modelsearch.core.task import TaskSpec
from modelsearch.taskfile.scorer import build_scorer


def make_scorer(task: TaskSpec) -> Scorer:
    """The scorer that the task names.

    Raises:
        TaskFileError: unknown scorer or bad parameters.
    """
    return build_scorer(task.scorer, task.labels, owner=f"task {task.id!r}")


def has_canonical_form(scorer: Scorer) -> bool:
    """Whether equal answers are equal text, so that they can be put to a vote; True where the scorer does not say."""
    return bool(getattr(scorer, "has_canonical_form", True))


def require_canonical_form(scorer: Scorer) -> None:
    """Refuse a vote over answers that have no canonical form.

    Raises:
        PlanError: the scorer judges free text.
    """
    if not has_canonical_form(scorer):
        raise PlanError(
            f"scorer {type(scorer).__name__} has no canonical answers, so no vote can be taken: "
            "drop ensembles from the plan, or use a scorer such as exact, choice, numeric, regex or json_fields"
        )
