"""Runs in a store that other machines see too: published while they are open, found and fetched by their id.

The open run stays on this disk, for its journal must not lose what was acknowledged, and an object store cannot append.
Every `publish_s` seconds, and when the search ends, what is new is copied. Without MODELSEARCH_STORAGE nothing of this
runs. A store that fails holds up no search: the run ends here, and says at its end what was not published.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from modelsearch.core.errors import RunLockedError, RunNotFoundError, StorageError
from modelsearch.core.events import Event
from modelsearch.core.ids import RunId
from modelsearch.core.ports import Recorder
from modelsearch.settings import Settings
from modelsearch.store.filesystem import checked_name, open_folder
from modelsearch.store.layout import RunDir, find_run, list_runs
from modelsearch.store.lock import RunLock
from modelsearch.store.mirror import mirrored
from modelsearch.store.published import Place, Published, claimed, fetched, pushed

RUNS = "runs"
STALE_S = 900.0
"""A machine that has said nothing for so long has gone; one that works says something every `publish_s`, 30 s."""


class Publisher:
    """Publishes an open run from a thread of its own."""

    def __init__(self, published: Published, every_s: float) -> None:
        self._published = published
        self._every_s = every_s
        self._stopped = Flag()
        self._lost: RunLockedError | None = None
        self._thread = Thread(target=self._run, name="publish", daemon=True)

    def start(self) -> None:
        """Now, so that other machines know of it before anything is spent, and from now on every so often."""
        self._published.push()
        self._thread.start()

    def check(self) -> None:
        """Nothing may be bought once the run is another machine's.

        Raises:
            RunLockedError: it was taken over.
        """
        if self._lost is not None:
            raise self._lost

    def close(self) -> None:
        """Publish what is left, and give the run back.

        Raises:
            StorageError: the store does not take it.
            RunLockedError: it was taken over.
        """
        self._stopped.set()
        self._thread.join()
        self.check()
        self._published.push(is_over=True)

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                with suppress(StorageError):  # the next time may go better, and the last one tells
                    self._published.push()
            except RunLockedError as error:
                self._lost = error
                return


class Fenced:
    """A recorder that writes nothing once the run is another machine's."""

    def __init__(self, recorder: Recorder, publisher: Publisher) -> None:
        self._recorder = recorder
        self._publisher = publisher

    def append(self, event: Event) -> None:
        """Write, where the run is still ours."""
        self._publisher.check()
        self._recorder.append(event)


@contextmanager
def publishing(
    settings: Settings, run: RunDir, *, is_open_here: bool = False, is_taken_over: bool = False
) -> Iterator[Publisher | None]:
    """Take a run for this machine, its files brought up to what was published, and publish it while it is open.

    Args:
        settings: where to.
        run: what; a run directory of this disk.
        is_open_here: this process has the run's lock already.
        is_taken_over: also where another machine has it open.

    Raises:
        RunLockedError: another machine, or another process of this one, has it open.
        StorageError: the store does not answer; at the end: the search ended and is on this disk.
    """
    if settings.storage is None:
        yield None
        return
    if run.exists and not is_open_here:
        RunLock(run.path).release()
    publisher = Publisher(claimed(_place(settings, run), is_taken_over=is_taken_over), settings.publish_s)
    publisher.start()
    try:
        yield publisher
    except BaseException as error:
        try:
            publisher.close()
        except (StorageError, RunLockedError) as second:
            error.add_note(f"and not all of it is published: {second}")
        raise
    publisher.close()


def find_run_anywhere(settings: Settings, name: str) -> RunDir:
    """A run on this disk; else one of the store, fetched to this disk for reading.

    Raises:
        RunNotFoundError: there is none in either place, or there are several.
        StorageError: the store does not answer.
    """
    try:
        return find_run(settings.runs, name)
    except RunNotFoundError:
        matches = [run_id for run_id in runs_elsewhere(settings) if name and run_id.startswith(name)]
        if len(matches) != 1 and name not in matches:
            raise
    run = RunDir(settings.runs, RunId(name if name in matches else matches[0]))
    if not fetched(_place(settings, run)):
        message = f"run {name!r}: the machine that began it published nothing whole in {settings.storage}"
        raise RunNotFoundError(message)
    return run


def runs_elsewhere(settings: Settings) -> list[str]:
    """Ids of the runs that are in the store and not on this disk; empty without a store.

    Raises:
        StorageError: the store does not answer.
    """
    if settings.storage is None:
        return []
    here = {str(run.run_id) for run in list_runs(settings.runs)}
    return [name for name in open_folder(settings.storage).folders(RUNS) if name not in here]


@contextmanager
def shared_folder(settings: Settings, local: Path, *, stale_s: float = STALE_S) -> Iterator[None]:
    """A folder of the project (a task's nights, the catalogue) that one machine at a time works on.

    It is brought up to what was published before, and published after. Nothing at all without a store.

    Args:
        settings: whose home holds the folder.
        local: inside the home; its path there is its name in the store.
        stale_s: a machine that has said nothing for so long has gone.

    Raises:
        RunLockedError: another machine works on it.
        StorageError: the store does not answer.
    """
    if settings.storage is None:
        yield
        return
    publisher = Publisher(
        claimed(_shared(settings, local), stale_s=max(stale_s, 4 * settings.publish_s), is_exact=True),
        settings.publish_s,
    )
    publisher.start()
    try:
        yield
    finally:
        publisher.close()


def publish_folder(settings: Settings, local: Path) -> None:
    """Publish a folder that `shared_folder` took before, as it is now: the end of what several processes have done.

    Raises:
        RunLockedError: another machine has had it since.
        StorageError: the store does not answer.
    """
    if settings.storage is not None:
        pushed(_shared(settings, local))


def refresh(settings: Settings) -> None:
    """What other machines and people have put into the store since: the synced catalogue, the folder of tasks.

    Raises:
        StorageError: the store does not answer.
    """
    if settings.storage is not None:
        fetched(_shared(settings, settings.synced_catalog), is_exact=True)
    if settings.tasks_url is not None:
        mirrored(open_folder(settings.tasks_url), settings.tasks)


def refresh_nights(settings: Settings) -> None:
    """What other machines' nights have come to since, of every task that the store knows; for reading.

    Workers that share a database share a home too: what is there is the newest.

    Raises:
        StorageError: the store does not answer.
    """
    if settings.storage is not None and settings.database_url is None:
        for name in open_folder(settings.storage).folders(settings.nights.name):
            fetched(_shared(settings, settings.nights / checked_name(name)), is_exact=True)


def _shared(settings: Settings, local: Path) -> Place:
    prefix = local.relative_to(settings.home).as_posix()
    return Place(local=local, folder=open_folder(settings.storage or settings.home), prefix=prefix)


def _place(settings: Settings, run: RunDir) -> Place:
    folder = open_folder(settings.storage or settings.home)
    return Place(local=run.path, folder=folder, prefix=f"{RUNS}/{run.run_id}")
