"""A search from start to result, in process and over HTTP, and what it leaves on the disk."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import asearch, search
from modelsearch.api.session import Opening, find_session_run, open_session
from modelsearch.core.errors import (
    BaselineError,
    EmptyPoolError,
    JournalError,
    PlanError,
    RunLockedError,
    RunNotFoundError,
)
from modelsearch.core.events import Event
from modelsearch.core.ids import RunId
from modelsearch.core.result import SearchResult
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from modelsearch.store.result_json import result_from_json
from modelsearch.store.tables import manifest_faults, read_table
from tests.unit.api.small import make_request, make_settings, make_table, moves_of, scored


def run(request: SearchRequest, project: Path) -> tuple[SearchResult, RunDir, list[Event]]:
    result = search(request, Opening(settings=make_settings(project)))
    folder = RunDir(project / ".modelsearch" / "runs", result.run_id)
    return result, folder, Journal.read(folder.journal)[1]


def test_a_search_ends_in_a_result_that_can_be_read_again(tmp_path: Path) -> None:
    result, folder, _ = run(make_request(tmp_path), tmp_path)
    assert result_from_json(folder.result.read_bytes()) == result
    assert result.run_dir == str(folder.path)
    assert [phase.phase for phase in result.phases] == ["available", "screen", "first", "last"]
    assert sum(phase.spend_usd for phase in result.phases) == result.spend.settled_usd <= result.budget_usd
    assert result.spend.reserved_usd == result.spend.unknown_usd == 0
    assert (result.plan, result.baseline_id, result.task_id) == ("small", "m0", "small")


def test_each_stage_leaves_tables_that_agree_with_the_result(tmp_path: Path) -> None:
    result, folder, events = run(make_request(tmp_path), tmp_path)
    assert manifest_faults(folder) == []
    n_outcomes, spend_usd, n_drops = 0, Decimal(0), 0
    for phase in result.phases:
        assert read_table(folder.table(phase.phase, "trajectory"), "trajectory").num_rows > 0
        n_drops += read_table(folder.table(phase.phase, "screen"), "screen").num_rows
        if phase.n_outcomes:
            n_outcomes += read_table(folder.table(phase.phase, "outcomes"), "outcomes").num_rows
            calls = read_table(folder.table(phase.phase, "calls"), "calls")
            spend_usd += sum((Decimal(str(usd)) for usd in calls.column("cost_usd").to_pylist()), Decimal(0))
    assert n_outcomes == len(scored(events)) == sum(phase.n_outcomes for phase in result.phases)
    assert spend_usd == result.spend.settled_usd
    assert n_drops == len(result.drops) > 0
    (decided,) = read_table(folder.table("decision", "decision"), "decision").to_pylist()
    assert decided["candidate_id"] == result.recommendation.candidate_id
    estimates = read_table(folder.table("decision", "estimates"), "estimates").to_pylist()
    assert [row["candidate_id"] for row in estimates] == [e.candidate_id for e in result.estimates]
    assert read_table(folder.table("available", "endpoints"), "endpoints").num_rows == 5


def test_a_later_life_writes_the_stages_as_they_were(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    _, folder, _ = run(request, tmp_path)
    tables = stages_of(folder)
    for path in tables:
        path.unlink()
    search(request, Opening(settings=make_settings(tmp_path), run=folder))
    assert stages_of(folder) == tables
    assert len(tables) > 12


def stages_of(folder: RunDir) -> dict[Path, bytes]:
    """All tables but the decision, which tells how long it took."""
    return {path: path.read_bytes() for path in folder.stages.rglob("*.parquet") if path.stem != "decision"}


def test_a_finished_run_resumed_spends_nothing_and_says_the_same(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    first, folder, events = run(request, tmp_path)
    found, asked = find_session_run(make_settings(tmp_path), str(first.run_id))
    assert asked == request
    again = search(asked, Opening(settings=make_settings(tmp_path), run=found))
    assert replace(again, wall_s=0.0) == replace(first, wall_s=0.0)
    assert Journal.read(folder.journal)[1] == events


def test_the_reports_are_there_and_name_the_recommendation(tmp_path: Path) -> None:
    result, folder, _ = run(make_request(tmp_path), tmp_path)
    for report in (folder.report_md, folder.report_html):
        assert result.recommendation.label in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [0, 4])
def test_in_process_and_over_http_a_search_is_the_same(tmp_path: Path, seed: int) -> None:
    request = make_request(tmp_path, table=make_table(4, 9), seed=seed)
    here, _, here_events = run(request, tmp_path / "here")
    there, _, there_events = run(replace(request, is_emulated=True), tmp_path / "there")
    assert moves_of(there_events) == moves_of(here_events)
    assert scored(there_events) == scored(here_events)
    assert there.recommendation == here.recommendation
    assert there.spend == here.spend
    assert there.estimates == here.estimates


def test_equal_searches_decide_alike_and_another_seed_may_not(tmp_path: Path) -> None:
    request = make_request(tmp_path)
    one, two, other = (
        run(r, tmp_path / n)[2] for r, n in ((request, "a"), (request, "b"), (make_request(tmp_path, seed=1), "c"))
    )
    assert moves_of(one) == moves_of(two) != moves_of(other)


def test_the_budget_is_a_hard_limit(tmp_path: Path) -> None:
    table = make_table(4, 6)
    for share in (0.05, 0.3, 1.0):
        result, _, _ = run(make_request(tmp_path, table=table, budget_share=share), tmp_path / str(share))
        assert result.spend.committed_usd <= result.budget_usd


async def test_the_sync_door_works_where_a_loop_is_running(tmp_path: Path) -> None:
    request = make_request(tmp_path, table=make_table(3, 4))
    result = search(request, Opening(settings=make_settings(tmp_path / "a")))
    same = await asearch(request, Opening(settings=make_settings(tmp_path / "b")))
    assert result.recommendation == same.recommendation
    assert asyncio.get_running_loop().is_running()


def test_a_watcher_sees_every_event_once_it_is_durable(tmp_path: Path) -> None:
    seen: list[Event] = []
    opening = Opening(settings=make_settings(tmp_path), watch=seen.append)
    result = search(make_request(tmp_path, table=make_table(3, 4)), opening)
    assert seen == Journal.read(RunDir(tmp_path / ".modelsearch" / "runs", result.run_id).journal)[1]


def test_known_answers_of_the_baseline_cost_nothing_and_say_where_they_are_from(tmp_path: Path) -> None:
    table = make_table(4, 6)
    answers = tmp_path / "answers.jsonl"
    rows = [{"id": i, "answer": g, "cost_usd": 0.01} for i, g in zip(table.item_ids, table.gold, strict=True)]
    answers.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    request = make_request(tmp_path, table=table, baseline_outcomes=answers)
    result, folder, events = run(request, tmp_path)
    bought = scored(events)
    assert {cell[1] for cell in bought if cell[0] == "m0"} == set(table.item_ids)
    called = read_table(folder.table("first", "calls"), "calls").column("endpoint_id").to_pylist()
    assert called
    assert "m0" not in called
    imported = read_table(folder.table("available", "outcomes"), "outcomes").to_pylist()
    assert len(imported) == 6
    assert {row["spend_usd"] for row in imported} == {Decimal(0)}
    assert all("imported-answers.jsonl-" in str(row["call_ids"]) for row in imported)
    assert result.phases[0].spend_usd == 0
    baseline = next(e for e in result.estimates if e.candidate_id == "m0")
    assert baseline.cost_usd is not None
    assert baseline.cost_usd.mean == pytest.approx(0.01, rel=0.3)


def test_an_unknown_baseline_costs_nothing_and_leaves_no_run(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"got 'm7'; near it: m4"):
        run(make_request(tmp_path, baseline="m7"), tmp_path)
    assert not (tmp_path / ".modelsearch").exists()


def test_a_pool_without_candidates_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(EmptyPoolError, match="by price_ceiling"):
        run(make_request(tmp_path, baseline="m4"), tmp_path)


def test_an_unknown_plan_or_strategy_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="balanced, cheap, evolved, newcomer, thorough"):
        run(make_request(tmp_path, plan="fancy"), tmp_path)
    assert not (tmp_path / ".modelsearch").exists()


def test_only_the_same_search_goes_on_with_a_journal(tmp_path: Path) -> None:
    request = make_request(tmp_path, table=make_table(3, 4))
    _, folder, _ = run(request, tmp_path)
    for other in (replace(request, seed=9), replace(request, budget_share=0.5), replace(request, baseline="m1")):
        with pytest.raises(JournalError, match="fingerprint"):
            search(other, Opening(settings=make_settings(tmp_path), run=folder))


async def test_a_run_is_open_once(tmp_path: Path) -> None:
    request = make_request(tmp_path, table=make_table(3, 4))
    opening = Opening(settings=make_settings(tmp_path), run=RunDir(tmp_path / "runs", RunId("r1")))
    async with open_session(request, opening):
        with pytest.raises(RunLockedError):
            async with open_session(request, opening):
                pass


def test_an_unknown_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunNotFoundError, match="no such run"):
        find_session_run(make_settings(tmp_path), "20200101")


@pytest.mark.parametrize("is_emulated", [False, True])
def test_a_search_makes_no_more_calls_than_it_may_in_all_its_lives(tmp_path: Path, is_emulated: bool) -> None:
    request = make_request(tmp_path, max_calls=11, is_emulated=is_emulated)
    result, folder, events = run(request, tmp_path)
    assert result.spend.n_calls == 11
    assert any("the limit of 11 calls is reached" in phase.reason for phase in result.phases)
    again = search(request, Opening(settings=make_settings(tmp_path), run=folder))
    assert again.spend.n_calls == 11
    assert moves_of(Journal.read(folder.journal)[1]) == moves_of(events)
