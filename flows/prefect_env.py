"""The settings that must stand before Prefect is imported, in one place; and whether `flows` and `tasks` are ours."""

import os
import sys
from pathlib import Path

from flows.orphans import mark_owner
from modelsearch.core.errors import OptionError, ShadowedPackageError

DEFAULTS = {
    # two separate telemetry paths: the server's heartbeat and the client's
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # measured start of the embedded server: 6 to 30 s, its own limit is 20
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # without batches the embedded server is stopped with task runs still in its queue: they are lost to the UI
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    # the UI on any port, or behind a proxy, calls the server that served it
    "PREFECT_SERVER_UI_API_URL": "/api",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # what a night has come to, line by line, stands on its run's page
    "PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL": "INFO",
    # errors go to the run's page in the UI; in the terminal one line says what to do, without a traceback
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare(prefect_home: Path) -> None:
    """Set what the user has not set; where Prefect is imported already (a worker runs our flow) its own settings hold.

    Raises:
        ShadowedPackageError: another `flows` or `tasks` would be imported.
        OptionError: its home cannot be made.
    """
    check_packages()
    if "prefect" in sys.modules:
        return
    try:
        prefect_home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"folder {prefect_home}: cannot be made ({error.strerror}): start modelsearch where you may write, "
            "or set MODELSEARCH_HOME to a folder"
        )
        raise OptionError(message) from error
    for name, value in {"PREFECT_HOME": str(prefect_home.resolve()), **DEFAULTS, **_safe_path()}.items():
        os.environ.setdefault(name, value)
    mark_owner()


def _safe_path() -> dict[str, str]:
    """Children are started as `python -m prefect ...`, which puts the current folder first on their path: a `flows/` or
    a `yaml.py` in somebody's project would be imported there in place of ours. In our own checkout that is ours.
    """
    import modelsearch

    is_ours = Path(modelsearch.__file__).resolve().parent.parent == Path.cwd()
    return {} if is_ours else {"PYTHONSAFEPATH": "1"}


def check_packages() -> None:
    """Refuse to start where `flows` or `tasks` come from somewhere else than `modelsearch`.

    Raises:
        ShadowedPackageError: naming the folder that shadows ours.
    """
    import flows
    import modelsearch
    import tasks

    ours = Path(modelsearch.__file__).resolve().parent.parent
    for package in (flows, tasks):
        found = Path(package.__file__ or "").resolve().parent
        if found.parent != ours:
            message = (
                f"package {package.__name__!r} is imported from {found}, ours is in {ours / package.__name__}: "
                "start modelsearch from another folder, or take that one off PYTHONPATH"
            )
            raise ShadowedPackageError(message)
