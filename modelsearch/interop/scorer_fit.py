"""Which scorer of ours is the tool's: each that might be is held against the scores that the tool gave.

A name is no proof: two tools' "exact match" differ in case, punctuation and articles. A scorer counts as equal if it
gives every answer of the log the tool's own score.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.errors import ModelsearchError
from modelsearch.core.ids import ItemId, TaskId
from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, ScorerSpec, TaskSpec
from modelsearch.evaluate.grade import Grade, score_reply
from modelsearch.interop.guesses import Guess, is_number
from modelsearch.interop.logged import Evaluation, LoggedOutcome
from modelsearch.interop.prompts import Draft
from modelsearch.taskfile.scorer import build_scorer

MIN_ANSWERS = 20
"""Right and wrong ones together, before a scorer that the tool's name does not speak for is taken."""
MAX_PATTERN_CHARS, MAX_PATTERN_STEPS = 300, 10**9
_SAME = 1e-9
_GENERIC = (
    ScorerSpec(name="choice"),
    ScorerSpec(name="exact"),
    ScorerSpec(name="exact", params={"casefold": True, "strip_punctuation": True}),
    ScorerSpec(name="numeric"),
    ScorerSpec(name="contains", params={"mode": "any"}),
)
_ASKS_OTHERS = frozenset({"judge", "embedding", "code", "python"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A scorer of ours beside the tool's.

    Attributes:
        n_same, n_answers: of the answers with a score by the tool, how many it gives the same score.
        differing: ids of a few items where it does not.
    """

    spec: ScorerSpec
    n_same: int
    n_answers: int
    differing: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """The same score for every answer, and there are some."""
        return 0 < self.n_answers == self.n_same


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was chosen, and what was tried.

    Attributes:
        chosen: None = the user is to choose.
        why: of the choice, in words.
        tried: best first.
    """

    chosen: ScorerSpec | None
    why: str
    tried: tuple[Fit, ...] = ()


def fitted(evaluation: Evaluation, draft: Draft, guess: Guess, wanted: ScorerSpec | None) -> Fitted:
    """The scorer for a task file.

    Args:
        evaluation: its outcomes with answer and score are what is compared.
        draft: gives items their inputs.
        guess: gives labels.
        wanted: the user's own choice, which is taken whatever the comparison says.

    Raises:
        TaskFileError: the user's choice is no scorer.
    """
    items = core_items(evaluation, draft)
    if wanted is not None:
        build_scorer(wanted, guess.labels, owner="--scorer")
        fit = _fit(wanted, evaluation, items, guess)
        return Fitted(chosen=wanted, why="you chose it", tried=() if fit is None else (fit,))
    named = evaluation.scored_with.equals
    specs = [*named, *(spec for spec in _GENERIC if spec not in named)]
    if all(is_number(item.target) for item in items.values()):  # "4", "4.0" and "The answer is 4." are then one answer
        specs.sort(key=lambda spec: spec.name != "numeric")
    fits = [fit for spec in specs if (fit := _fit(spec, evaluation, items, guess)) is not None]
    for fit in fits:
        if fit.is_equal and (fit.spec in named or _is_telling(evaluation, items)):
            why = f"it gives all {fit.n_answers} answers of the log the tool's own score"
            return Fitted(chosen=fit.spec, why=why, tried=tuple(fits))
    fits.sort(key=lambda fit: -fit.n_same)
    return _by_kind(evaluation, guess, tuple(fits))


def _by_kind(evaluation: Evaluation, guess: Guess, fits: tuple[Fit, ...]) -> Fitted:
    """Where the tool gave no scores, what suits closed answers; else the user's choice."""
    has_targets = any(item.target is not None for item in evaluation.items)
    if not fits or not has_targets:
        return Fitted(
            chosen=None, why="there are no targets to score by" if not has_targets else "none can read the targets"
        )
    if not any(outcome.score is not None for outcome in evaluation.outcomes) and guess.labels:
        return Fitted(chosen=ScorerSpec(name="choice"), why="the log has no scores, and the targets are a few labels")
    name = evaluation.scored_with.name
    told = f"the tool scored with {name}" if name else "the log does not say how it was scored"
    return Fitted(chosen=None, why=f"{told}, and no scorer here gives all the same scores", tried=fits)


def core_items(evaluation: Evaluation, draft: Draft) -> dict[str, Item]:
    """Items with a target, by id, as a scorer takes them."""
    return {
        item.id: Item(id=ItemId(item.id), input=draft.inputs[item.id], target=item.target)
        for item in evaluation.items
        if item.target is not None
    }


def graded(outcome: LoggedOutcome, item: Item, scorer: Scorer, task: TaskSpec) -> Grade:
    """What our scorer makes of an answer of the log."""
    reply = Reply(text=outcome.answer or "", status=Status.OK, usage=Usage())
    return score_reply(reply, item, scorer, task)


def grading_task(spec: ScorerSpec, labels: Sequence[str], kind: str = "extraction") -> TaskSpec:
    """A task that says what invalid answers count as: 0, as in a task file that says nothing."""
    return TaskSpec(id=TaskId("import"), kind=kind, items=(), prompts=(), scorer=spec, labels=tuple(labels))


def _fit(spec: ScorerSpec, evaluation: Evaluation, items: dict[str, Item], guess: Guess) -> Fit | None:
    """None where the scorer cannot be built, or cannot read the targets."""
    if spec.name in _ASKS_OTHERS or not items or not _is_tame(spec, evaluation):
        return None
    try:
        scorer = build_scorer(spec, guess.labels)
        problem_of = getattr(scorer, "target_problem", None)
        if problem_of is not None and any(problem_of(item) for item in items.values()):
            return None
        return _compared(spec, scorer, evaluation, items)
    except ModelsearchError:
        return None


def _compared(spec: ScorerSpec, scorer: Scorer, evaluation: Evaluation, items: dict[str, Item]) -> Fit:
    task, n_same, differing = grading_task(spec, ()), 0, []
    scored = [o for o in evaluation.outcomes if o.score is not None and o.answer is not None and o.item_id in items]
    for outcome in scored:
        grade = graded(outcome, items[outcome.item_id], scorer, task)
        if abs((grade.score or 0.0) - (outcome.score or 0.0)) <= _SAME:
            n_same += 1
        else:
            differing.append(outcome.item_id)
    few = tuple(dict.fromkeys(differing))[:5]
    return Fit(spec=spec, n_same=n_same, n_answers=len(scored), differing=few)


def _is_telling(evaluation: Evaluation, items: dict[str, Item]) -> bool:
    """Whether there are enough answers to items with a target, right and wrong, for a scorer to show itself."""
    scores = {
        (o.item_id, o.answer): o.score for o in evaluation.outcomes if o.score is not None and o.answer is not None
    }
    told = [score for (item_id, _), score in scores.items() if item_id in items]
    return len(told) >= MIN_ANSWERS and len(set(told)) > 1


def _is_tame(spec: ScorerSpec, evaluation: Evaluation) -> bool:
    """Whether a pattern of the log's ends in time on its answers: its open repeats multiply their length."""
    pattern = str(spec.params.get("pattern", ""))
    n_repeats = len(re.findall(r"[*+]|,\}", pattern))
    longest = max((len(o.answer) for o in evaluation.outcomes if o.answer is not None), default=0)
    return len(pattern) <= MAX_PATTERN_CHARS and longest**n_repeats * len(evaluation.outcomes) <= MAX_PATTERN_STEPS
