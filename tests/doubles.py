"""Stand-ins for what a search is plugged into: a journal in memory, a client that answers as told, an evaluator."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.candidate import Candidate
from modelsearch.core.events import Event, OutcomeScored
from modelsearch.core.ids import CallId, CandidateId, ItemId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.ports import Ledger, Recorder
from modelsearch.core.search import Probe
from modelsearch.core.wire import RawReply, WireRequest


@dataclass
class MemoryRecorder:
    """A journal in memory; a `core.ports.Recorder`."""

    events: list[Event] = field(default_factory=list)

    def append(self, event: Event) -> None:
        self.events.append(event)

    def of(self, *kinds: type) -> list[Event]:
        """The events of some types, in order."""
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def names(self) -> list[str]:
        """The types of all events, in order."""
        return [type(event).__name__ for event in self.events]


def ok_body(
    text: str = "yes", *, n_input: int = 10, n_output: int = 2, model: str = "m", finish: str = "stop"
) -> bytes:
    """A reply in OpenAI's format."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": n_input, "completion_tokens": n_output, "total_tokens": n_input + n_output}
    return json.dumps({"id": "x", "model": model, "choices": [choice], "usage": usage}).encode()


def ok(text: str = "yes", **parts: int | str) -> RawReply:
    """A good reply."""
    return RawReply(http_status=200, body=ok_body(text, **parts), latency_s=0.5)  # type: ignore[arg-type]


Answering = Callable[[int, WireRequest, Endpoint], "RawReply | Exception"]


@dataclass
class FakeClient:
    """Answers by a function of the number of the call, from 0; a `core.ports.Client`.

    Attributes:
        gate: while it is there and not set, calls wait in flight.
        before: called when a call comes in, before it is answered.
    """

    answer: Answering = lambda _number, _wire, _endpoint: ok()
    gate: asyncio.Event | None = None
    before: Callable[[], None] = lambda: None
    sent: list[tuple[WireRequest, Endpoint]] = field(default_factory=list)
    n_in_flight: int = 0
    n_most: int = 0

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        number = len(self.sent)
        self.sent.append((wire, endpoint))
        self.before()
        self.n_in_flight += 1
        self.n_most = max(self.n_most, self.n_in_flight)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        self.n_in_flight -= 1
        answered = self.answer(number, wire, endpoint)
        if isinstance(answered, Exception):
            raise answered
        return answered


@dataclass
class PricedEvaluator:
    """Sells every cell at one price, with a score by a function; a `core.ports.Evaluator`."""

    ledger: Ledger
    recorder: Recorder
    price_usd: Decimal = Decimal(1)
    score: Callable[[str, str], float] = lambda _candidate_id, _item_id: 1.0
    status: Callable[[str, str], Status] = lambda _candidate_id, _item_id: Status.OK
    bound_share: Decimal = Decimal(1)
    known: dict[tuple[CandidateId, ItemId], Outcome] = field(default_factory=dict)
    asked: list[tuple[Probe, ...]] = field(default_factory=list)

    def bound_usd(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[list[Decimal]]:
        return [
            [Decimal(0) if (p.candidate_id, i) in self.known else self.price_usd * self.bound_share for i in p.item_ids]
            for p in probes
        ]

    async def evaluate(self, probes: Sequence[Probe], candidates: Mapping[CandidateId, Candidate]) -> list[Outcome]:
        self.asked.append(tuple(probes))
        return [self._outcome(probe.candidate_id, item_id) for probe in probes for item_id in probe.item_ids]

    def _outcome(self, candidate_id: CandidateId, item_id: ItemId) -> Outcome:
        cell = (candidate_id, item_id)
        if cell not in self.known:
            call_id = CallId(f"{candidate_id}/{item_id}")
            status = self.status(*cell)
            if status is Status.NOT_RUN or not self.ledger.reserve(call_id, self.price_usd):
                return Outcome(candidate_id=candidate_id, item_id=item_id, status=Status.NOT_RUN)
            self.ledger.settle(call_id, self.price_usd)
            self.known[cell] = Outcome(
                candidate_id=candidate_id,
                item_id=item_id,
                status=status,
                score=self.score(*cell) if status is Status.OK else None,
                cost_usd=self.price_usd,
                spend_usd=self.price_usd,
            )
            self.recorder.append(OutcomeScored(outcome=self.known[cell]))
        return self.known[cell]
