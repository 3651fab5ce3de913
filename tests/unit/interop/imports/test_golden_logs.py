"""Logs that the tools themselves wrote (`python -m bench.interop_goldens`), read and written as folders."""

import json
from pathlib import Path

import pytest

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.evaluate.imported import Import, imported_outcomes
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.interop.imported_folder import Choices, imported_of, write_imported
from modelsearch.interop.importers import importers
from modelsearch.interop.logged import Evaluation, Wanted
from modelsearch.taskfile.load import load_task
from modelsearch.taskfile.read import read_rows

GOLDEN = Path(__file__).parent / "golden"
LOGS = {
    "inspect": sorted(GOLDEN.glob("*.eval")),
    "lm-eval": [GOLDEN / "lm-eval"],
    "promptfoo": [GOLDEN / "promptfoo.json"],
}
N_ITEMS = 8


def read(tool: str, **wanted: str) -> Evaluation:
    return importers()[tool].read(LOGS[tool], Wanted(**wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize("tool", LOGS)
def test_a_log_of_the_tool_itself_is_read_whole(tool: str) -> None:
    found = read(tool)
    assert len(found.items) == N_ITEMS
    assert len(found.models) == 2
    n_repeats = 2 if tool == "inspect" else 1
    assert len(found.outcomes) == 2 * N_ITEMS * n_repeats
    assert all(item.target for item in found.items)
    assert all(outcome.answer for outcome in found.outcomes if outcome.status is Status.OK)


@pytest.mark.parametrize("tool", LOGS)
def test_one_of_our_scorers_gives_every_answer_the_tools_score(tool: str) -> None:
    imported = imported_of(read(tool), Choices())
    assert imported.fitted.chosen is not None
    assert imported.fitted.tried[0].is_equal
    assert imported.fitted.tried[0].n_answers >= 2 * (N_ITEMS - 1)


@pytest.mark.parametrize("tool", LOGS)
def test_the_folder_is_what_a_search_takes(tool: str, tmp_path: Path) -> None:
    imported = imported_of(read(tool), Choices())
    out = tmp_path / "out"
    write_imported(imported, out, [])
    task = load_task(out / "task.yaml")
    rendered = PromptRenderer(task).render(task.items[0], DEFAULT_PROMPT)
    logged = next(item for item in imported.evaluation.items if item.id == task.items[0].id).turns
    assert [message.content for message in rendered] == [turn.text.strip() for turn in logged]
    for model in imported.evaluation.models:
        path = out / imported.baseline_file(model)
        given = Import(
            path=path, task=task, baseline_id=CandidateId("b"), scorer=make_scorer(task), list_cost_usd=0.0
        )  # fmt: skip
        outcomes = {str(o.item_id): o.score for o in imported_outcomes(read_rows(path), given)}
        by_tool = {item: cell.score for (name, item), cell in imported.cells.items() if name == model and cell.answer}
        assert outcomes == pytest.approx(by_tool)


def test_a_failed_sample_of_inspect_is_a_failure_and_no_zero(tmp_path: Path) -> None:
    found = read("inspect")
    failed = [outcome for outcome in found.outcomes if outcome.status is Status.ERROR]
    assert {outcome.item_id for outcome in failed} == {"msg-007"}
    assert all(outcome.score is None and outcome.answer is None for outcome in failed)
    imported = imported_of(found, Choices())
    write_imported(imported, tmp_path / "out", [])
    kept = [json.loads(line) for line in (tmp_path / "out" / "outcomes.jsonl").read_text().splitlines()]
    assert sum(row["status"] == "error" for row in kept) == len(failed) == 4
    for model in found.models:
        assert "msg-007" not in (tmp_path / "out" / imported.baseline_file(model)).read_text()


def test_epochs_are_repeats() -> None:
    assert {outcome.repeat for outcome in read("inspect").outcomes} == {0, 1}


def test_the_tools_figure_is_compared_with_one_made_from_its_samples() -> None:
    found = read("inspect")  # trimmed: its header still has the figure of 120 samples
    figure = next(figure for figure in found.reported if figure.model.endswith("corrigan-1b"))
    scores = [o.score for o in found.outcomes if o.model == figure.model and o.score is not None]
    assert figure.recomputed == pytest.approx(sum(scores) / len(scores))
    assert not figure.is_equal
    assert figure.why == "2 outcomes have no score"


def test_another_score_may_be_chosen_and_what_is_not_is_told() -> None:
    assert any(left.what == "score match" for left in read("inspect").left_out)
    assert read("inspect", score="match").scored_with.name == "match"
    assert read("lm-eval", score="exact_match,as-is").scored_with.name == "exact_match,as-is"
    strict = [outcome.score for outcome in read("lm-eval", score="exact_match,as-is").outcomes]
    named = [outcome.score for outcome in read("lm-eval").outcomes]
    assert sum(score or 0 for score in strict) < sum(score or 0 for score in named)


def test_a_cost_of_nothing_that_promptfoo_wrote_is_unknown() -> None:
    found = read("promptfoo")
    assert all(outcome.cost_usd is None for outcome in found.outcomes)
    assert any("cost of 0" in note for note in found.notes)
    assert all(outcome.latency_s is not None for outcome in found.outcomes)
