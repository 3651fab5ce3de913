"""Outcomes of others on disk: one file a source, with the trust that is put in it; read as a past, never as outcomes.

<home>/federated/salt            the secret by which ids of our own exports are hashed
                 <source>.json   what a source has told, checked, and how far it is trusted

A trust of t means that the source's word on where a model stands is taken for a measurement of reliability t: errors of
variance (1 - t) / t times the spread of models come on top of those that the number of items tells. They are taken to
be one and the same beyond ten tasks of a source: it counts as at most ten, however much it tells.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import msgspec

from modelsearch.core.errors import OptionError, OutcomesFileError, StoreError
from modelsearch.core.federated import Imported, Source
from modelsearch.core.model_name import model_name
from modelsearch.core.past import KnownModel, PastModel, PastTask, TaskTraits, error_variance
from modelsearch.store.federated_lines import MAX_MODELS, MAX_TASKS, Head, ItemLine, ModelLine, TaskLine, lines_of
from modelsearch.store.layout import write_whole

DEFAULT_TRUST = 0.5
SPREAD_SD = 0.15
"""Of qualities between models on a task, as `stats.abilities` takes it before a task is seen."""
MAX_COUNTED_TASKS = 10
_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SUFFIX = ".json"
_SUM_ERROR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Everything of a source: its tasks and models as they were told."""

    source: Source
    tasks: Mapping[str, TaskLine]
    models: tuple[ModelLine, ...]


class FederatedStore:
    """The folder of imported outcomes; nothing is made by naming it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def salt(self) -> Path:
        """The secret of our own exports."""
        return self.folder / "salt"

    def names(self) -> list[str]:
        """All sources, sorted."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*{_SUFFIX}"))

    def add(self, path: Path, *, name: str, trust: float, own_project: str) -> Source:
        """Import a file under a source's name; what it tells of a known task replaces what was known.

        Args:
            path: of an export.
            name: of the source: small letters, digits, dot, dash, underscore.
            trust: in (0, 1]; it holds for all of the source from now on.
            own_project: ours, whose exports would be counted twice.

        Raises:
            OptionError: name or trust out of range.
            OutcomesFileError: the file cannot be used, is our own, or was imported already.
        """
        check_trust(trust)
        self._path(name)
        read = read_export(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        before = self.read(name) if name in self.names() else None
        if read.source.project == own_project:
            raise OutcomesFileError(f"{path}: an export of this project: its own runs are known already")
        if before is not None and digest in before.source.files:
            raise OutcomesFileError(f"{path}: was imported as {name!r} already")
        if before is not None and before.source.project != read.source.project:
            raise OutcomesFileError(f"{path}: comes from another project than what {name!r} told before: name it anew")
        told = _joined(before, read)
        files = (*(() if before is None else before.source.files), digest)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        told = replace(told, source=replace(told.source, name=name, trust=trust, files=files, imported_at=now))
        self._write(told)
        return told.source

    def read(self, name: str) -> Told:
        """What a source has told.

        Raises:
            OptionError: there is none of that name.
            StoreError: its file cannot be read.
        """
        path = self._path(name)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Told)
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise OptionError(f"source {name!r}: nothing was imported from it; there are: {known}") from None
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreError(f"{path}: cannot be read: {error}; import it again, or remove it") from error

    def trust(self, name: str, trust: float) -> Source:
        """Trust a source otherwise from now on."""
        check_trust(trust)
        told = self.read(name)
        told = replace(told, source=replace(told.source, trust=trust))
        self._write(told)
        return told.source

    def forget(self, name: str) -> None:
        """Remove everything that a source told."""
        self.read(name)
        self._path(name).unlink()

    def past(self) -> list[Imported]:
        """What all sources tell, weighed by their trust."""
        return [imported_of(self.read(name)) for name in self.names()]

    def _write(self, told: Told) -> None:
        write_whole(self._path(told.source.name), msgspec.json.encode(told))

    def _path(self, name: str) -> Path:
        if _SOURCE.fullmatch(name) is None or ".." in name:
            raise OptionError(f"--source: expected small letters, digits, dot, dash, underscore, got {name[:80]!r}")
        return self.folder / f"{name}{_SUFFIX}"


