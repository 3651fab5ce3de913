"""What an import tells: models with their figures, what was left out and why, what to do next."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from modelsearch.core.recorded import RecordedTable
from modelsearch.interop.fields import readable
from modelsearch.interop.imported_folder import TASK_FILE, Imported, n_failed
from modelsearch.interop.labels import LABEL_FILE
from modelsearch.interop.logged import Reported
from modelsearch.interop.scorer_fit import graded

_NAME_CHARS = 60


def lines_of(imported: Imported, out: Path) -> list[str]:
    """For a terminal."""
    return [
        clean(line)
        for line in (*_head(imported), *_models(imported), *_scorer(imported), *_left(imported), *_next(imported, out))
    ]


def clean(text: str) -> str:
    """Without control characters and marks that turn text around: names and ids are a stranger's."""
    return "".join(c if c.isprintable() else "\ufffd" for c in readable(text))


def _head(imported: Imported) -> Iterator[str]:
    evaluation = imported.evaluation
    n_repeats = max((outcome.repeat for outcome in evaluation.outcomes), default=0) + 1
    repeats = f", up to {n_repeats} repeats of an item" if n_repeats > 1 else ""
    yield f"{evaluation.tool}: {evaluation.name}"
    yield (
        f"  {counted(len(evaluation.models), 'model')}, {counted(len(evaluation.items), 'item')} "
        f"({imported.n_targets} with a target), {counted(len(evaluation.outcomes), 'outcome')}{repeats}"
    )


