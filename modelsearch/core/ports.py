"""The doors between rooms: one-method roles of strategies, and what the outer rooms plug into the search."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from modelsearch.core.budget import Spend
from modelsearch.core.candidate import Candidate
from modelsearch.core.claims import Claim, Share
from modelsearch.core.events import Event
from modelsearch.core.ids import CallId, CandidateId, ItemId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Reply
from modelsearch.core.search import Drop, Floats, Probe, SearchView
from modelsearch.core.task import Item
from modelsearch.core.wire import ModelRequest, RawReply, Retry, WireRequest


class Filter(Protocol):
    """Who leaves the pool, with the reason."""

    def drop(self, view: SearchView) -> Sequence[Drop]:
        """The candidates to drop: of the pool, never the baseline."""
        ...


class Ranker(Protocol):
    """Prior merit, free of charge."""

    def rank(self, view: SearchView) -> Floats:
        """(n_pool,) merit in the order of `view.pool`, higher is better; NaN = no opinion."""
        ...


class Sampler(Protocol):
    """What to pay for next."""

    def ask(self, view: SearchView) -> Sequence[Probe]:
        """Probes of pool candidates; empty = this phase has all it wants."""
        ...


class Combiner(Protocol):
    """New candidates from known ones."""

    def combine(self, view: SearchView) -> Sequence[Candidate]:
        """Composites that are not yet among `view.candidates`."""
        ...


class Scorer(Protocol):
    """Item-level judge."""

    def canonical(self, reply: str, item: Item) -> str | None:
        """The canonical form of a reply, or None where it holds no answer (the outcome is then `invalid`)."""
        ...

    def score(self, answer: str, item: Item) -> float:
        """Score in [0, 1] of a canonical answer."""
        ...


class Dialect(Protocol):
    """A wire format, sans IO."""

    def encode(self, request: ModelRequest, endpoint: Endpoint) -> WireRequest:
        """The request in this format, by the endpoint's capabilities."""
        ...

    def decode(self, raw: RawReply) -> Reply:
        """The reply of a 200; an error inside a 200 gives status error.

        Raises:
            ValueError: the body is not of this format (it was paid all the same).
        """
        ...

    def classify(self, raw: RawReply) -> Retry:
        """What to do about a reply that is no plain success."""
        ...


class Client(Protocol):
    """Sends a request; repeats by itself only what was surely not billed."""

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        """The final answer of one call.

        Raises:
            StoppedError: the account cannot go on (key refused, no money).
        """
        ...


class Evaluator(Protocol):
    """Probes in, outcomes out."""

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        """The most that each item of each probe can cost, 0 for what is known already."""
        ...

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> Sequence[Outcome]:
        """One outcome for each item of each probe, known ones included; composites from their members'."""
        ...


class Recorder(Protocol):
    """Appends to the truth; durable against kill -9 when it returns."""

    def append(self, event: Event) -> None:
        """Write one event."""
        ...


class Ledger(Protocol):
    """Money of a run: never over budget, whatever happens at once."""

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the budget."""
        ...

    def settle(self, call_id: CallId, amount_usd: Decimal) -> None:
        """Turn a reservation into spend."""
        ...

    def release(self, call_id: CallId) -> None:
        """Give a reservation back."""
        ...

    def hold(self, call_id: CallId) -> None:
        """Keep a reservation for good: the call may have been billed."""
        ...

    def spend(self) -> Spend:
        """What is gone now."""
        ...


class ReplyStore(Protocol):
    """Paid replies over runs, by content-addressed key."""

    def get(self, key: str) -> RawReply | None:
        """The stored reply of a key."""
        ...

    def put(self, key: str, raw: RawReply) -> None:
        """Keep a reply; the first one stays."""
        ...


@runtime_checkable
class SharedReplies(ReplyStore, Protocol):
    """Paid replies that several workers share: who wants one that another is buying waits for it."""

    async def wanted(self, key: str) -> RawReply | None:
        """The reply; None = there is none, and it is the caller's turn to buy it, ended by `put` or `dropped`."""
        ...

    def dropped(self, key: str) -> None:
        """End a turn of which no reply came; nothing happens where one came."""
        ...

    def close(self) -> None:
        """Write what was put; turns that are left are others'."""
        ...


class Claims(Protocol):
    """Pieces of a night's work: each has one owner at a time, and is done once, whoever dies in between."""

    def take(self, night: str, key: str) -> Claim | None:
        """Claim a piece of work; None where another owner is alive, or it is done."""
        ...

    def note(self, claim: Claim, text: str) -> None:
        """Leave word for whoever takes over, such as the run to go on with.

        Raises:
            ClaimLostError: it is not ours any more.
        """
        ...

    def done(self, claim: Claim, result: str) -> None:
        """Mark it done, with its result, for good.

        Raises:
            ClaimLostError: it is not ours any more: the result is to be thrown away.
        """
        ...

    def give_back(self, claim: Claim) -> None:
        """Let others have it, its note included; one that is lost already is no error."""
        ...

    def result(self, night: str, key: str) -> str | None:
        """The result of what is done; None = not done."""
        ...


class NightBudget(Protocol):
    """Money that several workers draw on: exact, never over the limit, whoever dies."""

    def reserve(self, call_id: CallId, amount_usd: Decimal) -> bool:
        """Take `amount_usd` aside; False where that would pass the limit."""
        ...

    def close(self, call_id: CallId, *, settled_usd: Decimal, unknown_usd: Decimal) -> None:
        """End a reservation at once in what was paid and what may have been; the rest is free again."""
        ...

    def adopt(self, call_id: CallId) -> Decimal | None:
        """Go on with a reservation whose owner died, in USD; None = there is none."""
        ...

    def spend(self) -> Spend:
        """What is gone now; open reservations of the dead count as unknown."""
        ...


class Leases(Protocol):
    """A provider's limits, shared by all who call it: parts that hold for a while and are renewed."""

    def renew(self, account: str, n_total: int, n_wanted: int) -> Share:
        """Our part of an account with `n_total` slots, for a while; the first call begins it."""
        ...

    def give_back(self, account: str) -> None:
        """End our part."""
        ...


class Clock(Protocol):
    """Time, so that tests need none."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class ItemCosts(Protocol):
    """What an item of a candidate can cost at most, before it is sent."""

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:
        """Upper bound in USD."""
        ...
