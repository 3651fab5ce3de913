from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.errors import EmptyPoolError, PlanError, StoppedError
from modelsearch.core.events import Event, OutcomeScored, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Status
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.search import Drop, Floats, Move, Probe, SearchView
from modelsearch.search.endings import MAX_IDLE_ROUNDS
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search, affordable, decide_move, free_probes, run_phase, run_plan
from modelsearch.store.ledger import Ledger
from modelsearch.testing.factories import make_setting, make_view
from tests.doubles import MemoryRecorder, PricedEvaluator

NAN = float("nan")


def probe(row: int, *columns: int) -> Probe:
    return Probe(candidate_id=CandidateId(f"m{row:02d}"), item_ids=tuple(ItemId(f"i{c:04d}") for c in columns))


def single(row: int) -> Single:
    return Single(endpoint_id=EndpointId(f"m{row:02d}"))


@dataclass(frozen=True)
class Dropping:
    """A filter that drops what it is told."""

    names: tuple[str, ...]

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return [Drop(candidate_id=CandidateId(name), reason="told to") for name in self.names]


@dataclass(frozen=True)
class Ranking:
    """A ranker with a fixed opinion."""

    merit: tuple[float, ...]

    def rank(self, view: SearchView) -> Floats:
        return np.array(self.merit)


@dataclass(frozen=True)
class Asking:
    """A sampler that asks by a function of the view."""

    wanted: Callable[[SearchView], Sequence[Probe]]

    def ask(self, view: SearchView) -> Sequence[Probe]:
        return self.wanted(view)


@dataclass(frozen=True)
class Making:
    """A combiner that always proposes the same."""

    made: tuple[Candidate, ...]

    def combine(self, view: SearchView) -> Sequence[Candidate]:
        return self.made


@dataclass
class World:
    """A search over n candidates and items at 1 USD a cell, plugged into memory."""

    n_candidates: int = 3
    n_items: int = 6
    budget_usd: float = 100
    max_calls: int | None = None
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        setting = make_setting(self.n_candidates, self.n_items, budget_usd=self.budget_usd)
        setting = replace(setting, budget=replace(setting.budget, calls=self.max_calls))
        self.recorder = MemoryRecorder(list(self.events))
        self.ledger = Ledger(Decimal(repr(self.budget_usd)), max_calls=self.max_calls)
        self.evaluator = PricedEvaluator(self.ledger, self.recorder)
        fold = Fold(setting)
        for event in self.events:
            fold.apply(event)
            if isinstance(event, OutcomeScored):
                o = event.outcome
                self.evaluator._outcome(o.candidate_id, o.item_id)
                self.recorder.events.pop()
        self.search = Search(fold=fold, evaluator=self.evaluator, recorder=self.recorder, ledger=self.ledger)

    @property
    def reasons(self) -> list[str]:
        return [event.reason for event in self.recorder.events if isinstance(event, PhaseClosed)]

    @property
    def moves(self) -> list[Move]:
        return [event for event in self.recorder.events if isinstance(event, Move)]


def next_items(n: int, rows: Sequence[int] = (0, 1, 2)) -> Asking:
    """n more items of each row, in the shared order."""

    def wanted(view: SearchView) -> list[Probe]:
        depth = {row: view.n_bought(CandidateId(f"m{row:02d}")) for row in rows}
        n_items = len(view.setting.item_ids)
        return [probe(row, *range(d, min(n_items, d + n))) for row, d in depth.items() if d < n_items]

    return Asking(wanted)


def test_drops_carry_the_strategys_name_and_later_filters_see_a_smaller_pool() -> None:
    view = make_view(np.full((4, 2), NAN))
    seen: list[tuple[str, ...]] = []

    @dataclass(frozen=True)
    class Looking:
        def drop(self, view: SearchView) -> Sequence[Drop]:
            seen.append(view.pool)
            return []

    move = decide_move(view, Phase(name="p", filters=(Dropping(("m02",)), Looking())))
    assert [(d.candidate_id, d.strategy) for d in move.drops] == [("m02", "Dropping")]
    assert seen == [("m00", "m01", "m03")]


@pytest.mark.parametrize("name", ["m00", "m09"])
def test_a_filter_may_drop_neither_baseline_nor_stranger(name: str) -> None:
    with pytest.raises(PlanError, match=f"filter Dropping.*{name}"):
        decide_move(make_view(np.full((3, 2), NAN)), Phase(name="p", filters=(Dropping((name,)),)))


def test_a_filter_may_not_drop_again_who_is_gone() -> None:
    with pytest.raises(PlanError, match="m01"):
        decide_move(make_view(np.full((3, 2), NAN)), Phase(name="p", filters=(Dropping(("m01",)), Dropping(("m01",)))))


