"""What is searched over: a single endpoint, an ensemble or a cascade, each with its parameters."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from modelsearch.core.ids import CandidateId, EndpointId, PromptId, sha256_hex

DEFAULT_PROMPT = PromptId("default")


@dataclass(frozen=True, kw_only=True)
class GenParams:
    """How an endpoint is asked. None = the task's own value (temperature, output limit) or the endpoint's default."""

    temperature: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True, kw_only=True)
class Single:
    """One endpoint with one prompt and one set of parameters."""

    endpoint_id: EndpointId
    prompt_id: PromptId = DEFAULT_PROMPT
    params: GenParams = field(default_factory=GenParams)

    @cached_property
    def id(self) -> CandidateId:
        """The endpoint's id where prompt and parameters are the defaults, else with a hash; nothing parses it."""
        if self.prompt_id == DEFAULT_PROMPT and self.params == GenParams():
            return CandidateId(self.endpoint_id)
        if self.params == GenParams():
            return CandidateId(f"{self.endpoint_id}#{self.prompt_id}")
        return CandidateId(f"{self.endpoint_id}#{self.prompt_id}-{sha256_hex(asdict(self.params))[:8]}")


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Members asked in parallel, their canonical answers put to a vote.

    Attributes:
        members: best first by the quality that was estimated when the ensemble was made; ties go to the first.
        weights: of a weighted vote, one per member, at least 0, fixed when it is made; empty = all alike.
    """

    members: tuple[Single, ...]
    rule: Literal["majority", "weighted"] = "majority"
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        is_fit = len(self.weights) == len(self.members) and min(self.weights, default=0) >= 0
        if self.weights and not (is_fit and self.rule == "weighted"):
            rule = "expected one of at least 0 for each member of a weighted vote, or none"
            message = f"weights of an Ensemble: {rule}, got {self.weights} for {len(self.members)} ({self.rule})"
            raise ValueError(message)

    @cached_property
    def id(self) -> CandidateId:
        """`vote-` and a hash of members, rule and weights; the order of members makes no other candidate."""
        members = sorted(m.id for m in self.members)
        weighed = sorted(zip((m.id for m in self.members), self.weights, strict=False))
        parts: list[object] = [self.rule, members, weighed] if weighed else [self.rule, members]
        return CandidateId(f"vote-{sha256_hex(parts)[:12]}")


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """Legs asked in order; the answer of leg i stands when its confidence reaches threshold i (one fewer than legs)."""

    legs: tuple[Single, ...]
    thresholds: tuple[float, ...]

    @cached_property
    def id(self) -> CandidateId:
        """`cascade-` and a hash of legs and thresholds."""
        return CandidateId(f"cascade-{sha256_hex([[leg.id for leg in self.legs], list(self.thresholds)])[:12]}")


Candidate: TypeAlias = Single | Ensemble | Cascade


def singles_of(candidate: Candidate) -> tuple[Single, ...]:
    """The singles that a candidate is made of, in order; itself for a single."""
    if isinstance(candidate, Single):
        return (candidate,)
    return candidate.members if isinstance(candidate, Ensemble) else candidate.legs


def label(candidate: Candidate) -> str:
    """A name for people."""
    if isinstance(candidate, Single):
        return candidate.id
    if isinstance(candidate, Ensemble):
        return f"{candidate.rule} vote of " + ", ".join(m.id for m in candidate.members)
    return "cascade " + " -> ".join(leg.id for leg in candidate.legs)
