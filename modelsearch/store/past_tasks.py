"""What past searches and recorded tables know of models, read from their folders."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from modelsearch.core.candidate import Single
from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.ids import RunId
from modelsearch.core.model_name import model_name
from modelsearch.core.past import (
    KnownModel,
    PastModel,
    PastTask,
    TaskTraits,
    error_variance,
    n_labels_among,
    served_model,
    traits_of,
)
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.result import Estimate
from modelsearch.core.search import Setting
from modelsearch.store.federated import FederatedStore, imported_of
from modelsearch.store.layout import RunDir, list_runs, read_header
from modelsearch.store.recorded import OUTCOMES_FILE, read_recorded_table
from modelsearch.store.result_json import result_from_json
from modelsearch.store.setting_json import snapshot_from_json


def read_past(folder: Path) -> PastTask:
    """What the folder of a recorded table, or of a finished run, knows.

    Raises:
        OptionError: it is neither.
        ModelsearchError: it cannot be read.
    """
    if (folder / OUTCOMES_FILE).is_file():
        return past_of_table(read_recorded_table(folder))
    run = RunDir(folder.resolve().parent, RunId(folder.resolve().name))
    if not run.result.is_file() or not run.setting.is_file():
        message = f"--past {folder}: expected the folder of a recorded table, or of a finished run"
        raise OptionError(message)
    return past_of_run(run)


def read_pasts(where: Path) -> list[PastTask]:
    """What a folder knows, or all that an imported source tells (its file in the folder of imports).

    Raises:
        OptionError: it is neither.
        ModelsearchError: it cannot be read.
    """
    if where.is_file() and where.suffix == ".json":
        store = FederatedStore(where.parent)
        return list(imported_of(store.read(where.stem)).tasks)
    return [read_past(where)]


def past_of_runs(root: Path, n_latest: int) -> list[PastTask]:
    """What a project's latest runs with real models know, latest first; some 50 ms each.

    A run that did not finish, or cannot be read any more, tells nothing.
    """
    found: list[PastTask] = []
    for run in reversed(list_runs(root)):
        if len(found) == n_latest:
            break
        try:
            task = None if _is_emulated(run) else past_of_run(run)
        except (ModelsearchError, OSError):
            continue
        found += [task] if task is not None and task.models else []
    return found


def past_of_run(run: RunDir) -> PastTask:
    """What a finished run knows: every single model that it bought anything of.

    Raises:
        ModelsearchError, OSError: a file is missing or of another version.
    """
    setting = snapshot_from_json(run.setting.read_bytes()).setting
    result = result_from_json(run.result.read_bytes())
    return PastTask(
        id=str(setting.task.id),
        traits=traits_of(setting.task),
        models=_found_models(setting, result.estimates),
    )


def past_of_table(table: RecordedTable) -> PastTask:
    """What a recorded table knows: every model on every item that it has."""
    n_items, quality = table.is_recorded.sum(axis=1), table.score.mean(axis=1)
    models = tuple(
        PastModel(model=known_model(model), quality=float(q), error_variance=error_variance(float(q), int(n)))
        for model, q, n in zip(table.models, quality, n_items, strict=True)
    )
    return PastTask(id=table.name, traits=traits_of_table(table), models=models)


def traits_of_table(table: RecordedTable) -> TaskTraits:
    """The traits of a recorded table, which has no prompts but tells their length."""
    known = table.input_tokens[table.input_tokens >= 0]
    return TaskTraits(n_labels=n_labels_among(table.gold), input_tokens=float(known.mean()) if known.size else math.nan)


def known_model(model: RecordedModel) -> KnownModel:
    """A line of `models.csv` by its name and price."""
    paid_in, paid_out = model.input_usd_per_mtok, model.output_usd_per_mtok
    price = None if paid_in is None or paid_out is None else (3 * paid_in + paid_out) / 4
    return KnownModel(name=model_name(model.name, model.params_b), usd_per_mtok=price)


def _is_emulated(run: RunDir) -> bool:
    asked = read_header(run).get("request")
    return isinstance(asked, dict) and bool(asked.get("is_emulated"))


def _found_models(setting: Setting, estimates: Sequence[Estimate]) -> tuple[PastModel, ...]:
    singles = {candidate.id: candidate for candidate in setting.candidates if isinstance(candidate, Single)}
    own = {estimate.candidate_id: estimate.quality.mean for estimate in estimates if estimate.quality is not None}
    found = []
    for estimate in estimates:
        if estimate.candidate_id in singles and estimate.candidate_id in own:
            model = served_model(singles[estimate.candidate_id], setting.market)
            quality = _on_all_items(estimate, own[estimate.candidate_id], own.get(setting.baseline_id))
            variance = error_variance(quality, estimate.n_items)
            found.append(PastModel(model=model, quality=quality, error_variance=variance))
    return tuple(found)


def _on_all_items(estimate: Estimate, own: float, baseline: float | None) -> float:
    """The baseline's quality plus the gap on shared items, where there are any: few items may be the easy ones."""
    if baseline is None or estimate.gap is None:
        return own
    return float(np.clip(baseline + estimate.gap.mean, 0.0, 1.0))
