"""A search of 500 candidates x 5,000 items for `bench.report`: its setting, its journal's events, its result."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from modelsearch.core.budget import Spend
from modelsearch.core.candidate import Single
from modelsearch.core.events import CallReserved, CallSettled, Event, OutcomeScored, PhaseStarted, RoundClosed
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, ModelId, ProviderId, RunId, TaskId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.core.result import SearchResult
from modelsearch.core.search import Drop, Move, Probe, Setting
from modelsearch.core.task import Item
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.fold import Fold
from modelsearch.search.summary import phase_summaries
from modelsearch.testing.factories import make_endpoint, make_model, make_provider, make_setting, make_task

N_CANDIDATES, N_ITEMS, N_ROUNDS, N_PROVIDERS = 500, 5000, 40, 12
RUN = RunId("20261124-000000-b16b16")
TEXT = (
    "the invoice of last month shows a charge that nobody here ordered and the second reminder came before the first "
    "letter was answered please say which contract it belongs to and how it can be ended in time thank you "
)


def big_setting(seed: int) -> Setting:
    """500 endpoints at 12 providers, each 1.5 % cheaper than the one before; 5,000 items of some 600 characters."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(TEXT.split(), size=110)) for _ in range(N_ITEMS)]
    items = tuple(
        Item(id=ItemId(f"ticket-{n:05d}"), input={"subject": text[:60], "body": text}, target="billing")
        for n, text in enumerate(texts)
    )
    names = [f"provider-{n % N_PROVIDERS:02d}/family-{n % 37}-instruct-{n:03d}b" for n in range(N_CANDIDATES)]
    providers = [f"provider-{n:02d}" for n in range(N_PROVIDERS)]
    plain = make_setting(N_CANDIDATES, task=replace(make_task(1), id=TaskId("tickets"), items=items))
    market = replace(
        plain.market,
        models={ModelId(name): make_model(name) for name in names},
        providers={ProviderId(name): make_provider(name) for name in providers},
        endpoints={
            EndpointId(name): make_endpoint(name, provider_id=ProviderId(name.partition("/")[0])) for name in names
        },
    )
    return replace(
        plain,
        market=market,
        candidates=tuple(sorted((Single(endpoint_id=EndpointId(name)) for name in names), key=lambda c: c.id)),
        baseline_id=CandidateId(names[0]),
        list_cost_usd={CandidateId(name): 0.01 * 0.985**n for n, name in enumerate(names)},
    )


def big_events(setting: Setting, seed: int) -> list[Event]:
    """A race of 40 rounds: everybody is asked 20 items, a tenth 100, a dozen 1,000, the baseline and one other all."""
    rng = np.random.default_rng(seed)
    ids = sorted(setting.list_cost_usd, key=lambda name: -setting.list_cost_usd[name])
    wanted = dict.fromkeys(ids, 20) | dict.fromkeys(ids[::10], 100) | dict.fromkeys(ids[5:300:25], 1000)
    wanted |= {ids[0]: N_ITEMS, ids[180]: N_ITEMS}
    quality = {name: 0.93 - 0.5 * place / N_CANDIDATES for place, name in enumerate(ids)} | {ids[180]: 0.931}
    events: list[Event] = [PhaseStarted(phase="race", spend_usd=Decimal(900))]
    for number in range(N_ROUNDS):
        probes = tuple(_probes(setting, wanted, number))
        events.append(Move(phase="race", round=number, probes=probes, drops=_drops(ids, number)))
        for probe in probes:
            right = rng.random(len(probe.item_ids)) < quality[probe.candidate_id]
            for item_id, is_right in zip(probe.item_ids, right.tolist(), strict=True):
                events += _asked(setting, probe.candidate_id, item_id, is_right=is_right)
        events.append(RoundClosed(phase="race", round=number))
    return events


def big_result(setting: Setting, events: list[Event]) -> SearchResult:
    """What it comes to; pointwise intervals, for those that hold at every look take minutes at this size."""
    fold = Fold(setting)
    for event in events:
        fold.apply(event)
    view = fold.view()
    found = estimates(view)
    n_calls = sum(isinstance(event, CallSettled) for event in events)
    return SearchResult(
        run_id=RUN, task_id=setting.task.id, plan="made up", baseline_id=view.baseline_id,
        recommendation=recommend(view, found), estimates=found, phases=phase_summaries(events, N_CANDIDATES),
        drops=tuple(fold.drops), spend=Spend(settled_usd=fold.spend_usd, n_calls=n_calls), budget_usd=Decimal(900),
        wall_s=4321.0, warnings=("made up: for `make bench-report`",), run_dir=f"/runs/{RUN}",
    )  # fmt: skip


def _probes(setting: Setting, wanted: Mapping[CandidateId, int], number: int) -> Iterator[Probe]:
    for name, n_items in wanted.items():
        low, high = n_items * number // N_ROUNDS, n_items * (number + 1) // N_ROUNDS
        if high > low:
            yield Probe(candidate_id=name, item_ids=setting.item_ids[low:high])


def _drops(ids: list[CandidateId], number: int) -> tuple[Drop, ...]:
    gone = ids[300 + 5 * number : 305 + 5 * number] if number % 2 else []
    reason = "on the items both have it lost more than anything still to be asked could bring back"
    return tuple(
        Drop(candidate_id=name, reason=reason, strategy="racing", evidence={"gap": -0.31, "n_pairs": 12.0})
        for name in gone
    )


def _asked(setting: Setting, name: CandidateId, item_id: ItemId, *, is_right: bool) -> list[Event]:
    usd = Decimal(f"{setting.list_cost_usd[name]:.9f}")
    call_id = CallId(f"call-{name}-{item_id}")
    call = Call(
        id=call_id, key="k", endpoint_id=EndpointId(name), status=Status.OK, usage=Usage(), cost_usd=usd, latency_s=0.5
    )
    outcome = Outcome(
        candidate_id=name, item_id=item_id, status=Status.OK, answer="billing" if is_right else "shipping",
        score=float(is_right), cost_usd=usd, spend_usd=usd, latency_s=0.2 + (int(item_id[-5:]) % 97) / 100,
        call_ids=(call_id,),
    )  # fmt: skip
    reserved = CallReserved(call_id=call_id, key="k", endpoint_id=call.endpoint_id, amount_usd=usd)
    return [reserved, CallSettled(call=call), OutcomeScored(outcome=outcome)]
