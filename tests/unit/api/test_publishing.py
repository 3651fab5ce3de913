"""Runs that other machines see: two homes, one store."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.api.publishing import find_run_anywhere, runs_elsewhere, shared_folder
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening, find_session_run, open_session
from modelsearch.core.errors import RunLockedError, RunNotFoundError
from modelsearch.core.ids import RunId
from modelsearch.core.result import SearchResult
from modelsearch.settings import Settings
from modelsearch.store.tables import manifest_faults
from tests.unit.api.small import make_request, make_settings


def machine(tmp_path: Path, name: str) -> Settings:
    made = make_settings(tmp_path / name)
    return replace(made, environ={**made.environ, "MODELSEARCH_STORAGE": str(tmp_path / "store")})


async def _first_phases(request: SearchRequest, opening: Opening, n_phases: int) -> str:
    async with open_session(request, opening) as session:
        for phase in session.plan.phases[:n_phases]:
            await session.run_phase(phase)
    return session.run.run_id


def told(result: SearchResult) -> SearchResult:
    return replace(result, wall_s=0.0, run_id=RunId("r"), run_dir="")


def test_a_run_that_stopped_here_goes_on_there_to_the_same_end(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    a, b = machine(tmp_path, "a"), machine(tmp_path, "b")
    whole = search(request, Opening(settings=make_settings(tmp_path / "c")))
    run_id = asyncio.run(_first_phases(request, Opening(settings=a), 2))
    assert runs_elsewhere(b) == [run_id]
    assert runs_elsewhere(a) == []
    run, asked = find_session_run(b, run_id[:15])
    assert asked == request
    assert told(search(asked, Opening(settings=b, run=run))) == told(whole)
    again, _ = find_session_run(a, run_id)
    assert not again.result.exists()
    assert told(search(asked, Opening(settings=a, run=again))) == told(whole)
    assert manifest_faults(again) == []


def test_a_run_that_is_open_on_one_machine_is_not_resumed_on_another_unless_it_is_taken_over(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    a, b = machine(tmp_path, "a"), machine(tmp_path, "b")

    async def both() -> None:
        async with open_session(request, Opening(settings=a)) as session:
            run, _ = await asyncio.to_thread(find_session_run, b, session.run.run_id)
            with pytest.raises(RunLockedError, match="--take-over"):
                await _first_phases(request, Opening(settings=b, run=run), 1)
            await _first_phases(request, Opening(settings=b, run=run, is_taken_over=True), 1)
            await session.run_phase(session.plan.phases[0])

    with pytest.raises(RunLockedError, match="taken it over"):
        asyncio.run(both())


def test_a_run_that_is_nowhere_is_told_as_without_a_store(tmp_path: Path) -> None:
    for settings in (machine(tmp_path, "a"), make_settings(tmp_path / "b")):
        with pytest.raises(RunNotFoundError, match="no such run"):
            find_run_anywhere(settings, "2026")


def test_a_shared_folder_is_one_machines_at_a_time_and_comes_back_up_to_date(tmp_path: Path) -> None:
    a, b = machine(tmp_path, "a"), machine(tmp_path, "b")
    with shared_folder(a, a.nights / "t", stale_s=600):
        (a.nights / "t" / "state.json").write_text("1")
        with pytest.raises(RunLockedError, match="has it open"), shared_folder(b, b.nights / "t", stale_s=600):
            pass
    with shared_folder(b, b.nights / "t", stale_s=600):
        assert (b.nights / "t" / "state.json").read_text() == "1"
        (b.nights / "t" / "state.json").write_text("2")
    with shared_folder(a, a.nights / "t", stale_s=600):
        assert (a.nights / "t" / "state.json").read_text() == "2"


def test_without_a_store_nothing_is_made(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with shared_folder(settings, settings.nights / "t", stale_s=600):
        pass
    assert runs_elsewhere(settings) == []
    assert not settings.nights.exists()
