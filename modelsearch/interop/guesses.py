"""The kind of a task, guessed from its targets; nothing rests on it but the order in which candidates are tried."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from modelsearch.core.ids import Json
from modelsearch.core.past import n_labels_among
from modelsearch.interop.logged import Evaluation

MAX_LABELS = 50
MAX_LABEL_CHARS = 60
_LONG_CHARS = 300


class Guess(NamedTuple):
    """A kind, why, and its labels where it has some."""

    kind: str
    why: str
    labels: tuple[str, ...] = ()


def guess_of(evaluation: Evaluation) -> Guess:
    """The kind that the targets speak for; `extraction` where they speak for none."""
    targets = [item.target for item in evaluation.items if item.target is not None]
    labels = labels_of(targets)
    if evaluation.kind:
        return Guess(evaluation.kind, f"{evaluation.tool} says so", labels)
    if not targets:
        return Guess("extraction", "there are no targets to judge by")
    if any(item.options for item in evaluation.items):
        return Guess("reasoning", "each item brings its own options")
    if labels:
        return Guess("classification", f"{len(targets)} items have one of {len(labels)} short targets", labels)
    return _of_free_targets(targets)


def _of_free_targets(targets: Sequence[Json]) -> Guess:
    if all(is_number(target) for target in targets):
        return Guess("reasoning", "all targets are numbers")
    if all(isinstance(target, dict) for target in targets):
        return Guess("extraction", "all targets are objects")
    if fmean(len(str(target)) for target in targets) > _LONG_CHARS:
        return Guess("summarisation", "the targets are long texts")
    return Guess("extraction", "the targets are short free texts")


def labels_of(targets: Sequence[Json]) -> tuple[str, ...]:
    """The labels, sorted; none where targets are free."""
    if not all(isinstance(target, str) and len(target) <= MAX_LABEL_CHARS for target in targets):
        return ()
    texts = [str(target) for target in targets]
    n_labels = n_labels_among(texts)
    is_told_apart = len({text.casefold().strip() for text in texts}) == n_labels
    return tuple(sorted(set(texts))) if 1 < n_labels <= MAX_LABELS and is_told_apart else ()


def is_number(target: Json) -> bool:
    """Whether a target is a number, or the text of one."""
    if isinstance(target, bool) or not isinstance(target, str | int | float):
        return False
    try:
        float(str(target).replace(",", ""))
    except ValueError:
        return False
    return True
