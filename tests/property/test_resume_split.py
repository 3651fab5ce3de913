"""A search in which an endpoint is served by another model half-way, killed anywhere and resumed: the same search."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.api.emulated import prompt_texts
from modelsearch.api.request import SearchRequest
from modelsearch.core.candidate import Single
from modelsearch.core.events import CallSettled, CandidateSplit, Event, OutcomeScored, Warned
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.result import Verdict
from modelsearch.core.search import Move
from modelsearch.decide.alpha import MADE_PART, alpha_shares
from modelsearch.emulator.app import EmulatorApp
from modelsearch.emulator.recorded import RecordedBehaviour
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.server import emulator_server
from modelsearch.evaluate.item_order import item_order
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.recorded import RecordedReplies, recorded_market, recorded_task
from modelsearch.search.splits import SPLIT
from tests.property.test_resume import RUN, Ended, no_disk_waits, prefixes, run_to_end
from tests.unit.api.small import make_request, make_table, moves_of, rounds_of, scored

__all__ = ["no_disk_waits"]
SEED, N_OLD = 2, 3
NEW = "-new"


@dataclass(frozen=True, kw_only=True)
class Changing:
    """A recorded table of which one model is served by another version from the fourth item of the order on.

    Under its own name the new version answers everything, like the old one.
    """

    inner: RecordedBehaviour
    name: str
    old: frozenset[str]

    def reply(self, asked: Asked) -> EmulatedReply | None:
        reply = self.inner.reply(replace(asked, wire_name=asked.wire_name.removesuffix(NEW)))
        if reply is None or reply.model != self.name or (reply.item in self.old and asked.wire_name == self.name):
            return reply
        return replace(reply, model=self.name + NEW)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An emulator, its whole search, and all that a kill can leave of it."""

    app: EmulatorApp
    request: SearchRequest
    whole: Ended
    cuts: list[bytes]


def serving(name: str, *, is_pinnable: bool = True) -> EmulatorApp:
    table = make_table(5, 6)
    task, market = recorded_task(table), recorded_market(table)
    column = {item_id: n for n, item_id in enumerate(table.item_ids)}
    texts = {text: column[item_id] for text, item_id in prompt_texts(task, PromptRenderer(task)).items()}
    inner = RecordedBehaviour(table=table, column_by_prompt=texts, reply_text=RecordedReplies(table=table).text)
    if is_pinnable:
        own = replace(market.endpoints[EndpointId(name)], id=EndpointId(name + NEW), wire_name=name + NEW)
        market = replace(market, endpoints={**market.endpoints, own.id: own})
    return EmulatorApp(Changing(inner=inner, name=name, old=frozenset(item_order(task, SEED)[:N_OLD])), market)


def asked_for(tmp_path: Path, url: str, budget_usd: int = 5) -> SearchRequest:
    request = make_request(tmp_path, table=make_table(5, 6), seed=SEED, is_emulated=True, emulator_url=url)
    return replace(request, budget_share=None, budget_usd=Decimal(budget_usd))


