"""A live evaluator over a fake client: two providers, three candidates, items of one line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.events import CallSettled
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome
from modelsearch.core.ports import ItemCosts, ReplyStore
from modelsearch.core.search import Probe
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_market, make_provider, make_task
from tests.doubles import FakeClient, MemoryRecorder
from tests.unit.providers.doubles import FakeClock


def two_providers(n_models: int = 3) -> Market:
    """m00 and m01 at p0, the others at p1."""
    market = make_market(n_models)
    providers = {ProviderId(name): make_provider(name) for name in ("p0", "p1")}
    endpoints = {
        name: replace(endpoint, provider_id=ProviderId("p0" if row < 2 else "p1"))
        for row, (name, endpoint) in enumerate(market.endpoints.items())
    }
    return replace(market, providers=providers, endpoints=endpoints)


def probe(name: str, *columns: int) -> Probe:
    return Probe(candidate_id=CandidateId(name), item_ids=tuple(ItemId(f"i{c:04d}") for c in columns))


@dataclass(kw_only=True)
class Live:
    """Everything that a live evaluator is plugged into, at hand for a test."""

    client: FakeClient = field(default_factory=FakeClient)
    market: Market = field(default_factory=two_providers)
    task: TaskSpec = field(default_factory=lambda: make_task(8))
    budget_usd: Decimal = Decimal(100)
    recorder: MemoryRecorder = field(default_factory=MemoryRecorder)
    replies: ReplyStore = field(default_factory=MemoryReplies)
    costs: ItemCosts | None = None
    served_by: Mapping[EndpointId, str] = field(default_factory=dict)
    baseline_id: CandidateId | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    composites: tuple[Candidate, ...] = ()

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.budget_usd)
        numbers = count(1)
        prices = PriceBook(market=self.market)
        self.caller = Caller(
            market=self.market,
            client=self.client,
            recorder=self.recorder,
            ledger=self.ledger,
            replies=self.replies,
            prices=prices,
            next_id=lambda: CallId(f"call-{next(numbers)}"),
        )
        scorer = make_scorer(self.task)
        self.known = Known(self.task, scorer, self.recorder)
        self.evaluator = LiveEvaluator(
            Plugs(
                task=self.task,
                market=self.market,
                renderer=PromptRenderer(self.task),
                scorer=scorer,
                caller=self.caller,
                recorder=self.recorder,
                costs=self.costs or prices,
                known=self.known,
                served_by=self.served_by,
                baseline_id=self.baseline_id,
                clock=self.clock,
            )
        )
        singles = [Single(endpoint_id=endpoint_id) for endpoint_id in self.market.endpoints]
        self.candidates: dict[CandidateId, Candidate] = {c.id: c for c in (*singles, *self.composites)}

    async def buy(self, *probes: Probe) -> list[Outcome]:
        return await self.evaluator.evaluate(probes, self.candidates)

    @property
    def settled_usd(self) -> Decimal:
        return sum((e.call.cost_usd for e in self.recorder.events if isinstance(e, CallSettled)), Decimal(0))


@dataclass(frozen=True)
class FixedCosts:
    """Every call is bound by the same amount in USD; an `ItemCosts`."""

    usd: Decimal

    def bound(self, *_: object) -> Decimal:
        return self.usd
