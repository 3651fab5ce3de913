from dataclasses import replace
from datetime import date
from decimal import Decimal

from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.nights import Alarm, IncumbentMove, Job, JobResult, NightReport, Seen, Standing, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.core.result import Verdict
from modelsearch.report.nights import (
    N_NAMED,
    job_line,
    night_lines,
    night_rows,
    planned_lines,
    task_line,
    task_lines,
)

DAY = date(2026, 11, 24)
BASE, NEW = CandidateId("p/base"), CandidateId("p/new")
JOB = Job(kind="screen", task_id=TaskId("t"), candidate_id=NEW, level=0.01, budget_usd=Decimal(1), reason="is new")
TASK = RegisteredTask(id=TaskId("t"), task="/t.yaml", baseline=BASE, night_usd=Decimal("1.5"), monthly_items=1_000_000)


def standing(candidate_id: CandidateId, cost_usd: float, verdict: Verdict = Verdict.NON_INFERIOR) -> Standing:
    return Standing(
        candidate_id=candidate_id, revision="", place=2, verdict=verdict, n_items=60, quality=0.9, gap=-0.01,
        cost_usd=cost_usd, tested_on=DAY,
    )  # fmt: skip


DONE = JobResult(job=JOB, end="done", standings=(standing(NEW, 1e-5),), spend_usd=Decimal("0.25"), n_calls=60)
STATE = TaskState(
    task_id=TaskId("t"), task_revision="r", baseline_id=BASE, incumbent_id=NEW, n_tested=2, last_night=DAY,
    standings={BASE: standing(BASE, 1e-4), NEW: standing(NEW, 1e-5)}, waiting=(CandidateId("p/late"),),
)  # fmt: skip


def test_what_came_of_a_job_is_one_line() -> None:
    assert job_line(DONE) == "screen p/new: non-inferior after 60 items, gap -0.010, 60 calls, $0.2500"
    dropped = replace(DONE, standings=(standing(NEW, 1e-5, Verdict.UNDECIDED),))
    assert "not worth going on with after 60 items" in job_line(dropped)
    assert "undecided after 60 items, gap -0.010; money was short" in job_line(replace(dropped, end="out_of_money"))
    assert "failed: no key" in job_line(replace(DONE, end="failed", error="no key"))
    drift = replace(DONE, job=replace(JOB, kind="drift"), samples=((0, 1.0, 0.5), (1, 1.0, 1.0)), standings=())
    assert "2 items asked anew, quality -0.250" in job_line(drift)
    assert "0 items asked anew," in job_line(replace(drift, samples=()))
    search = replace(DONE, job=replace(JOB, kind="search", candidate_id=BASE), chosen_id=NEW)
    assert "1 candidate measured, p/new chosen" in job_line(search)
    assert "nothing was answered" in job_line(replace(DONE, standings=()))
    assert "no money left" in job_line(replace(DONE, standings=(), end="out_of_money"))


def test_a_night_tells_moves_alarms_and_who_is_left() -> None:
    move = IncumbentMove(task_id=TaskId("t"), day=DAY, from_id=BASE, to_id=NEW, reason="cheaper")
    alarm = Alarm(code="drift_quality", subject=NEW, day=DAY, message="it dropped")
    seen = Seen(revision="", cost_usd=1.0, limit_usd=0.5, reason="too dear")
    names = [CandidateId(f"p/{n}") for n in range(N_NAMED + 2)]
    report = NightReport(
        task_id=TaskId("t"), day=DAY, end="out_of_money", results=(DONE,), moves=(move,), alarms=(alarm,),
        spend_usd=Decimal("0.25"), waiting=tuple(names), declined=dict.fromkeys(names, seen),
    )  # fmt: skip
    lines = night_lines(report)
    assert lines[0] == "t, 2026-11-24: money was short; 1 job, 60 calls, $0.2500"
    assert "  moved: p/base -> p/new: cheaper" in lines
    assert "  alarm drift_quality: it dropped" in lines
    assert any(line.endswith("and 2 more") for line in lines)
    assert sum("not tested" in line for line in lines) == N_NAMED + 1
    (row,) = night_rows([report])
    assert (row["task"], row["USD"], row["end"]) == ("t", "0.25", "done")


def test_a_plan_says_what_would_be_done() -> None:
    assert planned_lines([JOB], [NEW]) == ["  screen p/new, at most $1.0000: is new", "  in line: p/new"]
    assert planned_lines([], []) == ["  nothing to do"]


def test_a_task_tells_what_is_saved_a_month() -> None:
    assert "no night yet" in task_line(TASK, None)
    assert task_line(TASK, STATE).startswith("t  serve it with p/new (-90.0% to p/base, $90.00 a month); last night")
    assert task_line(replace(TASK, monthly_items=None, is_paused=True), STATE).endswith("2 tests, paused")
    kept = replace(STATE, incumbent_id=BASE)
    assert "serve it with p/base; last night" in task_line(TASK, kept)
    lines = task_lines(TASK, STATE, ["2026-11-24: done"])
    assert lines.index("  measured:") < lines.index("  last nights:")
    assert "p/new (recommended)" in lines[4]
    assert "p/base (baseline)" in lines[5]
    assert "p/base (baseline) (recommended)" in "".join(task_lines(TASK, kept, []))
    assert len(task_lines(TASK, None, [])) == 3