@pytest.fixture(params=["m3", "m0"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """`m0` is the baseline."""
    app = serving(request.param)
    with emulator_server(app) as url:
        asked = asked_for(tmp_path, url)
        whole = run_to_end(asked, tmp_path)
        yield Shop(
            app=app, request=asked, whole=whole, cuts=prefixes(tmp_path / "runs" / RUN / "journal.bin", tmp_path)
        )


def outcomes_of(events: list[Event], name: str) -> set[str]:
    return {e.outcome.item_id for e in events if isinstance(e, OutcomeScored) and e.outcome.candidate_id == name}


def settled_usd(events: list[Event]) -> Decimal:
    return sum((e.call.cost_usd for e in events if isinstance(e, CallSettled)), Decimal(0))


def test_a_search_with_a_split_is_the_same_after_a_kill(shop: Shop, tmp_path: Path) -> None:
    assert shop.app.bill.total_usd == settled_usd(shop.whole.events) == shop.whole.session.search.fold.spend_usd
    for number in range(0, len(shop.cuts), 17):
        again = run_to_end(shop.request, tmp_path / f"cut{number}", shop.cuts[number])
        assert scored(again.events) == scored(shop.whole.events), number
        assert moves_of(again.events) == moves_of(shop.whole.events), number
        assert rounds_of(again.events) == rounds_of(shop.whole.events), number
        assert again.result.recommendation == shop.whole.result.recommendation
        assert again.events.count(split_of(shop.whole.events)) == 1
    assert len(shop.cuts) > 100


def split_of(events: list[Event]) -> CandidateSplit:
    (event,) = [event for event in events if isinstance(event, CandidateSplit)]
    return event


def test_the_first_keeps_its_outcomes_and_what_serves_now_goes_on(shop: Shop) -> None:
    event, events, view = split_of(shop.whole.events), shop.whole.events, shop.whole.session.search.fold.view()
    first, heir = event.candidate_id, event.into
    assert heir == Single(endpoint_id=EndpointId(first), served_by=f"{first}{NEW}||")
    assert len(outcomes_of(events, first)) == N_OLD
    assert len(outcomes_of(events, heir.id)) > len(view.setting.item_ids) - N_OLD
    assert first not in view.pool
    assert any(probe.candidate_id == heir.id for move in moves_of(events) for probe in move.probes)
    (added,) = [move for move in moves_of(events) if heir in move.additions]
    assert [(drop.strategy, drop.candidate_id) for drop in added.drops] == [(SPLIT, first)]
    assert view.made_at[heir.id] > 0
    assert view.setting.list_cost_usd[heir.id] == view.setting.list_cost_usd[first]
    asked = Counter((line.model, line.item) for line in shop.app.bill.lines)
    assert set(asked.values()) == {1}
    assert any(isinstance(e, Warned) and e.code == "served-by-changed" for e in events)


def test_a_baseline_that_changed_hands_over_to_what_is_in_use_now(tmp_path: Path) -> None:
    with emulator_server(serving("m0")) as url:
        ended = run_to_end(asked_for(tmp_path, url), tmp_path)
    view, heir = ended.session.search.fold.view(), split_of(ended.events).into
    assert view.baseline_id == heir.id == ended.result.baseline_id
    assert view.task.alpha == pytest.approx(0.05 * MADE_PART / 2)
    shares = dict(zip(view.row, alpha_shares(view).tolist(), strict=True))
    assert sum(share for name, share in shares.items() if name != heir.id) <= view.task.alpha
    assert {e.candidate_id for e in ended.result.estimates if e.verdict is Verdict.NON_INFERIOR} <= {heir.id, *view.row}
    judged = {e.candidate_id: e.n_pairs for e in ended.result.estimates}
    n_both = len(outcomes_of(ended.events, "m2") & outcomes_of(ended.events, heir.id))
    assert judged[CandidateId("m2")] == n_both > 0
    assert any("THE BASELINE CHANGED" in warning for warning in ended.result.warnings)


def test_a_name_that_is_refused_costs_nothing_and_the_search_ends(tmp_path: Path) -> None:
    """Under the alias the two versions answer by turns: what the old one answers for the new one is no outcome."""
    app = serving("m3", is_pinnable=False)
    with emulator_server(app) as url:
        ended = run_to_end(asked_for(tmp_path, url), tmp_path)
    assert ended.spend.settled_usd == app.bill.total_usd == ended.session.search.fold.spend_usd
    splits = [e.into.served_by for e in ended.events if isinstance(e, CandidateSplit)]
    assert splits == [f"m3{NEW}||", ""]
    assert not {"m3", f"m3@m3{NEW}"} & {*ended.session.search.fold.view().pool}
    codes = {e.code for e in ended.events if isinstance(e, Warned)}
    assert {"served-by-changed", "pin-refused"} <= codes
    settling = [m for m in moves_of(ended.events) if m.drops and {d.strategy for d in m.drops} == {SPLIT}]
    assert all(isinstance(m, Move) and not m.probes for m in settling)
    assert len(settling) == 2
