"""What is legal and yet most likely not meant: tasks and candidates that a user should look at."""

from collections import Counter
from collections.abc import Sequence

from modelsearch.core.events import Warned
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.task import TaskSpec

MIN_ANSWERS = 12
ONE_ANSWER_SHARE = 0.9
TARGETS_VARY_BY = 0.15
MIN_STATUSES = 8
TRUNCATED_SHARE = 0.1


def majority_warning(task: TaskSpec, baseline_quality: float) -> Warned | None:
    """Warns where always giving the commonest target is within the margin of the baseline.

    Args:
        task: its targets are compared as text; item weights and the metric count as in quality.
        baseline_quality: estimated quality of the baseline, in [0, 1].
    """
    weights: dict[str, float] = {}
    for item in task.items:
        weights[str(item.target)] = weights.get(str(item.target), 0.0) + item.weight
    commonest, weight = max(weights.items(), key=lambda pair: (pair[1], pair[0]))
    share = 1.0 / len(weights) if task.metric == "class_weighted_mean" else weight / sum(weights.values())
    if len(weights) < 2 or share < baseline_quality - task.margin:
        return None
    return Warned(
        code="majority_class",
        subject=task.id,
        message=(
            f"always answering {_short(commonest)} scores {share:.3f}, within the margin {task.margin} of the "
            f"baseline's {baseline_quality:.3f}: a recommendation may rest on that; use metric: class_weighted_mean "
            "or balance the items"
        ),
    )


def one_answer_warning(
    candidate_id: CandidateId, answers: Sequence[str | None], targets: Sequence[object]
) -> Warned | None:
    """Warns where a candidate gives nearly all items one answer while their targets vary.

    Args:
        candidate_id: whose answers they are.
        answers: (n_items,) canonical answers; None = no answer, left out.
        targets: (n_items,) of the same items.

    Returns:
        None also where there are fewer than 12 answers: too few to say.
    """
    pairs = [(answer, str(target)) for answer, target in zip(answers, targets, strict=True) if answer is not None]
    if len(pairs) < MIN_ANSWERS:
        return None
    answer, share = _commonest([pair[0] for pair in pairs])
    _, target_share = _commonest([pair[1] for pair in pairs])
    if share < ONE_ANSWER_SHARE or target_share > share - TARGETS_VARY_BY:
        return None
    return Warned(
        code="one_answer",
        subject=candidate_id,
        message=(
            f"{candidate_id} answers {_short(answer)} to {share:.0%} of {len(pairs)} items, while no target has more "
            f"than {target_share:.0%}: usually the prompt's fault (order of examples, format) or too small a model"
        ),
    )


def truncated_warning(candidate_id: CandidateId, statuses: Sequence[Status], max_output_tokens: int) -> Warned | None:
    """Warns where a tenth or more of a candidate's replies were cut off at the output limit.

    Args:
        candidate_id: whose outcomes they are.
        statuses: (n_items,) of items that were asked.
        max_output_tokens: the limit in force.
    """
    n_truncated = sum(status is Status.TRUNCATED for status in statuses)
    if len(statuses) < MIN_STATUSES or n_truncated < TRUNCATED_SHARE * len(statuses):
        return None
    return Warned(
        code="truncated",
        subject=candidate_id,
        message=(
            f"{n_truncated} of {len(statuses)} replies of {candidate_id} were cut off at {max_output_tokens} tokens "
            "and count as the task says: raise max_output_tokens, or reasoning_tokens for one that thinks"
        ),
    )


def leaked_example_warning(task: TaskSpec) -> Warned | None:
    """Warns where a few-shot example is also an item: its target is then shown to the model that is asked for it."""
    shown = {repr(example.input) for example in task.examples}
    leaked = [item.id for item in task.items if repr(item.input) in shown]
    if not leaked:
        return None
    return Warned(
        code="leaked_example",
        subject=task.id,
        message=f"{len(leaked)} items are among the examples shown in the prompt (first: {leaked[0]}): take them out",
    )


def _commonest(texts: Sequence[str]) -> tuple[str, float]:
    text, count = Counter(texts).most_common(1)[0]
    return text, count / len(texts)


def _short(text: str, limit: int = 40) -> str:
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")
