import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from modelsearch.core.errors import NightLockedError, StoreError
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.nights import Alarm, IncumbentMove, Job, JobResult, NightReport, Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.store.night_tables import TABLES, lines_of, standing_lines

DAY = date(2026, 11, 24)
A, B = CandidateId("p/a"), CandidateId("p/b:free")


def standing(candidate_id: CandidateId = A) -> Standing:
    return Standing(
        candidate_id=candidate_id, revision="m|fp8|", place=2, verdict=Verdict.NON_INFERIOR, n_items=60, quality=0.91,
        gap=-0.01, cost_usd=1.25e-5, tested_on=DAY, tokens_in=100.5,
    )  # fmt: skip


def state() -> TaskState:
    return TaskState(
        task_id=TaskId("t"), task_revision="r", baseline_id=A, incumbent_id=B, standings={B: standing(B)}, n_tested=3,
        waiting=(A,), drift={A: (0.5, float("inf"), float("-inf"))}, spend_usd=Decimal("1.000000000001"),
        last_night=DAY, drifted={B: DAY},
    )  # fmt: skip


def report(day: date = DAY) -> NightReport:
    job = Job(
        kind="screen", task_id=TaskId("t"), candidate_id=B, level=0.01, budget_usd=Decimal("0.5"), reason="new", place=2
    )
    result = JobResult(job=job, end="done", standings=(standing(B),), spend_usd=Decimal("0.25"), n_calls=60)
    move = IncumbentMove(task_id=TaskId("t"), day=day, from_id=A, to_id=B, reason="cheaper", evidence={"gap": -0.01})
    alarm = Alarm(code="drift_quality", subject="p/b", day=day, message="dropped", evidence={"e": 1e9})
    return NightReport(
        task_id=TaskId("t"), day=day, end="done", results=(result,), moves=(move,), alarms=(alarm,),
        spend_usd=Decimal("0.25"), waiting=(A,),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> NightStore:
    return NightStore(tmp_path / "nights" / "t")


def test_what_was_written_is_read_again_exactly(store: NightStore) -> None:
    assert store.read(STATE, TaskState) is None
    assert not store.holds(STATE)
    store.write(STATE, state())
    assert store.read(STATE, TaskState) == state()
    assert store.holds(STATE)
    assert json.loads((store.folder / "state.json").read_text())["version"] == 1
    store.remove(STATE, "never there")
    assert store.read(STATE, TaskState) is None


@dataclass(frozen=True)
class Values:
    """Numbers that JSON has no words for."""

    numbers: tuple[float, ...] = ()
    by_name: dict[str, tuple[Decimal, ...]] = field(default_factory=dict)


def test_infinities_and_amounts_survive(store: NightStore) -> None:
    value = Values((float("inf"), float("-inf"), 0.1), {"a": (Decimal("0.10"), Decimal("1e-12"))})
    store.write("values", value)
    assert store.read("values", Values) == value


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2, "value": {}}', '{"version": 1, "value": {"x": 1}}'])
def test_what_cannot_be_read_is_told_by_its_path(store: NightStore, content: str) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / "state.json").write_text(content)
    with pytest.raises(StoreError, match=r"state\.json"):
        store.read(STATE, TaskState)


def test_history_is_lines_and_parquet_and_adds_nothing_twice(store: NightStore) -> None:
    store.append(lines_of(report()))
    for day in (DAY, date(2026, 11, 25)):
        store.append({**lines_of(report(day)), **standing_lines(state(), report(day), 0.02)})
    assert [line["day"] for line in store.history("nights")] == ["2026-11-24", "2026-11-25"]
    for name in TABLES:
        lines = [json.loads(text) for text in (store.folder / f"{name}.jsonl").read_text().splitlines()]
        assert lines == store.history(name)
        table = pq.read_table(store.folder / f"{name}.parquet")
        assert table.schema.equals(TABLES[name], check_metadata=True)
        assert [str(day) for day in table["day"].to_pylist()] == [line["day"] for line in lines]
    assert pq.read_table(store.folder / "jobs.parquet")["spend_usd"].to_pylist() == [Decimal("0.25")] * 2


def test_standings_say_how_incumbent_and_baseline_stand_and_what_a_sample_found() -> None:
    known = replace(state(), standings={A: standing(A), B: standing(B)})
    asked = replace(report().results[0].job, kind="drift")
    sampled = replace(report().results[0], job=asked, samples=((0, 1.0, 0.0), (3, 0.5, 1.0)))
    own, base = standing_lines(known, replace(report(), results=(sampled,)), 0.02)["standings"]
    assert (own["role"], own["candidate_id"], own["quality"], own["margin"]) == ("incumbent", B, 0.91, 0.02)
    assert (own["n_sampled"], own["quality_then"], own["quality_anew"]) == (2, 0.75, 0.5)
    assert (base["role"], base["n_sampled"], base["quality_anew"]) == ("baseline", 0, None)
    (both,) = standing_lines(replace(known, incumbent_id=A), report(), 0.02)["standings"]
    assert (both["role"], both["candidate_id"]) == ("both", A)
    assert standing_lines(replace(known, standings={}), report(), 0.02) == {"standings": []}


def test_an_unknown_table_and_a_spoilt_line_are_refused(store: NightStore) -> None:
    with pytest.raises(StoreError, match="nights, jobs, moves, alarms, standings"):
        store.history("night")
    store.append(lines_of(report()))
    (store.folder / "moves.jsonl").write_text('{"day": "2026-11-24"}\n{"da')
    with pytest.raises(StoreError, match="line 2"):
        store.history("moves")


def test_only_one_has_the_lock_and_a_killed_process_gives_it_back(store: NightStore) -> None:
    with store.lock(), pytest.raises(NightLockedError, match="'t'"):
        store.lock()
    with store.lock():
        pass
    code = (
        "import sys, time; from pathlib import Path; from modelsearch.store.night_store import NightStore\n"
        f"lock = NightStore(Path({str(store.folder)!r})).lock(); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(NightLockedError, match=str(other.pid)):
            store.lock()
        other.kill()
        other.wait()
    with store.lock():
        pass
