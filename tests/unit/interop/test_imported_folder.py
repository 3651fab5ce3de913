"""The folder that an import writes: what is in it, and what never is."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from modelsearch.core.errors import LogFileError, OptionError
from modelsearch.core.outcome import Status
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.cells import Price
from modelsearch.interop.imported_folder import Choices, Imported, file_name, imported_of, write_imported
from modelsearch.interop.imported_lines import document_of, lines_of
from modelsearch.interop.logged import Evaluation, Reported, ScoredWith
from modelsearch.store.past_tasks import read_past
from modelsearch.store.recorded import read_recorded_table
from tests.unit.interop.logs import make_evaluation, make_items, make_outcome


def written(evaluation: Evaluation, out: Path, choices: Choices | None = None) -> Imported:
    imported = imported_of(evaluation, choices or Choices())
    write_imported(imported, out, [])
    return imported


def test_the_recorded_table_is_what_was_logged_and_past_searches_read_it(tmp_path: Path) -> None:
    evaluation = make_evaluation()
    written(evaluation, tmp_path / "out")
    table = read_recorded_table(tmp_path / "out")
    assert [model.name for model in table.models] == ["big", "small"]
    assert table.is_recorded.all()
    for row, model in enumerate(("big", "small")):
        expected = [o.score for o in evaluation.outcomes if o.model == model]
        assert table.score[row].tolist() == expected
    assert {model.model.name.key for model in read_past(tmp_path / "out").models} == {"big", "small"}


def test_repeats_become_means_and_all_of_them_are_kept(tmp_path: Path) -> None:
    items = make_items(30)
    outcomes = [
        make_outcome(model, item, is_right=bool((k + repeat) % 2), repeat=repeat)
        for model in ("a", "b")
        for k, item in enumerate(items)
        for repeat in (0, 1)
    ]
    imported = written(replace(make_evaluation(), items=items, outcomes=tuple(outcomes)), tmp_path / "out")
    assert imported.table is not None
    assert np.all(imported.table.score == 0.5)
    assert len((tmp_path / "out" / "outcomes.jsonl").read_text().splitlines()) == 120
    row = json.loads((tmp_path / "out" / "baseline_outcomes" / "a.jsonl").read_text().splitlines()[0])
    assert row["score"] == 0.5
    assert "answer" not in row


def test_a_gap_is_no_zero_the_item_leaves_the_table(tmp_path: Path) -> None:
    evaluation = make_evaluation()
    first = evaluation.outcomes[0]
    failed = replace(first, status=Status.ERROR, answer=None, score=None)
    imported = written(replace(evaluation, outcomes=(failed, *evaluation.outcomes[1:])), tmp_path / "out")
    assert imported.table is not None
    assert first.item_id not in imported.table.item_ids
    assert len(imported.table.item_ids) == 29
    assert any("gap would count as wrong" in left.why for left in imported.left_out)


def test_costs_that_nobody_knows_are_not_made_up(tmp_path: Path) -> None:
    evaluation = make_evaluation()
    unknown = tuple(replace(o, cost_usd=None, input_tokens=100, output_tokens=10) for o in evaluation.outcomes)
    imported = written(replace(evaluation, outcomes=unknown), tmp_path / "out")
    assert imported.table is None
    assert not (tmp_path / "out" / "outcomes.parquet").exists()
    assert any("--price" in left.why for left in imported.left_out)
    price = Price(Decimal(2), Decimal(10), "you")
    priced = imported_of(imported.evaluation, Choices(prices={"big": price, "small": price}))
    assert priced.table is not None
    assert priced.table.cost_usd[0, 0] == pytest.approx((2 * 100 + 10 * 10) / 1e6)


def test_a_scorer_that_differs_once_is_not_taken(tmp_path: Path) -> None:
    evaluation = make_evaluation()
    strange = replace(evaluation.outcomes[0], score=1.0 - (evaluation.outcomes[0].score or 0.0))
    imported = written(replace(evaluation, outcomes=(strange, *evaluation.outcomes[1:])), tmp_path / "out")
    assert imported.fitted.chosen is None
    assert imported.fitted.tried[0].differing == (strange.item_id,)
    text = (tmp_path / "out" / "task.yaml").read_text()
    assert "scorer: to_be_chosen" in text
    assert "59 of 60" in text
    row = json.loads((tmp_path / "out" / "baseline_outcomes" / "big.jsonl").read_text().splitlines()[0])
    assert row["score"] == strange.score


def test_few_answers_prove_no_scorer() -> None:
    assert imported_of(make_evaluation(n=8), Choices()).fitted.chosen is None
    named = make_evaluation(n=8, scored_with=ScoredWith(name="x", equals=(ScorerSpec(name="exact"),)))
    assert imported_of(named, Choices()).fitted.chosen == ScorerSpec(name="exact")


def test_the_users_scorer_is_taken_whatever_the_comparison_says() -> None:
    imported = imported_of(make_evaluation(), Choices(scorer=ScorerSpec(name="token_f1")))
    assert imported.fitted.chosen == ScorerSpec(name="token_f1")
    assert imported.fitted.tried[0].n_answers == 60


def test_a_pattern_of_the_log_that_could_run_for_ever_is_not_tried() -> None:
    evil = ScorerSpec(name="regex", params={"pattern": "(.*)(.*)(.*)(.*)(.*)x"})
    evaluation = make_evaluation(scored_with=ScoredWith(name="pattern", equals=(evil,)))
    long = tuple(replace(o, answer="a" * 5000) for o in evaluation.outcomes)
    tried = imported_of(replace(evaluation, outcomes=long), Choices()).fitted.tried
    assert all(fit.spec.name != "regex" for fit in tried)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(OptionError, match="not empty"):
        written(make_evaluation(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "x" * 300, "..", "\u202eevil"])
def test_names_of_files_stay_in_the_folder(name: str) -> None:
    found = file_name(name)
    assert "/" not in found
    assert found.strip(".")
    assert len(found) <= 80


@pytest.mark.parametrize("name", ["=cmd()", "a\nb", "", "x" * 300, "\u202eabc"])
def test_models_names_that_harm_are_refused(name: str) -> None:
    with pytest.raises(LogFileError, match="--rename"):
        imported_of(make_evaluation(models=("big", name)), Choices())


def test_ids_that_harm_become_hashes_and_items_stay_with_their_outcomes() -> None:
    evaluation = make_evaluation(n=2)
    bad = replace(evaluation.items[0], id="=a\x1b[31m")
    outcomes = tuple(replace(o, item_id=bad.id) if o.item_id == "i000" else o for o in evaluation.outcomes)
    imported = imported_of(replace(evaluation, items=(bad, evaluation.items[1]), outcomes=outcomes), Choices())
    first = imported.evaluation.items[0].id
    assert first.startswith("id-")
    assert ("big", first) in imported.cells


def test_an_outcome_twice_is_refused() -> None:
    evaluation = make_evaluation()
    with pytest.raises(LogFileError, match="there twice"):
        imported_of(replace(evaluation, outcomes=(*evaluation.outcomes, evaluation.outcomes[0])), Choices())


def test_hostile_text_stays_text_in_the_task_file_and_on_the_terminal(tmp_path: Path) -> None:
    evaluation = make_evaluation(notes=("look\x1b[31m\nmargin: 1 \u202e",), tool="evil\nid: other")
    imported = written(replace(evaluation, name="x\ny: z"), tmp_path / "out")
    assert (tmp_path / "out" / "task.yaml").read_text().count("\nid: ") == 1
    assert all(line.isprintable() for line in lines_of(imported, tmp_path / "out"))


def test_lines_and_document_say_what_the_tool_said_and_what_was_made_of_it(tmp_path: Path) -> None:
    equal = Reported(model="big", metric="accuracy", value=0.9, recomputed=0.9)
    other = Reported(model="small", metric="accuracy", value=0.5, recomputed=0.6, why="2 outcomes have no score")
    imported = written(make_evaluation(reported=(equal, other)), tmp_path / "out")
    text = "\n".join(lines_of(imported, tmp_path / "out"))
    assert "accuracy 0.9000 by the tool, re-computed the same" in text
    assert "accuracy 0.5000 by the tool, re-computed 0.6000: 2 outcomes have no score" in text
    assert "left out: nothing" in text
    assert "scorer choice: it gives all 60 answers of the log the tool's own score" in text
    document = document_of(imported, tmp_path / "out", [])
    assert [row["quality_here"] for row in document["models"]] == pytest.approx([0.9, 2 / 3])
    about = json.loads((tmp_path / "out" / "import.json").read_text())
    assert about["scorer"]["chosen"]["name"] == "choice"
