"""What came of asking a candidate one item: tokens, money, time, status and score."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId

if TYPE_CHECKING:
    from modelsearch.core.market import RateKind


class Status(StrEnum):
    """How a call or an outcome ended. Only `ok` carries the scorer's own score: failed is not wrong."""

    OK = "ok"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    ERROR = "error"
    NOT_RUN = "not_run"
    UNSCORED = "unscored"
    """Answered, and nobody could say how well: a judge's unreadable reply, a scorer that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call, each count exclusive of the others; `reported_usd` is the provider's own bill if it told."""

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    compute_s: Decimal = Decimal(0)
    reported_usd: Decimal | None = None

    @property
    def prompt_tokens(self) -> int:
        """All input, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_5m_tokens + self.cache_write_1h_tokens

    def amounts(self) -> Iterator[tuple["RateKind", Decimal]]:
        """The amounts to price, those of zero left out; one request always."""
        yield "request", Decimal(1)
        if self.compute_s:
            yield "compute_second", self.compute_s
        counts: tuple[tuple[RateKind, int], ...] = (
            ("input", self.input_tokens),
            ("cache_read", self.cache_read_tokens),
            ("cache_write_5m", self.cache_write_5m_tokens),
            ("cache_write_1h", self.cache_write_1h_tokens),
            ("output", self.output_tokens),
            ("reasoning", self.reasoning_tokens),
        )
        for kind, n_tokens in counts:
            if n_tokens:
                yield kind, Decimal(n_tokens)


class ServedBy(NamedTuple):
    """Who answered; as text, for the record, the three parts are joined."""

    model: str = ""
    host: str = ""
    fingerprint: str = ""

    @property
    def text(self) -> str:
        """As it goes into the journal and the tables."""
        return "|".join(self)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what `text` wrote; a model's name may hold the separator."""
        model, host, fingerprint = ("||" + text).rsplit("|", 2)
        return cls(model.removeprefix("||"), host, fingerprint)


class TokenLogprob(NamedTuple):
    """A piece of a reply's text, and the natural log of the probability that the model gave it there.

    `others` are the likeliest pieces in its place, itself among them, with theirs; empty where they were not asked for.
    """

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A decoded reply of one call: the text as sent, how it ended, what it used, and who served it.

    Attributes:
        logprobs: of the visible text, in order; empty where they were not asked for or not told.
    """

    text: str
    status: Status
    usage: Usage
    finish_reason: str = ""
    model: str = ""
    host: str = ""
    fingerprint: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()
    error: str = ""

    @property
    def served_by(self) -> str:
        """Model, host and fingerprint that answered, for the record and for spotting a change in mid-search."""
        return f"{self.model}|{self.host}|{self.fingerprint}"  # as `ServedBy.text`


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to one endpoint, as it went into the `calls` table."""

    id: CallId
    key: str
    endpoint_id: EndpointId
    status: Status
    usage: Usage
    cost_usd: Decimal
    latency_s: float
    n_attempts: int = 1
    served_by: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Candidate x item x repeat.

    Attributes:
        answer: the canonical form that the scorer made of the reply, or None.
        confidence: how sure the candidate was of this answer, in [0, 1] (`evaluate.confidence`); None = it did not say.
        score: in [0, 1]; None unless `status` is ok or the task says what the status counts as.
        cost_usd: what serving this item costs, however it was come by.
        spend_usd: what this search paid for it, judges included: 0 when imported, known from an earlier run, or a
            composite's.
        score_variance: of the score as a mean of several judgements of this answer; None = there was one, or it is
            known not to vary.
    """

    candidate_id: CandidateId
    item_id: ItemId
    status: Status
    repeat: int = 0
    answer: str | None = None
    score: float | None = None
    confidence: float | None = None
    cost_usd: Decimal = Decimal(0)
    spend_usd: Decimal = Decimal(0)
    latency_s: float = 0.0
    call_ids: tuple[CallId, ...] = ()
    served_by: str = ""
    score_variance: float | None = None
