"""What is searched over: a single endpoint, an ensemble or a cascade, each with its parameters."""

import math
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from modelsearch.core.ids import CandidateId, EndpointId, PromptId, sha256_hex

DEFAULT_PROMPT = PromptId("default")
NO_VARIANT = PromptId("")
NEVER = 2.0
"""A cascade's threshold that no confidence reaches."""
MIN_DOUBT = 0.001
"""No model is surer of an answer than this: one claim of certainty must not outvote everybody."""


@dataclass(frozen=True, kw_only=True)
class GenParams:
    """How an endpoint is asked. None = the task's own value (temperature, output limit) or the endpoint's default."""

    temperature: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True, kw_only=True)
class Single:
    """One endpoint with one prompt and one set of parameters.

    Attributes:
        variant_id: name of the task's variant that prompt and parameters are; "" = the task has none.
        is_calibrated: its answers are weighed by what it says to inputs without content (`evaluate.calibrated`).
        served_by: model and pinned host, as `ServedBy.text` without a fingerprint, where what serves the endpoint
            changed in mid-search and this is what it serves since; "" = whatever served it first.
    """

    endpoint_id: EndpointId
    prompt_id: PromptId = DEFAULT_PROMPT
    params: GenParams = field(default_factory=GenParams)
    served_by: str = ""
    variant_id: PromptId = NO_VARIANT
    is_calibrated: bool = False

    @cached_property
    def id(self) -> CandidateId:
        """The endpoint's id where prompt and parameters are the defaults, else with a hash; nothing parses it.

        A variant of the task has its name there in place of the hash.
        """
        if self.served_by:
            return CandidateId(f"{self.as_first_served.id}@{self.served_by.strip('|')}")
        if self.variant_id:
            return CandidateId(f"{self.endpoint_id}#{self.variant_id}")
        if self.prompt_id == DEFAULT_PROMPT and self.params == GenParams():
            return CandidateId(self.endpoint_id)
        if self.params == GenParams():
            return CandidateId(f"{self.endpoint_id}#{self.prompt_id}")
        return CandidateId(f"{self.endpoint_id}#{self.prompt_id}-{sha256_hex(asdict(self.params))[:8]}")

    @property
    def asked(self) -> tuple[PromptId, GenParams, bool]:
        """How it asks, whatever the endpoint: two singles with the same way of asking differ in the endpoint alone."""
        return self.prompt_id, self.params, self.is_calibrated

    @property
    def as_first_served(self) -> "Single":
        """The candidate of the starting pool that is asked the same way, itself where nothing has changed."""
        return replace(self, served_by="") if self.served_by else self


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Members asked in parallel, their canonical answers put to a vote.

    Attributes:
        members: best first by the quality that was estimated when the ensemble was made; ties go to the first.
        rule: what a vote counts: `majority` 1; `weighted` its member's weight; `confidence` the log-odds that the
            answer is right, offset + weight x log(c / (1 - c)) with the reply's own confidence c (unknown: offset
            alone), at least 0.
        weights: one per member, at least 0, fixed when the ensemble is made; empty = 1 each.
        offsets: of a confidence vote, one per member; empty = 0 each.
    """

    members: tuple[Single, ...]
    rule: Literal["majority", "weighted", "confidence"] = "majority"
    weights: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        is_fit = len(self.weights) == len(self.members) and min(self.weights, default=0) >= 0
        if self.weights and not (is_fit and self.rule != "majority"):
            rule = "expected one of at least 0 for each member of a weighted vote, or none"
            message = f"weights of an Ensemble: {rule}, got {self.weights} for {len(self.members)} ({self.rule})"
            raise ValueError(message)
        if self.offsets and (self.rule != "confidence" or len(self.offsets) != len(self.members)):
            rule = "expected one for each member of a confidence vote, or none"
            message = f"offsets of an Ensemble: {rule}, got {self.offsets} for {len(self.members)} ({self.rule})"
            raise ValueError(message)

    @cached_property
    def id(self) -> CandidateId:
        """`vote-` and a hash of members, rule and weights; the order of members makes no other candidate."""
        members = sorted(m.id for m in self.members)
        weighed = sorted(zip((m.id for m in self.members), self.weights, strict=False))
        shifted = sorted(zip((m.id for m in self.members), self.offsets, strict=False))
        parts: list[object] = [self.rule, members]
        parts += [weighed] if weighed or shifted else []
        parts += [shifted] if shifted else []
        return CandidateId(f"vote-{sha256_hex(parts)[:12]}")


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """Legs asked in order; the answer of leg i stands when its confidence reaches threshold i; the last one's always.

    Attributes:
        thresholds: one fewer than legs, in [0, 1]; `NEVER` = never by its confidence.
        rule: `agreement` = the answer of a leg stands also when an earlier leg has given the same.
    """

    legs: tuple[Single, ...]
    thresholds: tuple[float, ...]
    rule: Literal["confidence", "agreement"] = "confidence"

    def __post_init__(self) -> None:
        if len(self.thresholds) != len(self.legs) - 1:
            message = (
                f"thresholds of a Cascade: expected one for each leg but the last, got {self.thresholds} for "
                f"{len(self.legs)} legs"
            )
            raise ValueError(message)

    @cached_property
    def id(self) -> CandidateId:
        """`cascade-` and a hash of legs, thresholds and, where it is not confidence alone, the rule."""
        parts: list[object] = [[leg.id for leg in self.legs], list(self.thresholds)]
        parts += [] if self.rule == "confidence" else [self.rule]
        return CandidateId(f"cascade-{sha256_hex(parts)[:12]}")


Candidate: TypeAlias = Single | Ensemble | Cascade


def log_odds(confidence: float | None) -> float:
    """log(c / (1 - c)) with c kept `MIN_DOUBT` away from 0 and 1; 0 where there is no confidence (None or NaN)."""
    if confidence is None or math.isnan(confidence):
        return 0.0
    sure = min(max(confidence, MIN_DOUBT), 1.0 - MIN_DOUBT)
    return math.log(sure / (1.0 - sure))


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
    until = "" if candidate.rule == "confidence" else " (until two agree)"
    return "cascade " + " -> ".join(leg.id for leg in candidate.legs) + until
