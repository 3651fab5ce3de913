from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.events import PhaseClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Move, Probe
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search
from modelsearch.search.rows import ask_rows
from modelsearch.store.ledger import Ledger
from modelsearch.testing.factories import make_setting
from tests.doubles import MemoryRecorder, PricedEvaluator

N_ITEMS = 6


def probe(name: str, n_items: int = N_ITEMS) -> Probe:
    return Probe(candidate_id=CandidateId(name), item_ids=tuple(ItemId(f"i{c:04d}") for c in range(n_items)))


@dataclass
class World:
    """A search at 1 USD a cell whose calls are reserved at `bound_share` times that."""

    budget_usd: float = 100
    bound_share: int = 1
    recorder: MemoryRecorder = field(default_factory=MemoryRecorder)

    def __post_init__(self) -> None:
        ledger = Ledger(Decimal(repr(self.budget_usd)))
        self.evaluator = PricedEvaluator(ledger, self.recorder, bound_share=Decimal(self.bound_share))
        self.search = Search(
            fold=Fold(make_setting(3, N_ITEMS, budget_usd=self.budget_usd)), evaluator=self.evaluator,
            recorder=self.recorder, ledger=ledger,
        )  # fmt: skip

    @property
    def moves(self) -> list[Move]:
        return [event for event in self.recorder.events if isinstance(event, Move)]


async def test_all_that_is_asked_for_is_asked_once() -> None:
    world = World()
    assert await ask_rows(world.search, "rows", [probe("m00"), probe("m01", 2)])
    assert set(world.evaluator.known) == {
        (p.candidate_id, i) for p in (probe("m00"), probe("m01", 2)) for i in p.item_ids
    }
    assert world.search.fold.closed_phases == ["rows"]
    assert await ask_rows(world.search, "rows", [probe("m00")])
    assert len(world.moves) == 1


@pytest.mark.parametrize(("bound_share", "n_rounds"), [(1, 1), (3, 5), (6, 6)])
async def test_bounds_that_are_much_too_high_take_more_rounds_and_no_less_items(
    bound_share: int, n_rounds: int
) -> None:
    world = World(budget_usd=11, bound_share=bound_share)
    assert await ask_rows(world.search, "rows", [probe("m00")]) == (len(world.evaluator.known) == N_ITEMS)
    assert len(world.evaluator.known) == (N_ITEMS if bound_share < 7 else 0)
    assert len(world.moves) <= n_rounds


async def test_money_that_does_not_reach_is_told() -> None:
    world = World(budget_usd=4)
    assert not await ask_rows(world.search, "rows", [probe("m00")])
    assert len(world.evaluator.known) == 4
    assert "money" in next(event.reason for event in world.recorder.events if isinstance(event, PhaseClosed))
    assert not await ask_rows(world.search, "rows", [probe("m00")])


async def test_what_is_free_is_taken_whatever_its_bound() -> None:
    world = World(budget_usd=6, bound_share=1000)
    assert await ask_rows(world.search, "known", [probe("m00")], is_free=True)
    assert len(world.evaluator.known) == N_ITEMS


async def test_what_is_asked_in_vain_is_not_asked_again() -> None:
    world = World()
    world.evaluator.status = lambda _candidate, item: Status.NOT_RUN if item == "i0001" else Status.OK
    assert await ask_rows(world.search, "rows", [probe("m00")])
    assert len(world.moves) == 1


async def test_nothing_to_ask_is_a_phase_all_the_same() -> None:
    world = World()
    assert await ask_rows(world.search, "rows", [])
    assert [move.probes for move in world.moves] == [()]


async def test_a_composite_that_the_search_does_not_know_comes_with_it() -> None:
    world = World()
    members = tuple(Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01"))
    pair = Ensemble(members=members)
    await ask_rows(world.search, "rows", [probe(pair.id, 3)], additions=[pair])
    assert pair.id in world.search.fold.candidates
    assert len(world.evaluator.known) == 9


@pytest.mark.parametrize("n_lost", range(1, 8))
async def test_a_kill_changes_nothing(n_lost: int) -> None:
    """The journal up to any event, and the rest asked again, come to the same."""
    whole = World(budget_usd=11, bound_share=3)
    await ask_rows(whole.search, "rows", [probe("m00")])
    kept = whole.recorder.events[:-n_lost]
    again = World(budget_usd=11, bound_share=3)
    for event in kept:
        again.search.fold.apply(event)
    for outcome in whole.evaluator.known.values():
        if again.search.fold.is_known(outcome.candidate_id, outcome.item_id):
            again.evaluator.known[outcome.candidate_id, outcome.item_id] = outcome
            again.evaluator.ledger.reserve(outcome.item_id, Decimal(1))  # type: ignore[arg-type]
            again.evaluator.ledger.settle(outcome.item_id, Decimal(1))  # type: ignore[arg-type]
    assert await ask_rows(again.search, "rows", [probe("m00")])
    assert len(again.evaluator.known) == N_ITEMS
    assert again.evaluator.ledger.spend().settled_usd == N_ITEMS