def test_a_sampler_may_not_ask_for_strangers() -> None:
    view = make_view(np.full((3, 2), NAN), pool=[0, 1])
    for bad in (probe(7, 0), probe(2, 0)):
        with pytest.raises(PlanError, match="sampler Asking"):
            decide_move(view, Phase(name="p", sampler=Asking(lambda _, bad=bad: [bad])))  # type: ignore[misc]
    with pytest.raises(PlanError, match="i0099"):
        decide_move(view, Phase(name="p", sampler=Asking(lambda _: [probe(1, 99)])))


def test_what_is_known_is_not_asked_again() -> None:
    view = make_view([[1.0, NAN, 1.0, NAN]] * 2)
    wanted = replace(probe(1, 0, 1, 2, 3), p_draw=(0.1, 0.2, 0.3, 0.4))
    move = decide_move(view, Phase(name="p", sampler=Asking(lambda _: [wanted, probe(0, 0)])))
    assert move.probes == (replace(probe(1, 1, 3), p_draw=(0.2, 0.4)),)


def test_rankers_are_averaged_by_place_and_no_opinion_is_the_middle() -> None:
    view = make_view(np.full((4, 2), NAN))
    priors: dict[CandidateId, float] = {}

    def wanted(view: SearchView) -> list[Probe]:
        priors.update(view.priors)
        return []

    rankers = (Ranking((3.0, 1.0, 1.0, 2.0)), Ranking((NAN, -5.0, 1e9, NAN)))
    decide_move(view, Phase(name="p", rankers=rankers, sampler=Asking(wanted)))
    assert priors == {"m00": 0.75, "m01": 0.0, "m02": 0.5, "m03": 0.5}


def test_rankers_without_opinion_or_difference_put_nobody_first() -> None:
    found: list[set[float]] = []

    def wanted(view: SearchView) -> list[Probe]:
        found.append(set(view.priors.values()))
        return []

    for merit in ((NAN, NAN), (2.0, 2.0)):
        decide_move(make_view(np.full((2, 2), NAN)), Phase(name="p", rankers=(Ranking(merit),), sampler=Asking(wanted)))
    assert [len(values) for values in found] == [1, 1]


def test_a_composite_is_added_once_and_its_free_items_are_asked_at_once() -> None:
    vote = Ensemble(members=(single(1), single(2)))
    view = make_view([[NAN] * 4, [1.0, 1.0, NAN, 0.0], [1.0, NAN, NAN, 1.0]])
    move = decide_move(view, Phase(name="p", combiners=(Making((vote,)), Making((vote,)))))
    assert move.additions == (vote,)
    assert move.probes == (Probe(candidate_id=vote.id, item_ids=(ItemId("i0000"), ItemId("i0003"))),)


def test_a_known_composite_is_not_added_and_only_its_open_items_are_free() -> None:
    vote = Ensemble(members=(single(1), single(2)))
    view = make_view([[NAN] * 3, [1.0] * 3, [1.0] * 3, [1.0, NAN, NAN]], composites=[vote])
    move = decide_move(view, Phase(name="p", combiners=(Making((vote,)),)))
    assert move.additions == ()
    assert [p.item_ids for p in free_probes(view)] == [("i0001", "i0002")]


def test_two_orders_of_one_ensemble_are_one_candidate() -> None:
    one, other = Ensemble(members=(single(1), single(2))), Ensemble(members=(single(2), single(1)))
    move = decide_move(make_view(np.ones((3, 3))), Phase(name="p", combiners=(Making((one,)), Making((other,)))))
    assert [candidate.members for candidate in move.additions if isinstance(candidate, Ensemble)] == [one.members]
    known = make_view(np.ones((4, 3)), composites=[one])
    assert decide_move(known, Phase(name="p", combiners=(Making((other,)),))).additions == ()


def test_a_dropped_composite_gets_no_free_probe() -> None:
    vote = Ensemble(members=(single(1), single(2)))
    view = make_view([[NAN] * 3, [1.0] * 3, [1.0] * 3, [NAN] * 3], composites=[vote], pool=[0, 1, 2])
    assert list(free_probes(view)) == []


async def test_the_move_is_journalled_before_anything_is_bought() -> None:
    world = World()
    await run_phase(world.search, Phase(name="p", sampler=next_items(2), max_rounds=1))
    assert world.recorder.names == ["PhaseStarted", "Move", *["OutcomeScored"] * 6, "RoundClosed", "PhaseClosed"]
    assert world.reasons == ["all rounds of the phase used"]


