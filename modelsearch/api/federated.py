"""Outcomes to and from other projects: exported without text, imported as a past that is trusted as far as one says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelsearch.api.publishing import find_run_anywhere
from modelsearch.core.federated import Source
from modelsearch.settings import Settings
from modelsearch.store.federated import FederatedStore
from modelsearch.store.outcome_export import Told, project_of, read_salt, write_export
from modelsearch.store.shared_tasks import read_shared_tasks


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    path: Path
    n_lines: int
    n_tasks: int
    n_models: int
    privacy: str


def export_outcomes(names: Sequence[str], out: Path, told: Told, settings: Settings) -> Exported:
    """Write what may be told of finished runs (by id) and recorded tables (by folder).

    Raises:
        InputError: one of them is unknown or not finished, or there is nothing to tell.
        FileWriteError: the disk does not take it.
    """
    folders = [Path(name) if Path(name).is_dir() else find_run_anywhere(settings, name).path for name in names]
    tasks = read_shared_tasks(folders)
    n_lines = write_export(out, tasks, told, read_salt(FederatedStore(settings.federated).salt))
    n_models = len({model.name for task in tasks for model in task.models if model.outcomes})
    return Exported(path=out, n_lines=n_lines, n_tasks=len(tasks), n_models=n_models, privacy=told.privacy)


def import_outcomes(path: Path, *, name: str, trust: float, settings: Settings) -> Source:
    """Take an export of another project's, to be learnt from as far as it is trusted.

    Raises:
        OptionError: name or trust out of range.
        OutcomesFileError: the file cannot be used, or should not be believed.
    """
    store = FederatedStore(settings.federated)
    return store.add(path, name=name, trust=trust, own_project=project_of(read_salt(store.salt)))


def sources(settings: Settings) -> list[Source]:
    """Everybody whose outcomes were imported, by name."""
    store = FederatedStore(settings.federated)
    return [store.read(name).source for name in store.names()]
