"""A provider of batches in memory, and an evaluator that buys from it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from modelsearch.core.batch import BatchPolicy, HttpCall
from modelsearch.core.candidate import Candidate
from modelsearch.core.events import Event
from modelsearch.core.ids import CandidateId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome
from modelsearch.core.search import Probe
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.batch import BatchingEvaluator
from modelsearch.evaluate.batch_books import BatchBooks
from modelsearch.evaluate.batch_desk import BatchDesk, Heard
from modelsearch.evaluate.batch_state import BatchState
from tests.doubles import ok_body
from tests.unit.evaluate.live import Live, two_providers

Row = Callable[[int, str], dict[str, Any] | None]
"""Number of the batch, from 0, and custom id -> the row of its result; None = the provider forgets it."""
SENT_NO_REPLY = RawReply(http_status=0, failure="ReadTimeout: gone")


def good(_number: int, custom_id: str) -> dict[str, Any]:
    body = json.loads(ok_body("yes", n_input=100, n_output=10))
    return {"custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None}


def failing(status: int, *suffixes: str, n_times: int = 1) -> Row:
    """Rows that are errors for custom ids that end so, in the first batches."""

    def row(number: int, custom_id: str) -> dict[str, Any]:
        if number >= n_times or not custom_id.endswith(suffixes):
            return good(number, custom_id)
        error = {"error": {"message": "no", "type": "invalid_request_error" if status == 400 else "server_error"}}
        return {"custom_id": custom_id, "response": {"status_code": status, "body": error}, "error": None}

    return row


@dataclass
class FakeBatches:
    """OpenAI's batch API; a `core.batch.BatchClient`.

    Attributes:
        n_looks: looks at a batch before it has ended.
        answers: replies in place of the true ones, by method and path, used up one by one; what they stand for is
            done all the same where `is_done_anyway`.
    """

    row: Row = good
    n_looks: int = 1
    answers: dict[tuple[str, str], list[RawReply]] = field(default_factory=dict)
    is_done_anyway: bool = True
    is_anonymous: bool = False
    is_listed: bool = True
    calls: list[HttpCall] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)

    async def exchange(self, provider_id: ProviderId, call: HttpCall) -> RawReply:
        assert provider_id == "p0"
        self.calls.append(call)
        queue = self.answers.get((call.method, call.path), [])
        if queue and not self.is_done_anyway:
            return queue.pop(0)
        reply = self._reply(call)
        return queue.pop(0) if queue else reply

    @property
    def posted(self) -> list[HttpCall]:
        return [call for call in self.calls if (call.method, call.path) == ("POST", "/batches")]

    def ids(self, number: int) -> list[str]:
        """Custom ids of a batch."""
        lines = self.files[self.batches[number]["input_file_id"]].splitlines()
        return [json.loads(line)["custom_id"] for line in lines if line.startswith(b"{")]

    def _reply(self, call: HttpCall) -> RawReply:
        parts = call.path.split("?")[0].strip("/").split("/")
        if call.path == "/files":
            self.files[f"f{len(self.files)}"] = call.body
            return _json({"id": f"f{len(self.files) - 1}"})
        if call.method == "POST" and call.path == "/batches":
            self.batches.append(json.loads(call.body) | {"id": f"b{len(self.batches)}", "looks": 0})
            return _json(self._batch(self.batches[-1], is_ended=False))
        if parts == ["batches"]:
            listed = [self._batch(batch, is_ended=self.is_anonymous) for batch in self.batches if self.is_listed]
            return _json({"data": listed})
        if parts[0] == "files":
            number = int(parts[1].removeprefix("out-b"))
            rows = [self.row(number, custom_id) for custom_id in reversed(self.ids(number))]
            body = b"".join(json.dumps(row).encode() + b"\n" for row in rows if row is not None)
            return RawReply(http_status=200, body=body)
        if parts[2:] == ["cancel"]:
            self.n_looks = 0
        batch = self.batches[int(parts[1][1:])]
        batch["looks"] += 1
        return _json(self._batch(batch, is_ended=batch["looks"] > self.n_looks))

    def _batch(self, batch: dict[str, Any], *, is_ended: bool) -> dict[str, Any]:
        told = (
            {"status": "completed", "output_file_id": f"out-{batch['id']}"} if is_ended else {"status": "in_progress"}
        )
        if self.is_anonymous:
            number = int(batch["id"][1:])
            return {"id": batch["id"], "request_counts": {"total": len(self.ids(number))}} | told
        return {name: batch[name] for name in ("id", "input_file_id", "metadata")} | told


def _json(value: Any) -> RawReply:
    return RawReply(http_status=200, body=json.dumps(value).encode())


def market_with_batches() -> Market:
    """p0 has batches at half the price of calls, p1 has none."""
    market = two_providers()
    providers = {name: replace(p, batch="openai" if name == "p0" else None) for name, p in market.providers.items()}
    endpoints = {
        name: replace(
            endpoint,
            rates=(
                *endpoint.rates,
                *(replace(r, processing="batch", usd=None if r.usd is None else r.usd / 2) for r in endpoint.rates),
            ),
        )
        for name, endpoint in market.endpoints.items()
    }
    return replace(market, providers=providers, endpoints=endpoints)


@dataclass
class Batched:
    """An evaluator with batches, and all that it is plugged into; `again` is its next life."""

    api: FakeBatches = field(default_factory=FakeBatches)
    policy: BatchPolicy = field(default_factory=lambda: BatchPolicy(mode="wide", min_calls=4))
    wait_s: float | None = None
    events: Sequence[Event] = ()
    live: Live = field(default_factory=lambda: Live(market=market_with_batches()))
    kept: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.live.recorder.events[:] = list(self.events)
        state = BatchState(self.events)
        heard = Heard(self.live.recorder, state)
        plugs = self.live.evaluator._plugs
        self.desk = BatchDesk(
            market=self.live.market, client=self.api, recorder=heard, ledger=self.live.ledger,
            books=BatchBooks(live=replace(self.live.caller, recorder=heard)), state=state,
            next_id=self.live.caller.next_id, paid=plugs.paid, keep=self.kept.__setitem__,  # type: ignore[arg-type]
            clock=self.live.clock, now_s=lambda: 1_700_000_000.0 + self.live.clock.now_s(),
        )  # fmt: skip
        self.evaluator = BatchingEvaluator(
            inner=self.live.evaluator, plugs=plugs, desk=self.desk, policy=self.policy, wait_s=self.wait_s
        )

    @property
    def candidates(self) -> dict[CandidateId, Candidate]:
        return self.live.candidates

    async def buy(self, *probes: Probe) -> Sequence[Outcome]:
        return await self.evaluator.evaluate(probes, self.candidates)

    @property
    def reserved_usd(self) -> Decimal:
        return self.live.ledger.spend().reserved_usd
