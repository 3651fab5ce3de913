"""Batches: many calls handed over at once and answered within hours, at a lower price.

A batch dialect is sans IO, like `Dialect`: it names HTTP calls and reads their replies. The requests in a batch are
those of the live dialect, byte for byte, so a batched and a live call of an item are the same call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import ProviderId
from modelsearch.core.wire import RawReply, WireRequest

BatchMode = Literal["never", "wide", "always"]
BATCH_MODES: tuple[BatchMode, ...] = ("never", "wide", "always")
MIN_WIDE_CALLS = 200
"""A round of fewer calls is over in a minute when made live, and decides sooner."""
DEADLINE_H = 24.0
HttpMethod = Literal["GET", "POST"]
LineKind = Literal["replied", "failed", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPolicy:
    """Which rounds of a search are bought in batches.

    Attributes:
        mode: never; wide = rounds of at least `min_calls` calls, the others live; always = every round.
        deadline_h: hours from the first batch on within which batches may be handed in; 0 < deadline_h <= 720.
        min_calls: of a wide round, >= 1.
    """

    mode: BatchMode = "never"
    deadline_h: float = DEADLINE_H
    min_calls: int = MIN_WIDE_CALLS

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            OptionError: one is out of range.
        """
        if self.mode not in BATCH_MODES:
            message = f"--batch: expected one of {', '.join(BATCH_MODES)}, got {self.mode!r}"
            raise OptionError(message)
        if not 0 < self.deadline_h <= 720:
            message = f"--batch-deadline-h: expected hours above 0 and at most 720, got {self.deadline_h}"
            raise OptionError(message)
        if self.min_calls < 1:
            message = f"--batch-min-calls: expected at least 1, got {self.min_calls}"
            raise OptionError(message)

    def is_batched(self, n_calls: int) -> bool:
        """Whether a round of so many calls is bought in batches."""
        return self.mode != "never" and n_calls >= (self.min_calls if self.mode == "wide" else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One request of a batch; `custom_id` is ours, and all that ties its result to it."""

    custom_id: str
    wire: WireRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One HTTP exchange of a batch API; `path` is joined to the provider's base URL, no header holds a key.

    Attributes:
        is_billed: it begins a bill, so it is not repeated once it may have been received.
    """

    method: HttpMethod
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_billed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """A batch as its provider tells it.

    Attributes:
        is_ended: nothing of it will be done, or billed, any more.
        marks: what we gave it that it still carries: our own name of it, the id of its input file; empty = this
            provider's batches carry nothing of ours until their results can be read.
        n_calls: requests in it; 0 = not told.
        created_s: epoch seconds; None = not told.
        result_paths: where its results are, once it has ended.
        failure: why the whole of it was refused, and nothing billed; "" where it was not.
    """

    id: str
    is_ended: bool = False
    marks: frozenset[str] = frozenset()
    n_calls: int = 0
    created_s: float | None = None
    result_paths: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineResult:
    """What came of one request of a batch.

    Attributes:
        kind: replied = answered, and billed; failed, expired = not answered, and not billed.
        raw: the inner reply as a live call would have got it; of a failure with its status, 0 = none was told.
    """

    custom_id: str
    kind: LineKind
    raw: RawReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is handed in: our own name of the batch, the model as the wire names it, and the lines."""

    name: str
    model: str
    lines: Sequence[BatchLine]


class BatchDialect(Protocol):
    """A batch API, sans IO. Every reader raises ValueError for a body that is not of this format."""

    max_calls: ClassVar[int]
    max_bytes: ClassVar[int]

    def upload(self, submission: Submission) -> HttpCall | None:
        """The call that hands over the lines as a file, free of charge; None where they go into the batch itself."""
        ...

    def file_id(self, raw: RawReply) -> str:
        """The id of the uploaded file."""
        ...

    def create(self, submission: Submission, file_id: str) -> HttpCall:
        """The call that begins the batch, and the bill."""
        ...

    def status_call(self, batch_id: str) -> HttpCall:
        """The call that asks how far it is."""
        ...

    def status(self, raw: RawReply) -> BatchStatus:
        """What a reply to `create` or `status_call` tells."""
        ...

    def list_call(self) -> HttpCall | None:
        """The call that lists the newest batches; None where the provider lists none."""
        ...

    def listed(self, raw: RawReply) -> Sequence[BatchStatus]:
        """The batches of a list."""
        ...

    def cancel_call(self, batch_id: str) -> HttpCall | None:
        """The call that stops what is not done yet; None where the provider does not stop batches."""
        ...

    def results(self, raw: RawReply) -> Sequence[LineResult]:
        """The results that one of `result_paths` holds, in any order."""
        ...


class BatchClient(Protocol):
    """HTTP to batch APIs."""

    async def exchange(self, provider_id: ProviderId, call: HttpCall) -> RawReply:
        """The reply to one call, repeated on transient errors as far as that cannot bill twice."""
        ...