async def test_it_ends_when_only_known_cells_are_asked_for() -> None:
    world = World()
    await run_phase(world.search, Phase(name="p", sampler=Asking(lambda _: [probe(1, 0, 1)]), max_rounds=50))
    assert world.reasons == ["Asking has asked for all that it finds worth its price and can pay"]
    assert [len(move.probes) for move in world.moves] == [1, 0]
    assert world.ledger.spend().settled_usd == 2


async def test_it_ends_at_the_last_item() -> None:
    world = World()
    await run_phase(world.search, Phase(name="p", sampler=next_items(4), max_rounds=50))
    assert world.ledger.spend().settled_usd == 18
    assert world.reasons == ["every candidate left was asked every item"]


async def test_a_move_is_cut_in_its_own_order_to_what_the_money_covers() -> None:
    world = World(budget_usd=4)
    await run_phase(world.search, Phase(name="p", sampler=next_items(3, rows=(1, 0)), max_rounds=9))
    assert [(p.candidate_id, len(p.item_ids)) for p in world.moves[0].probes] == [("m01", 3), ("m00", 1)]
    assert world.moves[0].is_cut
    assert world.reasons == ["the budget left is less than the next call may cost"]
    assert world.ledger.spend().settled_usd == 4


async def test_a_move_is_cut_to_the_calls_that_are_left_and_the_phase_says_so() -> None:
    world = World(max_calls=4)
    await run_phase(world.search, Phase(name="p", sampler=next_items(3, rows=(1, 0)), max_rounds=9))
    assert [(p.candidate_id, len(p.item_ids)) for p in world.moves[0].probes] == [("m01", 3), ("m00", 1)]
    assert world.ledger.spend().n_calls == 4
    assert world.reasons == ["the budget left is less than the next call may cost, or the limit of 4 calls is reached"]


async def test_a_move_that_is_too_dear_altogether_ends_the_phase() -> None:
    world = World(budget_usd=0.5)
    await run_phase(world.search, Phase(name="p", sampler=next_items(1), max_rounds=9))
    assert (world.moves[0].probes, world.moves[0].is_cut, len(world.moves)) == ((), True, 1)
    assert world.reasons == ["the budget left is less than the next call may cost"]


async def test_rounds_in_which_nobody_answers_end_the_phase_and_are_not_taken_for_a_lack_of_money() -> None:
    world = World()
    world.evaluator.status = lambda _candidate_id, _item_id: Status.NOT_RUN
    await run_phase(world.search, Phase(name="p", sampler=next_items(1), max_rounds=9))
    assert len(world.moves) == MAX_IDLE_ROUNDS
    assert world.reasons == ["nothing that was asked in 3 rounds was answered, or fitted the money left"]


async def test_a_round_in_which_nobody_answers_is_no_end() -> None:
    world = World()
    answers = iter([Status.NOT_RUN] * 4)
    world.evaluator.status = lambda _candidate_id, _item_id: next(answers, Status.OK)
    await run_phase(world.search, Phase(name="p", sampler=next_items(4), max_rounds=50))
    assert world.ledger.spend().settled_usd == 18
    assert world.reasons == ["every candidate left was asked every item"]


async def test_failures_do_not_end_the_phase() -> None:
    world = World()
    world.evaluator.status = lambda _candidate_id, _item_id: Status.ERROR
    await run_phase(world.search, Phase(name="p", sampler=next_items(3), max_rounds=9))
    assert world.ledger.spend().n_calls == 18


async def test_each_phase_gets_its_share_of_what_is_left() -> None:
    world = World(budget_usd=10)
    phases = (
        Phase(name="a", sampler=next_items(1, rows=(0,)), spend_share=0.3, max_rounds=9),
        Phase(name="b", sampler=next_items(1, rows=(1,)), spend_share=0.5, max_rounds=9),
        Phase(name="c", sampler=next_items(1, rows=(2,)), max_rounds=9),
    )
    await run_plan(world.search, Plan(name="plan", phases=phases))
    shares = [event.spend_usd for event in world.recorder.events if isinstance(event, PhaseStarted)]
    assert shares == [Decimal("3.0"), Decimal("3.5"), Decimal("4.0")]
    spent = [sum(p.candidate_id == f"m0{row}" for move in world.moves for p in move.probes) for row in range(3)]
    assert spent == [3, 3, 4]


async def test_money_in_flight_for_ever_is_not_spent_again() -> None:
    world = World(budget_usd=5)
    world.ledger.reserve("lost", Decimal(2))  # type: ignore[arg-type]
    world.ledger.hold("lost")  # type: ignore[arg-type]
    await run_phase(world.search, Phase(name="p", sampler=next_items(6), max_rounds=9))
    assert world.ledger.spend().settled_usd == 3


