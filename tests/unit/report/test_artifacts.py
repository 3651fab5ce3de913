"""What Prefect's UI shows: all that a person needs, and strangers' words as words."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import CandidateId, RunId, TaskId
from modelsearch.core.nights import Alarm, IncumbentMove, Job, JobResult, NightReport
from modelsearch.report.artifacts import (
    MAX_PICTURE_BYTES,
    answer_in_short,
    answer_told,
    artifact_key,
    job_rows,
    night_markdown,
    night_told,
    nights_markdown,
    recommendation_markdown,
)
from modelsearch.report.links import Links, linked
from modelsearch.testing.hostile import PAYLOADS
from tests.unit.report.results import make_kept, make_result
from tests.unit.report.sites import BASE, CHEAP, RUN, make_state, make_task

NOWHERE, SERVED = Links(""), Links("https://pages.example/x")
DAY = date(2026, 11, 24)
RAW_HTML = re.compile(r"(?<!\\)<[a-zA-Z/!]")
LINK = re.compile(r"(?<!\\)\]\((?!https://pages\.example/x/|data:image/svg\+xml;base64,)")


def make_report(name: str = "triage", text: str = "cheaper") -> NightReport:
    who = CandidateId(CHEAP if text == "cheaper" else text)
    job = Job(kind="screen", task_id=TaskId(name), candidate_id=who, level=0.01, budget_usd=Decimal(1), reason=text)
    failed = replace(job, kind="drift")
    move = IncumbentMove(task_id=TaskId(name), day=DAY, from_id=CandidateId(BASE), to_id=who, reason=text)
    return NightReport(
        task_id=TaskId(name), day=DAY, end="done", spend_usd=Decimal("0.25"), moves=(move,), waiting=(who,),
        results=(
            JobResult(job=job, end="done", spend_usd=Decimal("0.25"), n_calls=60, run_id=RunId(RUN)),
            JobResult(job=failed, end="failed", error=text),
        ),
        alarms=(Alarm(code="job_failed" if text == "cheaper" else text, subject=name, day=DAY, message=text),),
    )  # fmt: skip


def test_the_answer_stands_first_with_picture_candidates_and_links() -> None:
    result = make_result()
    text = recommendation_markdown(result, SERVED, picture="<svg/>")
    assert text.startswith("### Use **cheap** instead of **big**: likely, not certified")
    assert answer_in_short(result).startswith("likely, saving ")
    assert answer_in_short(make_kept()).startswith("keep the baseline, ")
    assert "data:image/svg+xml;base64,PHN2Zy8+" in text
    assert f"[The whole report](https://pages.example/x/runs/{result.run_id}/report.html)" in text
    assert "## Warnings" in text
    assert "EMULATED" in recommendation_markdown(result, SERVED, is_emulated=True)
    assert answer_told(result).startswith("Use cheap instead of big: likely")


def test_nobody_serves_pages_nothing_is_linked() -> None:
    text = recommendation_markdown(make_result(), NOWHERE)
    assert "](" not in text
    assert "modelsearch serve" in text
    assert "](" not in nights_markdown([make_report()], {"triage": make_task()}, NOWHERE)
    assert linked("x", "") == "x"
    assert {NOWHERE.index, NOWHERE.catalog, NOWHERE.front("r"), NOWHERE.task("t"), NOWHERE.report("r")} == {""}


def test_a_picture_that_is_too_large_is_left_out() -> None:
    assert "data:image" not in recommendation_markdown(make_result(), SERVED, picture="x" * (MAX_PICTURE_BYTES + 1))


def test_a_night_of_all_tasks_says_what_moved_and_how_each_stands() -> None:
    reports = [make_report(), replace(make_report("lost"), end="failed", moves=())]
    text = nights_markdown(reports, {"triage": make_task()}, SERVED)
    assert text.startswith("# 2 tasks, 1 recommendation moved, 2 alarms, 0.50 USD spent, failed: lost\n")
    assert f"- **[triage](https://pages.example/x/tasks/triage.html)**: {BASE} → **{CHEAP}**: cheaper".replace(
        "_", "\\_"
    ) in text.replace("\\-", "-")
    assert "| certified | 86.5 % | 91.2 | done | 0.25 |" in text
    assert "| failed | 0.25 |" in text
    assert night_told([]) == "0 tasks, 0 recommendations moved, 0 alarms, nothing spent"
    assert "None." in nights_markdown([], {}, SERVED)


def test_a_task_night_has_its_jobs_with_their_reports() -> None:
    text = night_markdown(make_report(), make_task(), SERVED)
    assert f"([report](https://pages.example/x/runs/{RUN}/report.html))" in text
    assert "failed: cheaper" in text
    assert "certified, saving 86.5 %" in text
    row, failed = job_rows([make_report()], SERVED)
    assert str(row["run"]).endswith(f"(https://pages.example/x/runs/{RUN}/report.html)")
    assert failed["run"] == ""
    assert RUN in str(job_rows([make_report()], NOWHERE)[0]["run"]).replace("\\", "")


@pytest.mark.parametrize("text", PAYLOADS)
def test_strangers_words_stay_words(text: str) -> None:
    report = make_report(text, text)
    task = make_task(text, 2, state=make_state(incumbent_id=CandidateId(text)), problem=text)
    shown = [
        nights_markdown([report], {text: task}, SERVED),
        night_markdown(report, task, SERVED),
        *(str(value) for row in job_rows([report], SERVED) for value in row.values()),
        recommendation_markdown(make_result(task_id=text, warnings=(text,)), SERVED),
    ]
    for each in shown:
        assert not RAW_HTML.search(each)
        assert not LINK.search(each)


@given(st.text(max_size=200))
def test_keys_are_what_prefect_takes(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", artifact_key("funnel", name))


def test_keys_tell_names_apart_and_plain_ones_stay() -> None:
    assert artifact_key("recommendation", "triage") == "recommendation-triage"
    assert len({artifact_key("night", name) for name in ("a b", "a_b", "A B", "a-b", "")}) == 5
