"""The folder that an import writes: everything that other commands take, and what was left out."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from modelsearch.core.errors import OptionError
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.cells import FAILED, Cell, Cells, Price, cells_of, cost_of, with_estimated_tokens
from modelsearch.interop.guesses import Guess, guess_of
from modelsearch.interop.labels import LABEL_FILE, label_csv
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedOutcome
from modelsearch.interop.outcome_table import Grading, table_of
from modelsearch.interop.prompts import Draft, draft_of
from modelsearch.interop.scorer_fit import Fitted, core_items, fitted, grading_task
from modelsearch.interop.tame import tamed
from modelsearch.interop.task_text import ITEMS_FILE, TaskText, items_text
from modelsearch.store.layout import write_whole
from modelsearch.taskfile.scorer import build_scorer

TASK_FILE, OUTCOMES_FILE, ABOUT_FILE = "task.yaml", "outcomes.jsonl", "import.json"
BASELINES = "baseline_outcomes"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the user decides of what is written.

    Attributes:
        task_id: "" = the log's own name.
        kind: "" = guessed.
        scorer: None = the tool's equal, if there is one.
        prices: of models by name; for outcomes whose cost the log does not tell.
    """

    task_id: str = ""
    kind: str = ""
    scorer: ScorerSpec | None = None
    prices: Mapping[str, Price] | None = None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import comes to.

    Attributes:
        table: None = there is none; `left_out` says why.
        left_out: by the importer and on the way to the folder.
    """

    task_id: str
    evaluation: Evaluation
    draft: Draft
    guess: Guess
    fitted: Fitted
    cells: Cells
    grading: Grading
    prices: Mapping[str, Price]
    table: RecordedTable | None
    left_out: tuple[LeftOut, ...]

    @property
    def n_targets(self) -> int:
        """Items that can be scored."""
        return sum(item.target is not None for item in self.evaluation.items)

    def baseline_file(self, model: str) -> str:
        """Where a model's outcomes are, in the folder; two models never share a file."""
        plain = file_name(model)
        n_alike = sum(file_name(other).casefold() == plain.casefold() for other in self.evaluation.models)
        mark = f"-{hashlib.sha256(model.encode()).hexdigest()[:6]}" if n_alike > 1 else ""
        return f"{BASELINES}/{plain}{mark}.jsonl"


def imported_of(evaluation: Evaluation, choices: Choices) -> Imported:
    """Everything that is written of an evaluation.

    Raises:
        LogFileError: an outcome is there twice.
        TaskFileError: the scorer that was asked for is none.
    """
    evaluation = tamed(evaluation)
    draft, guess = draft_of(evaluation.items), guess_of(evaluation)
    guess = guess._replace(kind=choices.kind, why="you said so") if choices.kind else guess
    found, prices = fitted(evaluation, draft, guess, choices.scorer), choices.prices or {}
    estimated, n_estimated = with_estimated_tokens(evaluation, prices)
    if n_estimated:
        told = f"{n_estimated} outcomes have no token counts: their cost is told from the length of their texts"
        evaluation = replace(evaluation, notes=(*evaluation.notes, told))
    cells = cells_of(estimated, prices)
    spec = found.chosen
    grading = Grading(
        scorer=None if spec is None else build_scorer(spec, guess.labels),
        task=grading_task(spec or ScorerSpec(name=""), guess.labels),
        items=core_items(evaluation, draft),
    )
    task_id = choices.task_id or id_of(evaluation.name)
    table, left_out = None, list(evaluation.left_out)
    if len(evaluation.models) > 1 and not evaluation.is_traffic:
        table, of_table = table_of(task_id, cells, grading, prices)
        left_out += of_table
    return Imported(
        task_id=task_id, evaluation=evaluation, draft=draft, guess=guess, fitted=found, cells=cells, grading=grading,
        prices=prices, table=table, left_out=tuple(left_out),
    )  # fmt: skip


