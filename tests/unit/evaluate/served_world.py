"""A small emulated world without sockets, in which a candidate is evaluated and then served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import count

import httpx

from modelsearch.api.emulated import world_app
from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, TaskId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.outcome import Outcome
from modelsearch.core.ports import Client, Ledger
from modelsearch.core.search import Probe
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.core.wire import RawReply, WireRequest
from modelsearch.emulator.server import emulated_market
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.given import Asked, Given
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.served import Served
from modelsearch.evaluate.serving import NoReplies, ServedCandidate, ServingPlugs
from modelsearch.evaluate.side_calls import SideCalls
from modelsearch.providers.client import ProviderClient
from modelsearch.store import ledger as ledgers
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_task
from tests.doubles import MemoryRecorder

LABELS = ("billing", "shipping", "returns", "account")
N_ITEMS = 16


@dataclass
class Remembering:
    """Asks each request once; who is `down` does not answer; a `core.ports.Client`."""

    inner: Client
    down: frozenset[str] = frozenset()
    known: dict[tuple[str, bytes], RawReply] = field(default_factory=dict)
    n_sent: int = 0

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        self.n_sent += 1
        if endpoint.id in self.down:
            return RawReply(http_status=500, body=b'{"error": {"message": "down"}}')
        key = (str(endpoint.id), wire.body)
        if key not in self.known:
            self.known[key] = await self.inner.send(wire, endpoint)
        return self.known[key]


@cache
def task() -> TaskSpec:
    items = tuple(
        Item(id=ItemId(f"i{n:03d}"), input=f"message {n}: where is it?", target=LABELS[n * 7 % 4])
        for n in range(N_ITEMS)
    )
    prompts = (Prompt(id="default", user="Sort: {{ input }}", system="One label."),)  # type: ignore[arg-type]
    spec = make_task(id=TaskId("sorting"), items=items, labels=LABELS, prompts=prompts)
    return replace(spec, scorer=ScorerSpec(name="choice"))


@cache
def market_and_client() -> tuple[Market, Remembering]:
    world = make_world(task(), seed=3)
    app = world_app(world, task())
    market = emulated_market(world.market, "http://emulator")
    client = ProviderClient(market, {}, transport_factory=lambda _: httpx.ASGITransport(app=app))
    return market, Remembering(client)


def singles(n: int = 5) -> list[Single]:
    """Of several dialects, with and without log-probabilities."""
    market, _ = market_and_client()
    by_kind: dict[tuple[str, bool], EndpointId] = {}
    for endpoint in market.endpoints.values():
        kind = (market.providers[endpoint.provider_id].dialect, "logprobs" in endpoint.capabilities)
        by_kind.setdefault(kind, endpoint.id)
    others = [name for name in market.endpoints if name not in by_kind.values()]
    return [Single(endpoint_id=name) for name in [*by_kind.values(), *others][:n]]


def caller(client: Client, ledger: Ledger, market: Market, name: str) -> Caller:
    numbers = count()
    return Caller(
        market=market, client=client, recorder=MemoryRecorder(), ledger=ledger, replies=MemoryReplies(),
        prices=PriceBook(market=market), next_id=lambda: CallId(f"{name}-{next(numbers):06d}"),
    )  # fmt: skip


async def evaluated(candidates: Sequence[Candidate]) -> list[Outcome]:
    """The outcomes of a search, items by candidate."""
    market, client = market_and_client()
    spec, recorder = task(), MemoryRecorder()
    scorer = make_scorer(spec)
    plugs = Plugs(
        task=spec, market=market, renderer=PromptRenderer(spec), scorer=scorer,
        caller=caller(client, ledgers.Ledger(Decimal(1000)), market, "call"), recorder=recorder,
        costs=PriceBook(market=market), known=Known(spec, scorer, recorder),
    )  # fmt: skip
    by_id: Mapping[CandidateId, Candidate] = {c.id: c for c in candidates}
    by_id = {**{s.id: s for c in candidates for s in singles_of(c)}, **by_id}
    probes = [Probe(candidate_id=c.id, item_ids=tuple(i.id for i in spec.items)) for c in candidates]
    return await LiveEvaluator(plugs).evaluate(probes, by_id)


def served(
    candidate: Candidate, *, fallback: Single | None = None, down: frozenset[str] = frozenset(), max_usd: str = "1000"
) -> tuple[ServedCandidate, ledgers.Ledger, Remembering]:
    """The candidate ready to answer, its books and its client."""
    market, known = market_and_client()
    client = Remembering(known, down=down, known=known.known)
    ledger, recorder = ledgers.Ledger(Decimal(max_usd)), MemoryRecorder()
    made = replace(caller(client, ledger, market, "served"), replies=NoReplies(), recorder=recorder)
    calls = SideCalls(market=market, caller=made, costs=PriceBook(market=market), recorder=recorder)
    plugs = ServingPlugs(
        candidate=candidate, fallback=fallback, task=task(), scorer=make_scorer(task()), calls=calls,
        served=Served({}, lambda *_: None), max_usd=Decimal(max_usd),
    )  # fmt: skip
    return ServedCandidate(plugs), ledger, client


def asked(item: Item, number: int = 0) -> Asked:
    """The item as production sends it: no target, a new id."""
    return Asked(item=Item(id=ItemId(f"new-{number}-{item.id}"), input=item.input, target=None))


def as_evaluated(given: Given) -> tuple[object, ...]:
    """What must be equal to the outcome of the evaluation."""
    outcome = given.outcome
    return outcome.candidate_id, outcome.status, outcome.answer, outcome.confidence, outcome.cost_usd