async def test_a_phase_without_sampler_is_one_round_without_calls() -> None:
    world = World()
    await run_phase(world.search, Phase(name="p", filters=(Dropping(("m02",)),)))
    assert world.reasons == ["a phase without calls"]
    assert world.evaluator.asked == []
    assert world.search.fold.pool == ("m00", "m01")


async def test_only_the_baseline_left_before_any_spend_says_who_dropped_the_rest() -> None:
    world = World()
    with pytest.raises(EmptyPoolError, match=r"m00.*2 by Dropping.*m01: told to\).*loosen") as caught:
        await run_phase(world.search, Phase(name="p", filters=(Dropping(("m01", "m02")),)))
    assert caught.value.exit_code == 2


async def test_only_the_baseline_left_after_spending_is_an_answer() -> None:
    world = World()
    await run_phase(world.search, Phase(name="a", sampler=next_items(1), max_rounds=1))
    await run_phase(world.search, Phase(name="b", filters=(Dropping(("m01", "m02")),)))
    assert world.search.fold.pool == ("m00",)


async def test_only_the_baseline_left_after_calls_that_nobody_answered_is_an_answer() -> None:
    world = World(budget_usd=2)
    phase = Phase(name="p", sampler=next_items(1), max_rounds=1)
    world.evaluator.status = lambda _candidate_id, _item_id: Status.NOT_RUN
    await run_phase(world.search, phase)
    await run_phase(world.search, Phase(name="b", filters=(Dropping(("m01", "m02")),)))
    assert world.ledger.spend().committed_usd == 0
    assert world.search.fold.pool == ("m00",)


async def test_members_that_are_bought_for_a_composite_are_known_too() -> None:
    vote = Ensemble(members=(single(1), single(2)))
    world = World()
    ask = Asking(lambda view: [Probe(candidate_id=vote.id, item_ids=view.setting.item_ids[:2])])
    await run_phase(world.search, Phase(name="p", combiners=(Making((vote,)),), sampler=ask, max_rounds=1))
    assert [world.search.fold.view().n_bought(CandidateId(f"m{row:02d}")) for row in range(3)] == [0, 2, 2]
    again = World(events=world.recorder.events)
    np.testing.assert_array_equal(again.search.fold.view().outcomes.status, world.search.fold.view().outcomes.status)


def test_a_bound_of_zero_is_affordable_without_money() -> None:
    world = World(budget_usd=0.001)
    world.evaluator.bound_share = Decimal(0)
    world.search.fold.apply(PhaseStarted(phase="p", spend_usd=Decimal(0)))
    move = Move(phase="p", round=0, probes=(probe(1, 0, 1),))
    assert affordable(world.search, move) == move


PHASES = (
    Phase(name="a", filters=(), sampler=next_items(2), spend_share=0.5, max_rounds=2),
    Phase(name="b", filters=(Dropping(("m02",)),), combiners=(Making((Ensemble(members=(single(1), single(2))),)),)),
    Phase(name="c", sampler=next_items(2, rows=(0, 1)), max_rounds=9),
)


@pytest.mark.parametrize("budget_usd", [7.5, 14, 100])
async def test_killed_after_any_event_it_ends_alike(budget_usd: float) -> None:
    plan = Plan(name="plan", phases=PHASES)
    whole = World(budget_usd=budget_usd)
    await run_plan(whole.search, plan)
    events = whole.recorder.events
    for cut in range(len(events) + 1):
        again = World(budget_usd=budget_usd, events=events[:cut])
        await run_plan(again.search, plan)
        assert [e for e in again.recorder.events if not isinstance(e, OutcomeScored)] == [
            e for e in events if not isinstance(e, OutcomeScored)
        ], cut
        assert again.ledger.spend() == whole.ledger.spend(), cut
    assert sum(isinstance(event, RoundClosed) for event in events) >= 3


async def test_a_stop_leaves_the_round_open_for_the_next_life() -> None:
    world = World()

    async def stopped(*_: object) -> list[object]:
        raise StoppedError("no money left")

    world.evaluator.evaluate = stopped  # type: ignore[assignment,method-assign]
    with pytest.raises(StoppedError):
        await run_phase(world.search, Phase(name="p", sampler=next_items(1)))
    assert world.recorder.names == ["PhaseStarted", "Move"]
    again = World(events=world.recorder.events)
    await run_phase(again.search, Phase(name="p", sampler=next_items(1), max_rounds=1))
    assert len(again.moves) == 1
    assert again.ledger.spend().n_calls == 3
