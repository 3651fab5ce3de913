from decimal import Decimal

from modelsearch.api.finish import result_of
from modelsearch.api.session import open_session
from modelsearch.core.events import Warned
from modelsearch.core.result import SearchResult
from modelsearch.store.journal import Journal
from tests.unit.api.shop import Shop

WARNED = Warned(code="c", subject="cheap/m", message="is slow")


async def result(shop: Shop, *, n_phases: int, warned: tuple[Warned, ...] = ()) -> SearchResult:
    async with open_session(shop.request(), shop.opening()) as session:
        for phase in session.plan.phases[:n_phases]:
            await session.run_phase(phase)
        for event in warned:
            session.search.record(event)
        _, before = Journal.read(shop.run.journal)
        found = result_of(session)
        assert Journal.read(shop.run.journal)[1] == before
    return found


async def test_a_search_that_asked_nobody_recommends_the_baseline(shop: Shop) -> None:
    found = await result(shop, n_phases=1)
    assert found.recommendation.candidate_id == "dear/m"
    assert found.spend.settled_usd == 0
    assert [phase.phase for phase in found.phases] == ["available", "screen"]


async def test_a_whole_search_tells_who_is_cheapest_and_what_was_spent(shop: Shop) -> None:
    found = await result(shop, n_phases=2)
    assert found.recommendation.candidate_id == "cheap/m"
    assert (found.run_id, found.task_id, found.plan) == (shop.run.run_id, "colours", "shop")
    assert found.budget_usd == Decimal(5)
    assert found.spend.n_calls == 18
    assert found.spend.settled_usd == sum(phase.spend_usd for phase in found.phases) > 0


async def test_each_warning_is_told_once_with_its_subject(shop: Shop) -> None:
    found = await result(shop, n_phases=1, warned=(WARNED, WARNED))
    assert [text for text in found.warnings if "slow" in text] == ["cheap/m: is slow"]
