"""Environment -> `Settings`: paths, and keys by the name of their variable. The only reader of `os.environ`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where things are. The environment itself is not shown by `repr`, for keys are in it.

    Attributes:
        home: `.modelsearch` of the project (or MODELSEARCH_HOME): runs, stored replies, Prefect's own home.
        catalogs: folder of catalogue data (or MODELSEARCH_CATALOGS).
    """

    home: Path
    catalogs: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def runs(self) -> Path:
        """Folder of run directories."""
        return self.home / "runs"

    @property
    def replies(self) -> Path:
        """Store of paid replies over runs."""
        return self.home / "replies.sqlite"

    @property
    def feedback(self) -> Path:
        """What production has said of candidates."""
        return self.home / "feedback.sqlite"

    @property
    def feedback_keys(self) -> Mapping[str, str]:
        """Variable that holds the key of each task's feedback (MODELSEARCH_FEEDBACK_KEYS=task=VARIABLE,...)."""
        pairs = [pair.partition("=") for pair in self.environ.get("MODELSEARCH_FEEDBACK_KEYS", "").split(",")]
        return {task.strip(): variable.strip() for task, _, variable in pairs if task.strip() and variable.strip()}

    @property
    def synced_catalog(self) -> Path:
        """What catalogue syncs have found: prices, changes, raw payloads."""
        return self.home / "catalog"

    def plan_folder(self, name: str) -> Path:
        """Where the plan of a name is: beside the catalogue, else among the installed ones."""
        beside = self.catalogs / "plans"
        return beside if (beside / f"{name}.yaml").is_file() else _own_catalogs() / "plans"

    @property
    def tasks(self) -> Path:
        """Folder of registered tasks, looked at every night (MODELSEARCH_TASKS); of a URL, its copy on this disk."""
        if self.tasks_url is not None:
            return self.home / "tasks-copied"
        return Path(self.environ.get("MODELSEARCH_TASKS") or self.home / "tasks")

    @property
    def tasks_url(self) -> str | None:
        """Where the folder of tasks is, if not on this disk: s3://bucket/folder in MODELSEARCH_TASKS."""
        where = self.environ.get("MODELSEARCH_TASKS", "")
        return where if "://" in where else None

    @property
    def nights(self) -> Path:
        """What registered tasks have come to: a folder of state, open night and history for each."""
        return self.home / "nights"

    @property
    def site(self) -> Path:
        """Pages of the nightly site."""
        return self.home / "site"

    @property
    def pages_url(self) -> str:
        """Where browsers reach the pages of `modelsearch serve` (MODELSEARCH_PAGES_URL), without a slash at its end.

        "" = nowhere that is known, so nothing links there.
        """
        return _web_url(self.environ.get("MODELSEARCH_PAGES_URL", ""))

    @property
    def has_pages_password(self) -> bool:
        """Whether the pages ask for a password (MODELSEARCH_SERVE_AUTH), which no picture in another page can give."""
        return bool(self.environ.get("MODELSEARCH_SERVE_AUTH"))

    @property
    def prefect_ui_url(self) -> str:
        """Where browsers reach Prefect's UI (PREFECT_UI_URL); "" = not told."""
        return _web_url(self.environ.get("PREFECT_UI_URL", ""))

    @property
    def federated(self) -> Path:
        """Outcomes that were imported from others, and the secret of our own exports."""
        return self.home / "federated"

    @property
    def prefect_home(self) -> Path:
        """Prefect's database and storage, one for all runs of the project."""
        return self.home / "prefect"

    @property
    def is_code_allowed(self) -> bool:
        """Whether programs that models write may be run by scorers (MODELSEARCH_ALLOW_CODE_EXECUTION=1)."""
        return self.environ.get("MODELSEARCH_ALLOW_CODE_EXECUTION", "").lower() in {"1", "true", "yes"}

    @property
    def sync_s(self) -> float | None:
        """How much of the newest records a power cut may cost, in s (MODELSEARCH_SYNC_S); None = it is not asked for.

        kill -9 loses nothing either way.
        """
        try:
            seconds = float(self.environ.get("MODELSEARCH_SYNC_S", ""))
        except ValueError:
            return None
        return seconds if 0 < seconds < float("inf") else None

    @property
    def database_url(self) -> str | None:
        """PostgreSQL that several workers share (MODELSEARCH_DATABASE_URL); None = one machine, files. It may hold a
        password: never shown.
        """
        return self.environ.get("MODELSEARCH_DATABASE_URL") or None

    @property
    def is_night_shared(self) -> bool:
        """Whether workers carry out one night together: on a database they do, else with MODELSEARCH_SHARE_NIGHTS=1."""
        return self.database_url is not None or self.environ.get("MODELSEARCH_SHARE_NIGHTS", "") in {"1", "true", "yes"}

    @property
    def lease_s(self) -> float:
        """After so many seconds without a word a worker counts as dead (MODELSEARCH_LEASE_S), 1 to 3600."""
        try:
            return min(3600.0, max(1.0, float(self.environ.get("MODELSEARCH_LEASE_S", "30"))))
        except ValueError:
            return 30.0

    @property
    def storage(self) -> str | None:
        """Where runs, nights and the catalogue are published (MODELSEARCH_STORAGE=s3://bucket/x); None = nowhere."""
        return self.environ.get("MODELSEARCH_STORAGE") or None

    @property
    def publish_s(self) -> float:
        """Seconds between two publications of an open run (MODELSEARCH_PUBLISH_S), 1 to 3600."""
        try:
            return min(3600.0, max(1.0, float(self.environ.get("MODELSEARCH_PUBLISH_S", "30"))))
        except ValueError:
            return 30.0

    @property
    def is_log_json(self) -> bool:
        """Whether what happens is logged as JSON lines on standard error (MODELSEARCH_LOG=json)."""
        return self.environ.get("MODELSEARCH_LOG", "").lower() == "json"

    @property
    def log_level(self) -> str:
        """The least that is logged (MODELSEARCH_LOG_LEVEL): debug = each call and outcome, info, warning."""
        level = self.environ.get("MODELSEARCH_LOG_LEVEL", "").lower()
        return level if level in {"debug", "info", "warning", "error"} else "info"

    @property
    def collector(self) -> str | None:
        """OpenTelemetry collector (MODELSEARCH_OTEL): its base URL; "" = as the standard OTEL_* variables say (1).

        None = nothing is sent.
        """
        told = self.environ.get("MODELSEARCH_OTEL", "").strip()
        if not told or told.lower() in {"0", "false", "no", "off"}:
            return None
        return told if "://" in told else ""

    @property
    def traced_share(self) -> float:
        """Share of calls that are sent as spans (MODELSEARCH_OTEL_CALLS), in [0, 1]; failed ones all are."""
        try:
            return min(1.0, max(0.0, float(self.environ.get("MODELSEARCH_OTEL_CALLS", "0.1"))))
        except ValueError:
            return 0.1

    @property
    def observed(self) -> Path:
        """What runs and syncs have come to in numbers, kept for the Prometheus page."""
        return self.home / "observed"

    def key(self, variable: str) -> str | None:
        """The value of a key's environment variable; None where it is unset or empty."""
        return self.environ.get(variable) or None


def read_settings(environ: Mapping[str, str] | None = None, *, project: Path | None = None) -> Settings:
    """Settings from the environment (by default the process's own) and the project folder (the current one)."""
    env = dict(os.environ if environ is None else environ)
    root = project or Path.cwd()
    home = Path(env.get("MODELSEARCH_HOME") or root / ".modelsearch")
    catalogs = env.get("MODELSEARCH_CATALOGS")
    return Settings(home=home, catalogs=Path(catalogs) if catalogs else _own_catalogs(), environ=env)


def _web_url(told: str) -> str:
    """An address that a browser may be sent to; "" for any other text."""
    url = told.strip().rstrip("/")
    is_plain = url.startswith(("http://", "https://")) and not set(url) & set(" <>\"'()[]\\`")
    return url if is_plain and url.isprintable() else ""


def _own_catalogs() -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    inside = _PACKAGE / "_catalogs"
    return inside if inside.is_dir() else _PACKAGE.parent / "catalogs"
