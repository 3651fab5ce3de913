"""Target: a provider that answers anything at all. The engine buys from it: nothing but a status may come back."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
from hypothesis import strategies as st

from bench.fuzz_inputs import WORDS, scarred, spoilt
from modelsearch.core.candidate import Single
from modelsearch.core.errors import StoppedError
from modelsearch.core.events import Event
from modelsearch.core.ids import CallId, CandidateId, EndpointId
from modelsearch.core.market import Market, Rate
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Probe
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.replies import EmulatedReply, surely_told
from modelsearch.emulator.wire import Failure, Trouble, WireFormat
from modelsearch.emulator.wire_anthropic import AnthropicWire
from modelsearch.emulator.wire_google import GoogleWire
from modelsearch.emulator.wire_openai import OpenAiWire
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.providers.client import ProviderClient
from modelsearch.store.event_codec import event_bytes, event_of
from modelsearch.store.ledger import Ledger
from modelsearch.store.money_tables import call_rows, ledger_rows
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_market, make_provider, make_rates, make_task

WIRES: dict[str, WireFormat] = {
    "openai_chat": OpenAiWire(),
    "anthropic_messages": AnthropicWire(),
    "google_generate": GoogleWire(),
}
REPLY = EmulatedReply(text="yes", input_tokens=9, output_tokens=2, reasoning_tokens=3, cached_tokens=4, model="m")
STATUSES = [
    *(200, 201, 204, 301, 400, 401, 402, 403, 404, 408),
    *(409, 413, 422, 429, 498, 500, 503, 504, 529, 599),
]
HEADERS = [
    *("retry-after", "retry-after-ms", "date", "x-should-retry", "content-encoding", "content-type", "content-length"),
    *("x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens", "x-ratelimit-limit-requests"),
    *("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-limit-tokens", "x-ratelimit-reset"),
    *("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", "x-ratelimit-remaining"),
    *("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-tokens-limit", "x-ratelimit-limit"),
]
VALUES = [
    *("0", "-1", "1", "1e999", "nan", "6m0s", "12ms", "1d", "gzip", "true", "false", "x" * 300),
    *("Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 99 Nov 2026 10:00:00 GMT", "2026-11-23T10:00:00Z", "9999-12-31"),
    *[word for word in WORDS if word.isascii() and word.isprintable()],
]
N_ITEMS = 2
N_SUCCESSES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the provider sends back to a request; status 0 = it cuts the line."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def good_bodies(dialect: str) -> list[Any]:
    """Every kind of reply and error that the emulator gives in a format, as JSON values."""
    wire = WIRES[dialect]
    replies = [
        REPLY,
        replace(REPLY, is_refusal=True),
        replace(REPLY, is_truncated=True),
        replace(REPLY, cost_usd=Decimal("0.01"), logprobs=surely_told("yes", "yes", 0.5)),
    ]
    bodies = [wire.answer(reply, 1) for reply in replies] + [wire.error_in_200(REPLY, 1)]
    bodies += [wire.error(Failure(trouble=trouble, message="m", retry_after_s=1.0)).body for trouble in Trouble]
    return [json.loads(body) for body in bodies]


def answers(dialect: str) -> st.SearchStrategy[Answer]:
    """Spoilt replies with any status and headers."""
    whole = good_bodies(dialect)
    trees = spoilt(st.sampled_from(whole[:N_SUCCESSES]) | st.sampled_from(whole))
    told = trees.map(lambda tree: json.dumps(tree).encode(errors="replace"))
    bodies = told | told.map(bytes) | scarred(told) | st.binary(max_size=60)
    headers = st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(VALUES), max_size=3)
    return st.builds(Answer, status=st.just(200) | st.sampled_from([0, *STATUSES]), body=bodies, headers=headers)


class Stub(httpx.AsyncBaseTransport):
    """Answers every request with the next of the given answers, over and over."""

    def __init__(self, given: list[Answer]) -> None:
        self._given = given
        self._numbers = count()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        answer = self._given[next(self._numbers) % len(self._given)]
        if answer.status == 0:
            message = "cut"
            raise httpx.ReadError(message, request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


class Hurried:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        """Seconds slept so far."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Go on at once, later."""
        if not seconds >= 0:
            message = f"sleep: expected seconds >= 0, got {seconds}"
            raise ValueError(message)
        self._now_s += seconds
        await asyncio.sleep(0)


class Recorder:
    """Keeps events as the journal would: each must come back from its bytes as it was."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, event: Event) -> None:
        """Encode, decode, keep."""
        again = event_of(event_bytes(event))
        if type(again) is not type(event):
            message = f"journal: expected {event!r} back, got {again!r}"
            raise RuntimeError(message)
        self.events.append(event)


def market_of(dialect: str) -> Market:
    """One endpoint with every capability and price."""
    market = make_market(1)
    (endpoint,) = market.endpoints.values()
    cache = (Rate(kind="cache_read", usd=Decimal("0.1")), Rate(kind="cache_write_5m", usd=Decimal("1.25")))
    can = frozenset({"logprobs", "reasoning", "seed", "prompt_cache"})
    provider = make_provider(dialect=dialect, max_concurrency=2)
    changed = replace(endpoint, rates=(*make_rates(), *cache), capabilities=can)
    return replace(market, endpoints={endpoint.id: changed}, providers={provider.id: provider})


def check_replies(dialect: str, given: list[Answer]) -> None:
    """Buy a few items; every one ends with a status, and the books close.

    Raises:
        Exception: anything but an outcome or a stop of the run came out.
    """
    task, market = make_task(N_ITEMS), market_of(dialect)
    recorder, ledger = Recorder(), Ledger(Decimal(1))
    try:
        outcomes = asyncio.run(_bought(task, market, given, (recorder, ledger)))
    except StoppedError as error:
        if not str(error):
            raise
        outcomes = []
    for outcome in outcomes:
        if not isinstance(outcome.status, Status) or not outcome.spend_usd >= 0:
            message = f"outcome: expected a status and a spend >= 0, got {outcome!r}"
            raise RuntimeError(message)
    call_rows(recorder.events)
    ledger_rows(recorder.events)


async def _bought(task: TaskSpec, market: Market, given: list[Answer], books: tuple[Recorder, Ledger]) -> list[Outcome]:
    recorder, ledger = books
    clock, numbers, scorer, prices = Hurried(), count(), make_scorer(task), PriceBook(market=market)
    stub = Stub(given)
    async with ProviderClient(market, {}, clock=clock, transport_factory=lambda _: stub, max_attempts=2) as client:
        caller = Caller(
            market=market, client=client, recorder=recorder, ledger=ledger, replies=MemoryReplies(), prices=prices,
            next_id=lambda: CallId(f"c{next(numbers)}"),
        )  # fmt: skip
        plugs = Plugs(
            task=task, market=market, renderer=PromptRenderer(task), scorer=scorer, caller=caller, recorder=recorder,
            costs=prices, known=Known(task, scorer, recorder), clock=clock,
        )  # fmt: skip
        probe = Probe(candidate_id=CandidateId("m00"), item_ids=tuple(item.id for item in task.items))
        return await LiveEvaluator(plugs).evaluate([probe], {probe.candidate_id: Single(endpoint_id=EndpointId("m00"))})