def counted(n: int, what: str) -> str:
    """A number of things."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _models(imported: Imported) -> Iterator[str]:
    for figures in model_figures(imported):
        told = [f"{figures['n_answered']} answered"]
        if figures["n_failed"]:
            told.append(f"{figures['n_failed']} failed")
        told += [_told(each) for each in figures["reported"]]
        if figures["quality_tool"] is not None and not figures["reported"]:
            told.append(f"mean score {figures['quality_tool']:.4f}")
        if figures["quality_here"] is not None:
            told.append(f"our scorer {figures['quality_here']:.4f}")
        cost, latency = figures["cost_usd_per_1k"], figures["latency_s"]
        told.append("cost unknown" if cost is None else f"${cost:.4g} per 1k items{figures['priced_by']}")
        told.append("latency unknown" if latency is None else f"{latency:.2f} s")
        yield f"  {figures['model'][:_NAME_CHARS]}: " + ", ".join(told)


def _told(figure: Reported) -> str:
    head = f"{figure.metric} {figure.value:.4f} by the tool"
    if figure.is_equal:
        return f"{head}, re-computed the same"
    if figure.recomputed is None:
        return f"{head}, not re-computed: {figure.why}"
    return f"{head}, re-computed {figure.recomputed:.4f}: {figure.why or 'the log does not say why'}"


def model_figures(imported: Imported) -> list[dict[str, Any]]:
    """A row a model: answered, failed, quality by the tool and by our scorer, cost, latency."""
    rows = []
    for model in imported.evaluation.models:
        own = [cell for (name, _), cell in imported.cells.items() if name == model]
        costs = [float(cell.cost_usd) for cell in own if cell.cost_usd is not None]
        latencies = [cell.latency_s for cell in own if cell.latency_s is not None]
        scores = [cell.score for cell in own if cell.score is not None]
        failed = n_failed(imported.evaluation.outcomes, model)
        rows.append({
            "model": model,
            "n_items": len(own),
            "n_answered": sum(len(cell.outcomes) for cell in own) - failed,
            "n_failed": failed,
            "quality_tool": fmean(scores) if scores else None,
            "quality_here": _quality_here(imported, model),
            "reported": [figure for figure in imported.evaluation.reported if figure.model == model],
            "cost_usd_per_1k": 1000 * fmean(costs) if costs else None,
            "priced_by": f" (at {imported.prices[model].source})" if model in imported.prices and costs else "",
            "latency_s": fmean(latencies) if latencies else None,
            "baseline_outcomes": imported.baseline_file(model),
        })  # fmt: skip
    return rows


def _quality_here(imported: Imported, model: str) -> float | None:
    """Mean over items of what the chosen scorer gives their answers; None without scorer or answers."""
    grading = imported.grading
    if grading.scorer is None:
        return None
    means = []
    for (name, item_id), cell in imported.cells.items():
        texts = [outcome for outcome in cell.outcomes if outcome.answer is not None]
        if name == model and item_id in grading.items and texts:
            item = grading.items[item_id]
            means.append(fmean(graded(o, item, grading.scorer, grading.task).score or 0.0 for o in texts))
    return fmean(means) if means else None


def _scorer(imported: Imported) -> Iterator[str]:
    fitted = imported.fitted
    yield f"kind {imported.guess.kind}: guessed, for {imported.guess.why}"
    if not imported.draft.is_logged:
        yield "prompt: NOT in the log: put your own into task.yaml"
    for note in imported.draft.notes:
        yield f"prompt: {note}"
    if fitted.chosen is not None:
        yield f"scorer {fitted.chosen.name}: {fitted.why}"
        return
    yield f"scorer TO BE CHOSEN: {fitted.why}"
    for fit in fitted.tried[:3]:
        others = f"; other e.g. for {', '.join(fit.differing)}" if fit.differing else ""
        yield f"  {fit.spec.name}: the same score for {fit.n_same} of {fit.n_answers}{others}"


def _left(imported: Imported) -> Iterator[str]:
    for note in imported.evaluation.notes:
        yield f"note: {note}"
    for n, what, why in imported.left_out:
        yield f"left out: {what if n == 1 else f'{n} {what}'}: {why}"
    if not imported.left_out:
        yield "left out: nothing"


def _next(imported: Imported, out: Path) -> Iterator[str]:
    """What can be done now, as commands that can be pasted."""
    yield f"written to {out}"
    n_open = len(imported.evaluation.items) - imported.n_targets
    if n_open:
        yield f"  {counted(n_open, 'item')} without a target: fill the column `target` of {out / LABEL_FILE},"
        yield f"  then import again with --label-file {shlex.quote(str(out / LABEL_FILE))} and another --out"
    if imported.n_targets and imported.fitted.chosen is None:
        yield f"  put a scorer into {out / TASK_FILE}, or import again with --scorer NAME; then"
    if imported.n_targets and imported.evaluation.models:
        file = shlex.quote(str(out / imported.baseline_file(imported.evaluation.models[0])))
        task = shlex.quote(str(out / TASK_FILE))
        yield f"  modelsearch preview {task} --baseline ENDPOINT --baseline-outcomes {file} --budget-usd 5"
    if imported.table is not None:
        folder, name = shlex.quote(str(out)), shlex.quote(dearest(imported.table))
        yield f"  modelsearch search --recorded {folder} --baseline {name} --budget-share 0.5"
        yield f"  modelsearch search ... --past {folder}"


def dearest(table: RecordedTable) -> str:
    """The model whose calls cost most: who would look for a cheaper one has it now."""
    return table.models[int(table.cost_usd.mean(axis=1).argmax())].name


def document_of(imported: Imported, out: Path, files: list[str]) -> Mapping[str, Any]:
    """For a program: what the lines say."""
    return {
        "out": out,
        "files": files,
        "tool": imported.evaluation.tool,
        "task": imported.task_id,
        "kind": imported.guess.kind,
        "scorer": None if imported.fitted.chosen is None else imported.fitted.chosen.name,
        "n_items": len(imported.evaluation.items),
        "n_targets": imported.n_targets,
        "models": model_figures(imported),
        "has_recorded_table": imported.table is not None,
        "notes": list(imported.evaluation.notes),
        "left_out": [each._asdict() for each in imported.left_out],
    }
