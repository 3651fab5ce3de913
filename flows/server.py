"""`modelsearch server`: a Prefect server to be left alone: PostgreSQL, a password, CSRF, narrow CORS, retention."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flows.json_option import tell_json
from flows.orphans import end_orphans
from flows.own_postgres import Cluster, own_postgres
from flows.prefect_child import HOST, ServerPlan, child_server
from flows.prefect_env import prepare
from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.settings import Settings, read_settings

DATABASE = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
AUTH = "PREFECT_SERVER_API_AUTH_STRING"
ENCRYPTION_KEY = "PREFECT_SERVER_ENCRYPTION_KEY"
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The options of the command.

    Attributes:
        host, port: where it listens; TLS and other machines are the proxy's business.
        public_url: how browsers reach it, such as https://example.org/prefect; "" = directly.
        postgres_port: of the project's own PostgreSQL, where the environment names no database.
        retention_days: how long ended runs are kept; their events a third of that.
        is_json: whether a document on stdout says where it is.
    """

    host: str = HOST
    port: int = 4200
    public_url: str = ""
    postgres_port: int = 5442
    retention_days: int = 90
    is_json: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be served otherwise than meant."""
        url = urlsplit(self.public_url)
        if self.public_url and (url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment):
            message = f"server --public-url: expected one like https://example.org/prefect, got {self.public_url!r}"
            raise OptionError(message)

    @property
    def base_path(self) -> str:
        """Under which the proxy passes it on, unchanged; "" = the root."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def origin(self) -> str:
        """Of its pages."""
        url = urlsplit(self.public_url or f"http://{self.host}:{self.port}")
        return f"{url.scheme}://{url.netloc}"


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What the server must know and nobody else may."""

    database_url: str
    auth: str
    encryption_key: str

    def __repr__(self) -> str:
        """Nothing."""
        return "Secrets(...)"


def run_server(options: ServerOptions) -> None:
    """Serve until stopped.

    Raises:
        InputError: an option cannot be used, or there is no PostgreSQL.
    """
    settings = read_settings()
    prepare(settings.prefect_home)
    end_orphans(os.environ.get("PREFECT_HOME", ""))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started is ended
    with contextlib.suppress(KeyboardInterrupt), running_server(options, settings, os.environ) as process:
        sys.stderr.write(f"{_told(options, settings)}\n")
        if options.is_json:
            tell_json({"url": f"{options.origin}{options.base_path}", "api_url": _api_url(options)})
        code = process.wait()
        message = f"server: Prefect ended (exit code {code}): see server.log in {settings.prefect_home}"
        raise ModelsearchError(message)


@contextlib.contextmanager
def running_server(
    options: ServerOptions, settings: Settings, environ: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """The server, with its database, as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        kept = Secrets(
            database_url=stack.enter_context(_database(options, settings, environ)),
            auth=environ.get(AUTH) or kept_secret(auth_file(settings), f"admin:{secrets.token_urlsafe(24)}"),
            encryption_key=environ.get(ENCRYPTION_KEY) or kept_secret(_key_file(settings), _new_key()),
        )
        of_server = server_environ(environ, options, kept, ui_files=settings.prefect_home / "ui")
        plan = ServerPlan(
            host=options.host, port=options.port, environ=of_server, log=settings.prefect_home / "server.log",
            api_path=f"{options.base_path}/api",
        )  # fmt: skip
        yield stack.enter_context(child_server(plan))


def server_environ(
    environ: Mapping[str, str], options: ServerOptions, kept: Secrets, *, ui_files: Path
) -> dict[str, str]:
    """The environment of the server; what is set there already stays, but for what the options say.

    Args:
        environ: to begin with.
        options: of the command.
        kept: its secrets.
        ui_files: folder for the UI's files; Prefect writes the base path into them, by default inside its package,
            where two servers with different paths would undo each other.
    """
    base, days = options.base_path, options.retention_days
    hardened = {
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": options.origin,
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(days * _DAY_S),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{max(1, days // 3)}D",  # seconds are refused here
    }
    asked = {
        AUTH: kept.auth,
        ENCRYPTION_KEY: kept.encryption_key,
        DATABASE[0]: kept.database_url,
        "PREFECT_UI_URL": f"{options.origin}{base}",
        "PREFECT_SERVER_UI_API_URL": f"{base}/api",
        "PREFECT_SERVER_API_BASE_PATH": f"{base}/api",
    }
    if base:
        asked |= {"PREFECT_SERVER_UI_SERVE_BASE": base, "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(ui_files)}
    left = {name: value for name, value in environ.items() if name not in {*DATABASE, "PREFECT_API_URL"}}
    return {**hardened, **left, **asked}


def auth_file(settings: Settings) -> Path:
    """Holds `user:password` that was made at the first start."""
    return settings.home / "server" / "auth"


def _key_file(settings: Settings) -> Path:
    """Holds the key to the blocks; apart from the database, so that a dump of that alone opens none."""
    return settings.home / "server" / "encryption-key"


def kept_secret(path: Path, new: str) -> str:
    """A secret of a file that only its owner reads; made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new)
    return path.read_text(encoding="ascii").strip()


def _new_key() -> str:
    """As Fernet takes it: 32 bytes."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


@contextlib.contextmanager
def _database(options: ServerOptions, settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of the database that the environment names, or of our own PostgreSQL."""
    given = next((environ[name] for name in DATABASE if environ.get(name)), None)
    if given is not None:
        yield given
        return
    with own_postgres(Cluster(folder=settings.home.resolve() / "postgres", port=options.postgres_port)) as url:
        yield url.replace("postgresql://", "postgresql+asyncpg://", 1)


def _api_url(options: ServerOptions) -> str:
    return f"http://{HOST}:{options.port}{options.base_path}/api"


def _told(options: ServerOptions, settings: Settings) -> str:
    return (
        f"Prefect: {options.origin}{options.base_path}\n"
        f"clients and workers: PREFECT_API_URL={_api_url(options)} "
        f'PREFECT_API_AUTH_STRING="$(cat {auth_file(settings)})"\nstop with Ctrl-C'
    )
