"""Searches open in this process, by run id: Prefect's parameters are plain and public, so they only name a run."""

from modelsearch.api.session import Session
from modelsearch.core.errors import RunNotFoundError

_OPEN: dict[str, Session] = {}


def keep(session: Session) -> None:
    """Make an open session known to the tasks of this process."""
    _OPEN[session.run.run_id] = session


def forget(session: Session) -> None:
    """The session is closed."""
    _OPEN.pop(session.run.run_id, None)


def is_open(run_id: str) -> bool:
    """Whether the run is open in this process."""
    return run_id in _OPEN


def session_of(run_id: str) -> Session:
    """The open session of a run.

    Raises:
        RunNotFoundError: it is not open in this process.
    """
    if run_id not in _OPEN:
        message = f"run {run_id!r} is not open in this process: start it with the `search` flow, not task by task"
        raise RunNotFoundError(message)
    return _OPEN[run_id]