def check_trust(trust: float) -> None:
    """Refuse what is no trust.

    Raises:
        OptionError: not in (0, 1].
    """
    if not 0 < trust <= 1:
        raise OptionError(f"--trust: expected more than 0 and at most 1, got {trust:g}; to believe nothing, forget it")


def read_export(path: Path) -> Told:
    """An export as its file tells it, checked as a whole.

    Raises:
        OutcomesFileError: it cannot be used.
    """
    lines = lines_of(path)
    head = next(lines, None)
    if not isinstance(head, Head):
        raise OutcomesFileError(f"{path}: expected an export of outcomes, which begins with a line of type head")
    tasks: dict[str, TaskLine] = {}
    models: dict[tuple[str, str], ModelLine] = {}
    items: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for line in lines:
        if isinstance(line, ItemLine):
            _keep_item(items[line.task, line.model], line, path)
        elif isinstance(line, TaskLine) and line.id not in tasks:
            tasks[line.id] = line
        elif isinstance(line, ModelLine) and (line.task, line.name) not in models:
            models[line.task, line.name] = line
        else:
            raise OutcomesFileError(f"{path}: the same {type(line).__name__.removesuffix('Line').lower()} twice")
        if len(tasks) > MAX_TASKS or len(models) > MAX_MODELS:
            raise OutcomesFileError(f"{path}: more than {MAX_TASKS} tasks or {MAX_MODELS} models on them")
    _check_whole(path, tasks, models, items)
    source = Source(
        name="", trust=DEFAULT_TRUST, project=head.project, files=(), n_tasks=len(tasks), n_models=len(models),
        imported_at="", privacy=head.privacy,
    )  # fmt: skip
    return Told(source=source, tasks=tasks, models=tuple(models.values()))


def imported_of(told: Told) -> Imported:
    """What a source tells as past tasks: the less it is trusted, the wider its errors."""
    trust = told.source.trust
    distrust = SPREAD_SD**2 * (1 - trust) / trust * max(1.0, len(told.tasks) / MAX_COUNTED_TASKS)
    by_task: dict[str, list[PastModel]] = defaultdict(list)
    for line in told.models:
        variance = error_variance(line.quality, line.n_items) + 2 * line.noise_scale**2 + distrust
        model = KnownModel(name=model_name(line.name, line.params_b), usd_per_mtok=line.usd_per_mtok)
        by_task[line.task].append(PastModel(model=model, quality=line.quality, error_variance=variance))
    found = tuple(
        PastTask(id=f"{told.source.name}/{task.id}", traits=_traits(task), models=tuple(by_task[task.id]))
        for task in told.tasks.values()
    )
    return Imported(source=told.source, tasks=found)


def _traits(task: TaskLine) -> TaskTraits:
    length = float("nan") if task.input_tokens is None else task.input_tokens
    return TaskTraits(kind=task.kind, n_labels=task.n_labels, input_tokens=length)


def _keep_item(scores: dict[str, float], line: ItemLine, path: Path) -> None:
    if line.item in scores:
        raise OutcomesFileError(f"{path}: item {line.item} of {line.model!r} twice")
    scores[line.item] = line.score


def _check_whole(
    path: Path,
    tasks: Mapping[str, TaskLine],
    models: Mapping[tuple[str, str], ModelLine],
    items: Mapping[tuple[str, str], Mapping[str, float]],
) -> None:
    """Lines that belong to nothing, and means that are not those of their items."""
    if not models:
        raise OutcomesFileError(f"{path}: it tells of no model")
    for task_id, name in (*models, *items):
        if task_id not in tasks or (task_id, name) not in models:
            raise OutcomesFileError(f"{path}: {name!r} on task {task_id}: the line of its task or model is missing")
    for key, scores in items.items():
        line = models[key]
        if len(scores) != line.n_items or abs(fmean(scores.values()) - line.quality) > _SUM_ERROR:
            message = (
                f"{path}: {line.name!r}: {line.n_items} items of mean {line.quality:g} are told, and the items say"
            )
            raise OutcomesFileError(f"{message} {len(scores)} of mean {fmean(scores.values()):g}")


def _joined(before: Told | None, new: Told) -> Told:
    if before is None:
        return new
    tasks = {**before.tasks, **new.tasks}
    models = (*(line for line in before.models if line.task not in new.tasks), *new.models)
    source = replace(new.source, n_tasks=len(tasks), n_models=len(models))
    return Told(source=source, tasks=tasks, models=models)
