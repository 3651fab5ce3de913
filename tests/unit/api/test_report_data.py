import pytest

from modelsearch.api import report_data
from modelsearch.api.finish import result_of
from modelsearch.api.report_data import page_data_from, page_data_of
from modelsearch.api.report_files import finished_run, write_csv, write_page
from modelsearch.api.run import reports_of
from modelsearch.api.session import open_session
from modelsearch.api.stages import write_decision
from modelsearch.core.errors import FileWriteError, JournalError, RunNotFoundError
from modelsearch.core.result import SearchResult
from tests.unit.api.shop import N_ITEMS, Shop


async def searched(shop: Shop) -> SearchResult:
    async with open_session(shop.request(), shop.opening()) as session:
        for phase in session.plan.phases:
            await session.run_phase(phase)
        result = result_of(session)
        assert page_data_of(session, result).left_out == ()
        write_decision(session, result, reports_of(result, is_emulated=False, session=session))
        return result


async def test_an_open_search_and_its_folder_tell_the_same(shop: Shop) -> None:
    result = await searched(shop)
    data = page_data_from(shop.run, result)
    assert data.left_out == ()
    assert set(data.kinds.values()) == {"single"}
    assert data.race[-1].answer == result.recommendation
    assert sum(cell.spend_usd for cell in data.spend) == result.spend.settled_usd
    assert sum(cell.n_calls for cell in data.spend) == result.spend.n_calls
    assert data.again.command.startswith("modelsearch search ")
    known = {e.candidate_id: e for e in result.estimates if e.latency_p50_s is not None}
    assert {name: spread.p95_s for name, spread in data.latencies.items()} == {
        name: pytest.approx(estimate.latency_p95_s) for name, estimate in known.items()
    }
    assert {spread.n_items for spread in data.latencies.values()} == {N_ITEMS}


async def test_the_report_is_made_anew_from_the_folder(shop: Shop) -> None:
    result = await searched(shop)
    found = finished_run(shop.opening().settings, str(result.run_id))
    page = write_page(found, shop.root / "out" / "page.html")
    assert page.read_text() == shop.run.report_html.read_text()
    names = {path.name for path in write_csv(found, shop.root / "tables")}
    assert {"candidates.csv", "drops.csv", "spend.csv"} <= names


async def test_a_part_that_cannot_be_collected_costs_the_run_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(report_data, "race_of", broken)
    async with open_session(shop.request(), shop.opening()) as session:
        for phase in session.plan.phases:
            await session.run_phase(phase)
        result = result_of(session)
        data = page_data_of(session, result)
        page = reports_of(result, is_emulated=False, session=session)["html"]
    assert data.left_out == ("the race: ValueError: no such thing",)
    assert data.spend
    assert "the race: ValueError: no such thing" in page


async def test_what_is_not_there_is_said(shop: Shop) -> None:
    result = await searched(shop)
    settings = shop.opening().settings
    with pytest.raises(RunNotFoundError):
        finished_run(settings, "nowhere")
    found = finished_run(settings, str(result.run_id))
    blocked = shop.root / "file"
    blocked.write_text("")
    with pytest.raises(FileWriteError, match="cannot be made"):
        write_csv(found, blocked / "below")
    shop.run.setting.unlink()
    with pytest.raises(JournalError, match="shows the result alone"):
        finished_run(settings, str(result.run_id))
    shop.run.result.unlink()
    with pytest.raises(RunNotFoundError, match="no result yet"):
        finished_run(settings, str(result.run_id))
