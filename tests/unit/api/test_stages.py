from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.api.finish import result_of
from modelsearch.api.run import reports_of
from modelsearch.api.session import Session, open_session
from modelsearch.api.stages import write_decision, write_stage
from modelsearch.core.result import SearchResult
from modelsearch.store.result_json import result_from_json
from modelsearch.store.tables import manifest_faults, read_table
from tests.unit.api.shop import Shop

WITH_CALLS = {"screen", "trajectory", "outcomes", "calls", "ledger", "estimates"}


async def all_phases(session: Session) -> SearchResult:
    for phase in session.plan.phases:
        await session.run_phase(phase)
    return result_of(session)


async def test_a_phase_without_calls_has_no_tables_of_calls(shop: Shop) -> None:
    async with open_session(shop.request(), shop.opening(shop.without("mid"))) as session:
        await all_phases(session)
        assert set(write_stage(session, "available")) == {"screen", "trajectory", "endpoints"}
        assert set(write_stage(session, "screen")) == {"screen", "trajectory"}
        written = write_stage(session, "ask")
    assert set(written) == WITH_CALLS
    assert {name: table.n_rows for name, table in written.items() if name != "ledger"} == {
        "screen": 0, "trajectory": written["trajectory"].n_rows, "outcomes": 12, "calls": 12, "estimates": 3,
    }  # fmt: skip
    assert all(table.path.is_file() for table in written.values())


async def test_a_stage_tells_what_was_known_at_its_end_however_late_it_is_written(shop: Shop) -> None:
    async with open_session(shop.request(baseline_outcomes=shop.write_known(2)), shop.opening()) as session:
        early = write_stage(session, "available")
        content = {name: table.path.read_bytes() for name, table in early.items()}
        await all_phases(session)
        late = write_stage(session, "available")
    assert set(late) == WITH_CALLS | {"endpoints"}
    assert (late["outcomes"].n_rows, late["calls"].n_rows) == (2, 0)
    assert {name: table.path.read_bytes() for name, table in late.items()} == content


async def test_the_decision_is_written_last_with_a_manifest_of_everything(shop: Shop) -> None:
    async with open_session(shop.request(), shop.opening()) as session:
        result = await all_phases(session)
        written = write_decision(session, result, reports_of(result, is_emulated=False))
    assert {name: table.n_rows for name, table in written.items()} == {"estimates": 3, "decision": 1}
    assert result_from_json(shop.run.result.read_bytes()) == result
    assert manifest_faults(shop.run) == []
    rows = read_table(written["decision"].path, "decision").to_pylist()
    assert [row["candidate_id"] for row in rows] == [result.recommendation.candidate_id]


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_life_that_begins_later_does_not_spoil_the_manifest(shop: Shop, is_told: bool) -> None:
    async with open_session(shop.request(), shop.opening()) as session:
        result = await all_phases(session)
        write_decision(session, result, reports_of(result, is_emulated=is_told))
    async with open_session(shop.request(), shop.opening()) as session:
        assert replace(result_of(session), wall_s=0.0) == replace(result, wall_s=0.0)
    assert manifest_faults(shop.run) == []
    assert Path(str(result.run_dir)) == shop.run.path
