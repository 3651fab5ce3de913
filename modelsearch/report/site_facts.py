"""What the nightly site is made from: values only, as the stores hold them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from modelsearch.core.feedback import FeedbackWeight
from modelsearch.core.nights import Standing, TaskState
from modelsearch.core.offering import ModelChange
from modelsearch.core.registered import RegisteredTask

Line = Mapping[str, Any]
"""A line of a history of nights (`store.night_tables`)."""
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One task that is looked after, or once was.

    Attributes:
        name: of its folder of nights.
        registered: None = it is looked after no more, or its registration cannot be read.
        nights, jobs, moves, alarms, standings: its history, oldest first.
        is_open: a night of it is under way.
        problem: what of it cannot be read, for people.
    """

    name: str
    registered: RegisteredTask | None = None
    state: TaskState | None = None
    nights: Sequence[Line] = ()
    jobs: Sequence[Line] = ()
    moves: Sequence[Line] = ()
    alarms: Sequence[Line] = ()
    standings: Sequence[Line] = ()
    feedback: tuple[FeedbackWeight, ...] = ()
    is_open: bool = False
    problem: str = ""

    @property
    def incumbent(self) -> Standing | None:
        """Of whom serves the task by our last recommendation; None where nothing is known of it now."""
        return None if self.state is None else self.state.standings.get(self.state.incumbent_id)

    @property
    def baseline(self) -> Standing | None:
        """Of whom everything is certified against."""
        return None if self.state is None else self.state.standings.get(self.state.baseline_id)

    @property
    def is_kept(self) -> bool:
        """Whether the recommendation is to keep the baseline."""
        return self.state is not None and self.state.incumbent_id == self.state.baseline_id

    @property
    def last_day(self) -> date | None:
        """Of the newest night in its history."""
        return date.fromisoformat(self.nights[-1]["day"]) if self.nights else None

    @property
    def page(self) -> str:
        """Name of its page, safe in any URL and on any disk."""
        return task_page(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """A price on which sources differ: the higher one counts for budgets."""

    endpoint_id: str
    what: str
    usd: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFacts:
    """What catalogue syncs have come to.

    Attributes:
        observed_at: of the newest listing in force; None = there was no sync yet.
        changes: all that were ever accepted, oldest first.
        held_reason: why a state waits for a person; "" = none does.
        n_held: changes that it would make.
        problems: what was left out, put right or is in dispute.
        error: why nothing of it can be read.
    """

    observed_at: datetime | None = None
    n_endpoints: int = 0
    changes: Sequence[ModelChange] = ()
    held_reason: str = ""
    n_held: int = 0
    disputed: tuple[Disputed, ...] = ()
    problems: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One search; `advice` is empty where it has not finished."""

    run_id: str
    task: str = ""
    baseline: str = ""
    advice: str = ""
    certainty: str = ""
    spend_usd: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """All of it.

    Attributes:
        made_at: with a time zone.
        reports: ids of runs whose report can be linked.
        ui_url: of Prefect; "" = not told.
        health: parts and what is told of them, where the pages are served by a process that looks; None = a file.
    """

    made_at: datetime
    tasks: tuple[TaskFacts, ...] = ()
    catalog: CatalogFacts = field(default_factory=CatalogFacts)
    runs: tuple[RunFacts, ...] = ()
    reports: frozenset[str] = frozenset()
    ui_url: str = ""
    health: Mapping[str, str] | None = None

    @property
    def looked_after(self) -> tuple[TaskFacts, ...]:
        """Tasks that are registered, or whose registration cannot be read."""
        return tuple(task for task in self.tasks if task.registered is not None or task.problem)

    @property
    def former(self) -> tuple[TaskFacts, ...]:
        """Tasks that are looked after no more, whose history is kept."""
        return tuple(task for task in self.tasks if task.registered is None and not task.problem)


def task_page(name: str) -> str:
    """Name of a task's page from the root of the site."""
    return f"tasks/{_file_name(name)}.html"


def name_hash(name: str) -> str:
    """8 hex digits that tell a name from others; any text has one, lone surrogates too."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]


def _file_name(name: str) -> str:
    """The name itself where it is plain; else what is plain of it, and a hash that tells it from others."""
    if _PLAIN.fullmatch(name):
        return name
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', name)[:60].strip('-') or 'task'}-{name_hash(name)}"