def write_imported(imported: Imported, out: Path, sources: Sequence[Path]) -> list[str]:
    """Write the folder; the names of its files.

    Args:
        imported: what is written.
        out: a folder that is not there yet, or empty.
        sources: the files that were read, named in `import.json` with their digests.

    Raises:
        OptionError: the folder holds something.
        FileWriteError: the disk does not take it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionError(f"--out {out}: is there already and not empty: name another folder")
    files = {name: text for name, text in _texts(imported).items() if text}
    for name, text in files.items():
        write_whole(out / name, text.encode("utf-8", "replace"))
    names = list(files)
    if imported.table is not None:
        from modelsearch.store.recorded import write_recorded_table  # noqa: PLC0415 - pyarrow, only where it is needed

        write_recorded_table(imported.table, out)
        names += ["outcomes.parquet", "models.csv"]
    about = json.dumps(_about(imported, sources, names), indent=1, ensure_ascii=False, default=str)
    write_whole(out / ABOUT_FILE, about.encode("utf-8", "replace"))
    return [*names, ABOUT_FILE]


def _texts(imported: Imported) -> dict[str, str]:
    """The text files by name; empty ones are not written."""
    evaluation = imported.evaluation
    task = TaskText(
        task_id=imported.task_id,
        evaluation=evaluation,
        draft=imported.draft,
        guess=imported.guess,
        fitted=imported.fitted,
    )
    unlabelled = [item for item in evaluation.items if item.target is None]
    answers = {o.item_id: o.answer for o in evaluation.outcomes if o.answer is not None}
    return {
        TASK_FILE: task.yaml(),
        ITEMS_FILE: items_text(evaluation, imported.draft),
        OUTCOMES_FILE: _lines(_outcome_row(outcome, imported.prices) for outcome in evaluation.outcomes),
        **{imported.baseline_file(model): _lines(baseline_rows(imported, model)) for model in evaluation.models},
        LABEL_FILE: label_csv(unlabelled, answers) if unlabelled else "",
    }


def baseline_rows(imported: Imported, model: str) -> list[dict[str, Any]]:
    """What `--baseline-outcomes` reads: a row an item, repeats together; failed ones have none, and are asked anew.

    Where a scorer is chosen, answers stand without a score, so that baseline and candidates are graded alike.
    """
    rows = []
    for (name, item_id), cell in imported.cells.items():
        if name == model and (item_id in imported.grading.items or not imported.n_targets) and not cell.is_failed:
            row = _baseline_row(cell, is_graded_here=imported.grading.scorer is not None)
            if row:
                rows.append({"id": item_id, **row, **_facts(cell)})
    return rows


def _baseline_row(cell: Cell, *, is_graded_here: bool) -> dict[str, Any]:
    answer, score = cell.answer, cell.score
    if answer is not None and is_graded_here:
        return {"answer": answer} if score is None else {"answer": answer, "tool_score": score}
    if score is not None:
        return {"score": score} if answer is None else {"answer": answer, "score": score}
    return {} if answer is None else {"answer": answer}


def _facts(cell: Cell) -> dict[str, Any]:
    facts: dict[str, Any] = {} if cell.cost_usd is None else {"cost_usd": str(cell.cost_usd)}
    return facts if cell.latency_s is None else {**facts, "latency_s": cell.latency_s}


def _outcome_row(outcome: LoggedOutcome, prices: Mapping[str, Price]) -> dict[str, Any]:
    """An outcome as it was, status and repeat too; what is not known is null."""
    cost_usd = cost_of(outcome, prices.get(outcome.model))
    return {
        "model": outcome.model,
        "item": outcome.item_id,
        "repeat": outcome.repeat,
        "status": outcome.status.value,
        "answer": outcome.answer,
        "score": outcome.score,
        "cost_usd": None if cost_usd is None else str(cost_usd),
        "latency_s": outcome.latency_s,
        "input_tokens": outcome.input_tokens,
        "output_tokens": outcome.output_tokens,
    }


def _lines(rows: Any) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _about(imported: Imported, sources: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    evaluation = imported.evaluation
    return {
        "version": _VERSION,
        "tool": evaluation.tool,
        "task": imported.task_id,
        "sources": [{"name": path.name, "sha256": _digest(path)} for path in sources],
        "files": list(names),
        "models": {
            model: {"outcomes": imported.baseline_file(model), "n_failed": n_failed(evaluation.outcomes, model)}
            for model in evaluation.models
        },
        "prices": {model: price._asdict() for model, price in imported.prices.items()},
        "kind": {"guess": imported.guess.kind, "why": imported.guess.why},
        "scorer": {
            "tool": evaluation.scored_with.name,
            "chosen": None if imported.fitted.chosen is None else asdict(imported.fitted.chosen),
            "why": imported.fitted.why,
            "tried": [asdict(fit) for fit in imported.fitted.tried],
        },
        "reported": [asdict(figure) for figure in evaluation.reported],
        "left_out": [each._asdict() for each in imported.left_out],
        "notes": list(evaluation.notes),
    }  # fmt: skip


def n_failed(outcomes: Sequence[LoggedOutcome], model: str) -> int:
    """Outcomes of a model that came to nothing."""
    return sum(outcome.model == model and outcome.status in FAILED for outcome in outcomes)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_name(model: str) -> str:
    """A model's name as the name of a file: no folders, no surprises."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", model).strip("._")[:80] or "model"


def id_of(name: str) -> str:
    """A task's id out of a name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:80] or "imported"
