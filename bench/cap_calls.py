"""64 calls at once through evaluator, client, HTTP and emulator with money for 10, then the same pool with more money.

Every call uses the same tokens, so a bound can be exact; the ledger is looked at, and the emulator's bill, at each
event that the evaluator records.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

from modelsearch.api.recover import CALL_PREFIX, first_free_number, recover
from modelsearch.core.candidate import Single
from modelsearch.core.events import CallReserved, CallSettled, Event
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.money import ZERO_USD
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Client, ItemCosts
from modelsearch.core.search import Probe
from modelsearch.core.wire import ModelRequest
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.faults import Faults
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.server import emulated_market, emulator_server
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.providers.client import ProviderClient
from modelsearch.store.journal import Journal
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import MemoryReplies
from modelsearch.testing.factories import make_market, make_provider, make_task

N_CALLS = 64
N_AFFORDABLE = 10
N_INPUT_TOKENS, N_OUTPUT_TOKENS = 100, 20
_TASK = make_task(N_CALLS)
_SINGLE = Single(endpoint_id=EndpointId("m00"))


@dataclass(frozen=True)
class Yes:
    """Says yes to everything, at the same usage."""

    def reply(self, asked: Asked) -> EmulatedReply:
        return EmulatedReply(
            text="yes", input_tokens=N_INPUT_TOKENS, output_tokens=N_OUTPUT_TOKENS, model=asked.wire_name
        )


@dataclass(frozen=True, kw_only=True)
class Exact:
    """`ItemCosts` that know the cost."""

    cost_usd: Decimal

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:  # noqa: ARG002
        return self.cost_usd


@dataclass(kw_only=True)
class Watched:
    """A recorder that looks at ledger and bill at each event."""

    journal: Journal
    app: EmulatorApp
    cap_usd: Decimal
    ledger: Ledger | None = None
    n_looks: int = 0
    n_breaches: int = 0
    most_usd: Decimal = ZERO_USD

    def append(self, event: Event) -> None:
        self.journal.append(event)
        committed_usd = self.ledger.spend().committed_usd if self.ledger is not None else ZERO_USD
        self.most_usd = max(self.most_usd, committed_usd)
        self.n_looks += 1
        self.n_breaches += committed_usd > self.cap_usd or self.app.bill.total_usd > self.cap_usd


@dataclass(frozen=True, kw_only=True)
class Life:
    """What came of one life of the pool: `n_answered` outcomes of any status but not run."""

    n_answered: int
    n_called_again: int
    bill_usd: Decimal
    watched: Watched


def market_and_cost() -> tuple[Market, Decimal]:
    """One endpoint that takes 64 calls at once, and what each costs."""
    market = make_market(1)
    provider = make_provider(max_concurrency=N_CALLS, timeout_s=20.0)
    market = replace(market, providers={provider.id: provider})
    usage = Yes().reply(Asked(provider_id="p0", wire_name="m00", prompt_text="")).usage
    return market, PriceBook(market=market).cost(market.endpoints[EndpointId("m00")], usage)


def calls_hold(folder: Path, *, faults: Faults, is_exact: bool) -> bool:
    """Both lives of a pool; prints what was seen; whether the cap held and the pool was finished."""
    base, cost_usd = market_and_cost()
    with ExitStack() as stack:
        app = EmulatorApp(Yes(), base, EmulatorOptions(faults=faults))
        market = emulated_market(base, stack.enter_context(emulator_server(app)))
        costs: ItemCosts = Exact(cost_usd=cost_usd) if is_exact else PriceBook(market=market)
        bound_usd = max(_bounds(costs, market))
        poor = asyncio.run(_life(folder, market, costs, app, bound_usd * N_AFFORDABLE))
        rich = asyncio.run(_life(folder, market, costs, app, bound_usd * N_CALLS * 4))
    cap_usd, n_breaches = poor.watched.cap_usd, poor.watched.n_breaches + rich.watched.n_breaches
    most_answered = N_AFFORDABLE if is_exact else N_CALLS
    is_finished = 0 < poor.n_answered <= most_answered and rich.n_answered == N_CALLS and rich.n_called_again == 0
    print(
        f"calls, {'exact' if is_exact else 'list price'} bounds, faults {'on' if not faults.is_quiet else 'off'}: "
        f"cap {cap_usd} USD, most committed {poor.watched.most_usd}, bill {poor.bill_usd}, "
        f"{poor.n_answered} of {N_CALLS} answered, {poor.watched.n_looks} looks, {n_breaches} over the cap; "
        f"resumed with more money: {rich.n_answered} answered, {rich.n_called_again} settled items called again"
    )
    return n_breaches == 0 and poor.bill_usd <= cap_usd and is_finished


def _bounds(costs: ItemCosts, market: Market) -> list[Decimal]:
    renderer, endpoint = PromptRenderer(_TASK), market.endpoints[_SINGLE.endpoint_id]
    return [costs.bound(endpoint, i.id, model_request(_TASK, renderer, _SINGLE, i, endpoint)) for i in _TASK.items]


async def _life(folder: Path, market: Market, costs: ItemCosts, app: EmulatorApp, cap_usd: Decimal) -> Life:
    """Open the journal, settle what is open, ask for all items at once, and again once those are through."""
    path = folder / "journal.bin"
    with Journal.open(path, header={"run_id": "cap", "fingerprint": "cap"}) as journal:
        watched = Watched(journal=journal, app=app, cap_usd=cap_usd)
        async with ProviderClient(market, {}) as client:
            evaluator = _evaluator(path, market, costs, watched, client)
            candidates = {CandidateId("m00"): _SINGLE}
            probe = Probe(candidate_id=CandidateId("m00"), item_ids=tuple(item.id for item in _TASK.items))
            for _ in range(3):
                outcomes = await evaluator.evaluate([probe], candidates)
    return Life(
        n_answered=sum(outcome.status is not Status.NOT_RUN for outcome in outcomes),
        n_called_again=_called_again(Journal.read(path)[1]),
        bill_usd=app.bill.total_usd,
        watched=watched,
    )


def _evaluator(path: Path, market: Market, costs: ItemCosts, watched: Watched, client: Client) -> LiveEvaluator:
    """An evaluator brought up to date with the journal, as a resumed search does."""
    events = Journal.read(path)[1]
    numbers = count(first_free_number(events))
    caller = Caller(
        market=market, client=client, recorder=watched, ledger=Ledger(ZERO_USD), replies=MemoryReplies(),
        prices=PriceBook(market=market), next_id=lambda: CallId(f"{CALL_PREFIX}{next(numbers):06d}"),
    )  # fmt: skip
    found = recover(events, caller, market)
    ledger = Ledger.from_events(watched.cap_usd, Journal.read(path)[1])
    watched.ledger = ledger
    scorer = make_scorer(_TASK)
    known = Known(_TASK, scorer, watched)
    known.restore(found.outcomes)
    plugs = Plugs(
        task=_TASK, market=market, renderer=PromptRenderer(_TASK), scorer=scorer, recorder=watched,
        caller=replace(caller, ledger=ledger), costs=costs, known=known, paid=found.paid,
        origins=dict.fromkeys(market.providers, "emulator"),
    )  # fmt: skip
    return LiveEvaluator(plugs)


def _called_again(events: Sequence[Event]) -> int:
    """Calls begun for something that was settled already."""
    key_of = {event.call_id: event.key for event in events if isinstance(event, CallReserved)}
    settled: set[str] = set()
    n_again = 0
    for event in events:
        if isinstance(event, CallReserved):
            n_again += event.key in settled
        elif isinstance(event, CallSettled):
            settled.add(key_of[event.call.id])
    return n_again
