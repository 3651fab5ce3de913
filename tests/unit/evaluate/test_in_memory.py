from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Candidate, Cascade, Ensemble, Single
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Probe
from modelsearch.evaluate.cells import Cells
from modelsearch.evaluate.in_memory import InMemoryEvaluator, Till
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.recorded import RecordedCosts, RecordedReplies, recorded_task
from modelsearch.evaluate.replay import ReplayEvaluator
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.store.ledger import Ledger
from tests.doubles import MemoryRecorder
from tests.unit.api.small import make_table

TABLE = make_table()
TASK = recorded_task(TABLE)
SINGLES = tuple(Single(endpoint_id=EndpointId(model.name)) for model in TABLE.models)
VOTE = Ensemble(members=SINGLES[2:5])
CASCADE = Cascade(legs=(SINGLES[4], SINGLES[0]), thresholds=(0.5,))
EVERYBODY: tuple[Candidate, ...] = (*SINGLES, VOTE, CASCADE)
CANDIDATES: dict[CandidateId, Candidate] = {candidate.id: candidate for candidate in EVERYBODY}
CELLS = Cells(TABLE, TASK)

probes_of = st.lists(
    st.builds(
        lambda candidate, columns: Probe(
            candidate_id=candidate.id, item_ids=tuple(ItemId(TABLE.item_ids[c]) for c in columns)
        ),
        st.sampled_from(EVERYBODY),
        st.lists(st.integers(0, len(TABLE.item_ids) - 1), unique=True, max_size=6),
    ),
    max_size=6,
)


def make_replay(ledger: Ledger) -> ReplayEvaluator:
    recorder, scorer = MemoryRecorder(), make_scorer(TASK)
    return ReplayEvaluator(
        table=TABLE, task=TASK, scorer=scorer, ledger=ledger, recorder=recorder,
        known=Known(TASK, scorer, recorder), replies=RecordedReplies(table=TABLE), costs=RecordedCosts(table=TABLE),
    )  # fmt: skip


def anonymous(outcomes: list[Outcome]) -> list[Outcome]:
    """Without ids of calls, which only a journal needs."""
    return [replace(outcome, call_ids=()) for outcome in outcomes]


@given(rounds=st.lists(probes_of, max_size=4), budget_usd=st.sampled_from(["0", "0.01", "0.05", "100"]))
async def test_it_sells_what_the_journalled_one_sells_at_the_same_price(
    rounds: list[list[Probe]], budget_usd: str
) -> None:
    ledger, till = Ledger(Decimal(budget_usd)), Till(Decimal(budget_usd))
    replay, memory = make_replay(ledger), InMemoryEvaluator(CELLS, till)
    for probes in rounds:
        assert memory.bound_usd(probes, CANDIDATES) == replay.bound_usd(probes, CANDIDATES)
        sold = await memory.evaluate(probes, CANDIDATES)
        assert anonymous(sold) == anonymous(await replay.evaluate(probes, CANDIDATES))
        assert till.spend() == ledger.spend()


async def test_what_is_given_costs_nothing_and_stays_known() -> None:
    till = Till(Decimal(0))
    evaluator = InMemoryEvaluator(CELLS, till)
    given_away = list(evaluator.give(SINGLES[0]))
    assert [float(outcome.spend_usd) for outcome in given_away] == [0.0] * len(TABLE.item_ids)
    assert all(outcome.cost_usd > 0 for outcome in given_away)
    asked = [Probe(candidate_id=SINGLES[0].id, item_ids=(TASK.items[0].id,))]
    assert evaluator.bound_usd(asked, CANDIDATES) == [[Decimal(0)]]
    assert (await evaluator.evaluate(asked, CANDIDATES))[0].status is Status.OK
    assert till.spend().n_calls == 0


def test_a_till_reserves_settles_and_gives_back() -> None:
    till, one, two = Till(Decimal(10)), CallId("a"), CallId("b")
    assert till.reserve(one, Decimal(6))
    assert not till.reserve(two, Decimal(5))
    till.settle(one, Decimal(4))
    assert till.reserve(two, Decimal(5))
    till.release(two)
    assert (till.spend().settled_usd, till.spend().n_calls) == (Decimal(4), 1)
    assert till.reserve(two, Decimal(6))
    till.hold(two)
    assert not till.pay(Decimal("0.1"))
