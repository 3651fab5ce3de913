import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.core.errors import BaselineError
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import TaskSpec
from modelsearch.decide.estimates import estimates
from modelsearch.evaluate.imported import Import, imported_outcomes
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.search.fold import Fold
from modelsearch.testing.factories import make_setting, make_task

TASK = make_task(4)


def read(tmp_path: Path, *rows: Mapping[str, Any], task: TaskSpec = TASK) -> list[Outcome]:
    path = tmp_path / "answers.jsonl"
    path.write_text("x", encoding="utf-8")
    numbered = list(enumerate(rows, start=1))
    scorer, baseline_id = make_scorer(task), CandidateId("base")
    given = Import(path=path, task=task, baseline_id=baseline_id, scorer=scorer, list_cost_usd=0.5)
    return imported_outcomes(numbered, given)


def test_answers_are_graded_and_scores_taken_as_they_are(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {"id": "i0000", "answer": " yes "},
        {"item_id": "i0001", "score": 0.25},
        {"id": "i0002", "answer": "whatever", "score": 1},
    )
    assert [(o.item_id, o.status, o.score) for o in found] == [
        ("i0000", Status.OK, 1.0), ("i0001", Status.OK, 0.25), ("i0002", Status.OK, 1.0),
    ]  # fmt: skip
    assert {o.candidate_id for o in found} == {"base"}


def test_they_cost_nothing_keep_where_they_are_from_and_what_serving_costs(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "i0000", "score": 1}, {"id": "i0001", "score": 1, "cost_usd": "0.02", "latency_s": 2})
    assert {o.spend_usd for o in found} == {Decimal(0)}
    assert [o.cost_usd for o in found] == [Decimal("0.5"), Decimal("0.02")]
    assert found[1].latency_s == 2.0
    assert all(str(o.call_ids[0]).startswith("imported-answers.jsonl-2d711642b726") for o in found)


@pytest.mark.parametrize("row", [{}, {"latency_s": None}, {"latency_s": ""}])
def test_a_latency_that_no_row_tells_is_unknown_and_not_zero(tmp_path: Path, row: dict[str, Any]) -> None:
    (found,) = read(tmp_path, {"id": "i0000", "score": 1, **row})
    assert math.isnan(found.latency_s)
    setting = make_setting(1, task=TASK)
    fold = Fold(setting)
    fold.take(replace(found, candidate_id=setting.baseline_id))
    (estimate,) = estimates(fold.view())
    assert estimate.latency_p95_s is None


def test_a_row_stands_for_all_repeats_of_its_item(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "i0001", "score": 0.5}, {"id": "i0000", "score": 1}, task=replace(TASK, n_repeats=3))
    assert [(o.item_id, o.repeat, o.score) for o in found] == [
        *(("i0001", repeat, 0.5) for repeat in range(3)),
        *(("i0000", repeat, 1.0) for repeat in range(3)),
    ]


def test_an_answer_without_a_canonical_form_is_invalid(tmp_path: Path) -> None:
    (found,) = read(tmp_path, {"id": "i0000", "answer": "  "})
    assert (found.status, found.score) == (Status.INVALID, 0.0)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": "i9", "score": 1}, r"line 2.*one of the task's 4 items.*'i9'"),
        ({"id": "i0000", "score": 1}, "line 2.*there twice"),
        ({"id": "i0001"}, r"line 2.*`answer` or `score`.*\['id'\]"),
        ({"id": "i0001", "score": 1.5}, r"line 2.*\[0, 1\].*1.5"),
        ({"id": "i0001", "score": True}, r"line 2.*\[0, 1\].*True"),
        ({"id": "i0001", "score": float("nan")}, r"line 2.*\[0, 1\].*nan"),
        ({"id": "i0001", "score": "high"}, r"line 2.*\[0, 1\].*high"),
        ({"id": "i0001", "score": 1, "cost_usd": -1}, "line 2.*cost_usd.*-1"),
        ({"id": "i0001", "score": 1, "cost_usd": "free"}, "line 2.*cost_usd.*free"),
        ({"id": "i0001", "score": 1, "latency_s": "slow"}, "line 2.*latency_s.*slow"),
        ({"id": "i0001", "score": 1, "latency_s": "nan"}, "line 2.*latency_s.*nan"),
        ({"id": "i0001", "score": 1, "repeat": 1}, "line 2.*`repeat` is not read.*one row per item"),
        ({"id": "i0001", "score": 1, "latency_s": -3}, "line 2.*latency_s.*-3"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    with pytest.raises(BaselineError, match=told):
        read(tmp_path, {"id": "i0000", "score": 1}, row)


def test_a_file_without_rows_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"no rows.*one JSON object per line"):
        read(tmp_path)
