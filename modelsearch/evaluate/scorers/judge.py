"""Scorer `judge`: a model grades the answer, by a rubric of yours."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

MAX_REPLY_CHARS = 100_000
MAX_JUDGEMENTS = 25
TIE = 0.5
"""Score of an answer that is as good as what it is compared with."""


@register("scorer", "judge", source="Zheng et al. 2023, MT-Bench, sections 3 and 4, https://arxiv.org/abs/2306.05685")
@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Pointwise, a grade on a scale that is mapped to [0, 1]; pairwise, who is better, asked in both orders.

    In a pair an answer scores 1 where the judge prefers it in both orders, 0 where it prefers the other one in both,
    and 1/2 otherwise: who is preferred for its place alone has tied. Against the baseline, that itself scores 1/2.

    Attributes:
        model: endpoint that judges, as in `modelsearch catalog list`.
        rubric: what makes an answer good, in your words.
        mode: `pointwise` or `pairwise`.
        against: of a pair: the item's `target`, or the `baseline`'s answer.
        scale: lowest and highest grade.
        shows_target: pointwise, whether the judge sees the item's target.
        judgements: how often each answer is judged; the score is the mean, and its variance is kept.
        temperature: of the judge; None = 0 for one judgement, 1 for several.
        max_output_tokens: room for its reasons and the grade.
        allow_self_judging: let a model judge though it is a candidate or the baseline.
    """

    model: str
    rubric: str = ""
    mode: Literal["pointwise", "pairwise"] = "pointwise"
    against: Literal["target", "baseline"] = "target"
    scale: tuple[float, float] = (1, 5)
    shows_target: bool = True
    judgements: int = 1
    temperature: float | None = None
    max_output_tokens: int = 400
    allow_self_judging: bool = False
    has_canonical_form: ClassVar[bool] = False
    asks_models: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (isinstance(self.model, str) and self.model.strip()):
            raise PlanError(f"model: expected the id of the endpoint that judges, got {self.model!r}")
        if not isinstance(self.rubric, str):
            raise PlanError(f"rubric: expected text, got {self.rubric!r}")
        _check_one_of("mode", self.mode, ("pointwise", "pairwise"))
        _check_one_of("against", self.against, ("target", "baseline"))
        _check_scale(self.scale)
        _check_whole("judgements", self.judgements, MAX_JUDGEMENTS)
        _check_whole("max_output_tokens", self.max_output_tokens, 100_000)
        is_number = isinstance(self.temperature, int | float) and not isinstance(self.temperature, bool)
        if self.temperature is not None and not (is_number and 0.0 <= self.temperature <= 2.0):
            raise PlanError(f"temperature: expected a number in [0, 2], got {self.temperature!r}")

    @property
    def is_against_baseline(self) -> bool:
        """Whether the baseline's own answers are needed."""
        return self.mode == "pairwise" and self.against == "baseline"

    @property
    def needs_target(self) -> bool:
        """Whether the judge is shown the item's target."""
        return self.against == "target" if self.mode == "pairwise" else self.shows_target

    @property
    def own_temperature(self) -> float:
        """The temperature that the judge is asked at."""
        if self.temperature is not None:
            return float(self.temperature)
        return 0.0 if self.judgements == 1 else 1.0

    def share_of(self, grade: float) -> float:
        """A grade of somebody as a score in [0, 1]; in pairs it is one already."""
        low, high = self.scale if self.mode == "pointwise" else (0.0, 1.0)
        return (grade - low) / (high - low)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return reply[:MAX_REPLY_CHARS].strip() or None

    def score(self, answer: str, item: Item) -> float:
        """There is none without a call: `evaluate.judge` asks for it.

        Raises:
            PlanError: always.
        """
        raise PlanError(
            f"judge: an answer to item {item.id!r} ({len(answer)} characters) is scored by a model, in a search only"
        )

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        if self.needs_target and not str(item.target).strip():
            return "expected a target that the judge can be shown, got an empty one"
        if item.human_score is not None and not 0.0 <= self.share_of(item.human_score) <= 1.0:
            ends = self.scale if self.mode == "pointwise" else (0, 1)
            return f"human_score: expected a number from {ends[0]:g} to {ends[1]:g}, got {item.human_score:g}"
        return ""


def _check_one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise PlanError(f"{name}: expected one of {', '.join(allowed)}, got {value!r}")


def _check_scale(scale: object) -> None:
    is_pair = isinstance(scale, tuple) and len(scale) == 2
    ends = scale if isinstance(scale, tuple) and is_pair else (1, 0)
    if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends) or not ends[0] < ends[1]:
        raise PlanError(f"scale: expected the lowest and the highest grade, such as [1, 5], got {scale!r}")


def _check_whole(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise PlanError(f"{name}: expected a whole number from 1 to {most}, got {value!r}")
