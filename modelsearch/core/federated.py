"""What projects tell each other: how models did on tasks of theirs, without the tasks."""

from dataclasses import dataclass

from modelsearch.core.past import PastTask, TaskTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedOutcome:
    """A model on an item. None = unknown; the item's id is hashed before it leaves.

    Attributes:
        score: in [0, 1]; cost_usd: what it cost.
    """

    item_id: str
    score: float
    cost_usd: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedModel:
    """A model, as the catalogue names it, on one task."""

    name: str
    params_b: float | None
    usd_per_mtok: float | None
    outcomes: tuple[SharedOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTask:
    """A task that may be told of: its traits, and the models seen on it."""

    id: str
    traits: TaskTraits
    models: tuple[SharedModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Somebody whose outcomes were imported.

    Attributes:
        name: as the importer calls it; trust: in (0, 1], what share of the spread that it tells of is believed.
        project: of the exporter, a hash; files: sha256 of what was imported.
    """

    name: str
    trust: float
    project: str
    files: tuple[str, ...]
    n_tasks: int
    n_models: int
    imported_at: str
    privacy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a source tells, already weighed by its trust."""

    source: Source
    tasks: tuple[PastTask, ...]
