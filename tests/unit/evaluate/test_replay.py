from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.events import CallReserved, CallSettled, OutcomeScored
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.search import Probe
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.recorded import RecordedCosts, RecordedReplies, recorded_task
from modelsearch.evaluate.replay import ReplayEvaluator
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.store.ledger import Ledger
from tests.doubles import MemoryRecorder
from tests.unit.api.small import make_table

VOTE = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m2", "m3", "m4")))


class Shop:
    """A replay evaluator over a table, and its books."""

    def __init__(self, table: RecordedTable | None = None, budget_usd: str = "100") -> None:
        self.table = table or make_table()
        self.recorder, self.ledger = MemoryRecorder(), Ledger(Decimal(budget_usd))
        task = recorded_task(self.table)
        scorer = make_scorer(task)
        self.evaluator = ReplayEvaluator(
            table=self.table, task=task, scorer=scorer, ledger=self.ledger, recorder=self.recorder,
            known=Known(task, scorer, self.recorder), replies=RecordedReplies(table=self.table),
            costs=RecordedCosts(table=self.table),
        )  # fmt: skip
        singles: list[Candidate] = [Single(endpoint_id=EndpointId(model.name)) for model in self.table.models]
        self.candidates: dict[CandidateId, Candidate] = {c.id: c for c in [*singles, VOTE]}

    def cost(self, row: int, *columns: int) -> Decimal:
        return sum((Decimal(repr(float(self.table.cost_usd[row, c]))) for c in columns), Decimal(0))

    async def buy(self, *probes: Probe) -> list[Outcome]:
        return await self.evaluator.evaluate(probes, self.candidates)


def probe(name: str, *columns: int) -> Probe:
    return Probe(candidate_id=CandidateId(name), item_ids=tuple(ItemId(f"i{c:03d}") for c in columns))


async def test_every_cell_sells_its_recorded_score_cost_and_latency() -> None:
    shop = Shop()
    rows, columns = shop.table.score.shape
    found = await shop.buy(*(probe(f"m{row}", *range(columns)) for row in range(rows)))
    np.testing.assert_array_equal(np.array([o.score for o in found]).reshape(rows, columns), shop.table.score)
    np.testing.assert_allclose(
        np.array([float(o.cost_usd) for o in found]).reshape(rows, columns), shop.table.cost_usd, atol=1e-12
    )
    np.testing.assert_array_equal(np.array([o.latency_s for o in found]).reshape(rows, columns), shop.table.latency_s)
    assert float(shop.ledger.spend().settled_usd) == pytest.approx(shop.table.exhaustive_usd, abs=1e-9)


async def test_a_cell_is_sold_once_and_a_vote_of_known_members_is_free() -> None:
    shop = Shop()
    await shop.buy(probe("m2", 0, 1), probe("m3", 0, 1), probe("m4", 0, 1), probe("m2", 0))
    spent = shop.ledger.spend()
    assert spent.n_calls == 6
    votes = await shop.buy(probe(VOTE.id, 0, 1))
    assert shop.ledger.spend() == spent
    assert [o.score for o in votes] == [1.0, 1.0]
    assert [o.cost_usd for o in votes] == [sum(shop.cost(row, c) for row in (2, 3, 4)) for c in (0, 1)]


def test_bounds_are_exact_and_zero_once_known_or_paid() -> None:
    shop = Shop()
    assert shop.evaluator.bound_usd([probe("m1", 3)], shop.candidates) == [[shop.cost(1, 3)]]
    assert shop.evaluator.bound_usd([probe(VOTE.id, 0)], shop.candidates) == [
        [shop.cost(2, 0) + shop.cost(3, 0) + shop.cost(4, 0)]
    ]


async def test_what_the_money_does_not_cover_is_not_run() -> None:
    table = make_table()
    shop = Shop(table, str(Shop(table).cost(0, 0, 1)))
    found = await shop.buy(probe("m0", 0, 1, 2))
    assert [o.status for o in found] == [Status.OK, Status.OK, Status.NOT_RUN]
    assert len(shop.recorder.of(OutcomeScored)) == 2
    assert len(shop.recorder.of(CallReserved)) == len(shop.recorder.of(CallSettled)) == 2


async def test_a_cell_without_a_record_is_invalid_and_costs_as_it_says() -> None:
    table = make_table()
    is_recorded = table.is_recorded.copy()
    is_recorded[1, 0] = False
    shop = Shop(replace(table, is_recorded=is_recorded))
    (found,) = await shop.buy(probe("m1", 0))
    assert (found.status, found.score, found.spend_usd) == (Status.INVALID, 0.0, shop.cost(1, 0))


async def test_a_call_that_an_earlier_life_paid_is_not_paid_again() -> None:
    first = Shop()
    (bought,) = await first.buy(probe("m1", 0))
    second = Shop()
    second.evaluator = replace(second.evaluator, paid=frozenset(bought.call_ids))
    assert second.evaluator.bound_usd([probe("m1", 0)], second.candidates) == [[0]]
    (found,) = await second.buy(probe("m1", 0))
    assert found == bought
    assert second.ledger.spend().n_calls == 0


def test_a_table_is_one_account() -> None:
    shop = Shop()
    assert shop.evaluator.split([probe("m0", 0)], shop.candidates, n_own=1) == {"recorded": [probe("m0", 0)]}
    assert shop.evaluator.split([], shop.candidates, n_own=1) == {}
