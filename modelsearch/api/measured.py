"""The numbers of a project for a Prometheus page, from what is on its disk: journals, nights, syncs.

From the disk and not from memory, for `serve` runs its flows as processes of their own: so the page needs nothing
switched on, costs a search nothing, agrees with the ledger, and goes on where it was after a restart or a kill. What
runs that are over have come to is kept beside them, so that a project of years is read once.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from threading import Lock
from typing import Any

from modelsearch.core.errors import ModelsearchError
from modelsearch.core.ids import EndpointId, TaskId
from modelsearch.core.money import ZERO_USD
from modelsearch.observe.about import Called, RunAbout, provider_name, source_of
from modelsearch.observe.counts_json import RUNS_FILE, SYNCS_FILE, counts_from_json, counts_to_json
from modelsearch.observe.deeds import night_counts, total_of
from modelsearch.observe.prometheus import page
from modelsearch.observe.tally import Counts, Tally
from modelsearch.settings import Settings
from modelsearch.store.layout import RunDir, list_runs, read_header, write_whole
from modelsearch.store.night_store import NightStore
from modelsearch.store.night_tables import TABLES
from modelsearch.store.tail import JournalTail, is_worked_on, read_endpoints


@dataclass
class _Open:
    """A run that is not over, as far as it is read."""

    run: RunDir
    tally: Tally
    tail: JournalTail
    is_damaged: bool = False

    def read_on(self) -> None:
        """All that is new; what is damaged is counted as far as it goes, for its run says so itself."""
        end_bytes = -1
        with suppress(OSError):
            while not self.is_damaged and self.tail.end_bytes != end_bytes:
                end_bytes = self.tail.end_bytes
                self._take()

    def _take(self) -> None:
        try:
            for event in self.tail.events():
                self.tally.take(event)
        except ModelsearchError:
            self.is_damaged = True


@dataclass
class Measured:
    """A project's numbers; one for a process. Threads take turns."""

    settings: Settings
    _over: Counts = field(default_factory=Counts)
    _read: dict[str, int] = field(default_factory=dict)
    _open: dict[str, _Open] = field(default_factory=dict)
    _nights: dict[Path, tuple[tuple[float, ...], Counts]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _is_begun: bool = False

    def page(self, *, wait_s: float = -1) -> bytes | None:
        """The page; None where another one is still being made after so many seconds (the first may take minutes)."""
        if not self._lock.acquire(timeout=wait_s):
            return None
        try:
            return page(self._counts())
        finally:
            self._lock.release()

    @property
    def _runs_file(self) -> Path:
        return self.settings.observed / RUNS_FILE

    def _counts(self) -> Counts:
        self._begin()
        runs = [run for run in list_runs(self.settings.runs) if run.journal.is_file()]
        for run in runs:
            self._read_run(run)
        self._close_those_that_are_over()
        live = [each for each in self._open.values() if is_worked_on(each.run)]
        parts = [self._over, *(each.tally.counts for each in self._open.values())]
        return total_of([*parts, *(each.tally.gauges() for each in live), *self._night_parts(), self._syncs()])

    def _begin(self) -> None:
        """What was counted before this process; counted anew where that cannot be read."""
        if self._is_begun:
            return
        self._is_begun = True
        with suppress(OSError, ValueError):
            self._over, self._read = counts_from_json(self._runs_file.read_bytes())

    def _read_run(self, run: RunDir) -> None:
        name = str(run.run_id)
        known = self._open.get(name)
        if known is None:
            tail = JournalTail(run.journal, self._read.get(name, 0))
            if name in self._read and tail.is_at_end:
                return
            known = self._open[name] = _Open(run=run, tally=Tally(about_of(run)), tail=tail)
        known.read_on()

    def _close_those_that_are_over(self) -> None:
        over = [name for name, each in self._open.items() if each.run.manifest.exists() and each.tail.is_at_end]
        for name in over:
            each = self._open.pop(name)
            self._over.take_in(each.tally.counts)
            self._read[name] = each.tail.end_bytes
        if over:
            with suppress(ModelsearchError):  # a full disk costs time at the next start, and no number
                write_whole(self._runs_file, counts_to_json(self._over, self._read))

    def _night_parts(self) -> list[Counts]:
        folder = self.settings.nights
        return [self._nights_of(task) for task in sorted(folder.iterdir()) if task.is_dir()] if folder.is_dir() else []

    def _nights_of(self, folder: Path) -> Counts:
        files = [folder / f"{name}.jsonl" for name in TABLES]
        written = tuple(file.stat().st_mtime if file.exists() else 0.0 for file in files)
        known = self._nights.get(folder)
        if known is not None and known[0] == written:
            return known[1]
        try:
            store = NightStore(folder)
            counts = night_counts({name: store.history(name) for name in TABLES})
        except (ModelsearchError, KeyError, InvalidOperation):
            return Counts()  # the night itself tells of a history that cannot be read
        self._nights[folder] = (written, counts)
        return counts

    def _syncs(self) -> Counts:
        with suppress(OSError, ValueError):
            return counts_from_json((self.settings.observed / SYNCS_FILE).read_bytes())[0]
        return Counts()


def about_of(run: RunDir) -> RunAbout:
    """What is told of a run on the disk; as little as its files say."""
    header: dict[str, Any] = {}
    with suppress(ModelsearchError):
        header = dict(read_header(run))
    request = header.get("request")
    try:
        budget_usd = Decimal(str(header.get("budget_usd", "0")))
    except InvalidOperation:
        budget_usd = ZERO_USD
    return RunAbout(
        run_id=run.run_id,
        task_id=TaskId(str(header.get("task", ""))),
        source=source_of(request if isinstance(request, dict) else {}),
        budget_usd=budget_usd,
        called={
            EndpointId(name): Called(provider=provider_name(provider), model=model)
            for name, (provider, model) in read_endpoints(run).items()
        },
    )
