"""A PostgreSQL of the project's own on loopback, from the programs that are installed: made once, started, stopped.

For one machine without a database server. It runs as the user who starts it; root, whom PostgreSQL refuses, hands it
to the account of the Debian package.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelsearch.core.errors import ModelsearchError, OptionError

HOST = "127.0.0.1"
ROLE, DATABASE = "prefect", "postgres"
PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps them, by version."""
ACCOUNTS = ("postgres", "nobody")
"""Who runs it for root."""
_START_S = 120
_N_TOLD = 1500


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where it lives.

    Attributes:
        folder: its own; data, log and password are in it.
        is_durable: False = without fsync, for tests.
    """

    folder: Path
    port: int
    is_durable: bool = True

    @property
    def data(self) -> Path:
        """The files of the database."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "log"

    @property
    def password_file(self) -> Path:
        """Of the role; only who runs the database may read it."""
        return self.folder / "password"


def has_postgres() -> bool:
    """Whether its programs are installed."""
    return _programs() is not None


@contextlib.contextmanager
def own_postgres(cluster: Cluster) -> Iterator[str]:
    """The cluster, running; its URL without a driver, such as postgresql://role:password@host:port/database.

    Raises:
        OptionError: no PostgreSQL is installed.
        ModelsearchError: it could not be made or started; the message has its own words.
    """
    if _programs() is None:
        message = (
            "PostgreSQL: its programs were not found: install it (Debian: apt-get install postgresql), or name a "
            "database in PREFECT_API_DATABASE_CONNECTION_URL"
        )
        raise OptionError(message)
    if not cluster.data.is_dir():
        _make(cluster)
    with contextlib.suppress(ModelsearchError):  # one that a kill left; mostly there is none
        _control(cluster, "stop", "-m", "fast")
    fsync = "on" if cluster.is_durable else "off"
    options = f"-p {cluster.port} -h {HOST} -c unix_socket_directories='' -c fsync={fsync} -c max_connections=100"
    _control(cluster, "start", "-l", str(cluster.log), "-o", options, "-t", str(_START_S))
    try:
        password = cluster.password_file.read_text(encoding="ascii").strip()
        yield f"postgresql://{ROLE}:{password}@{HOST}:{cluster.port}/{DATABASE}"
    finally:
        _control(cluster, "stop", "-m", "fast")


def program(name: str) -> Path:
    """One of PostgreSQL's programs, such as pg_dump.

    Raises:
        OptionError: it is not installed.
    """
    folder = _programs()
    if folder is None or not (folder / name).is_file():
        message = f"PostgreSQL: {name} was not found: install postgresql"
        raise OptionError(message)
    return folder / name


def _programs() -> Path | None:
    """The folder of the newest version."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/postgres")]
    if found:
        return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdecimal() else 0)
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def _make(cluster: Cluster) -> None:
    """A new cluster, with a password of its own, that answers on loopback only."""
    cluster.folder.mkdir(parents=True, exist_ok=True)
    cluster.password_file.touch(mode=0o600)
    cluster.password_file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    if os.geteuid() == 0:
        account = _account()
        for path in (cluster.folder, cluster.password_file):
            os.chown(path, account.pw_uid, account.pw_gid)
    more = () if cluster.is_durable else ("--no-sync",)
    asked = ["-U", ROLE, "--auth", "scram-sha-256", "--pwfile", str(cluster.password_file), "-E", "UTF8"]
    _run(cluster, ["initdb", "-D", str(cluster.data), *asked, "--locale", "C.UTF-8", *more])


def _control(cluster: Cluster, what: str, *arguments: str) -> None:
    _run(cluster, ["pg_ctl", "-D", str(cluster.data), "-w", what, *arguments])


def _run(cluster: Cluster, command: Sequence[str]) -> None:
    """Run one of its programs as whom it may run as."""
    started = [str(program(command[0])), *command[1:]]
    with tempfile.TemporaryFile() as said:  # no pipe: the server that `pg_ctl start` leaves would hold it open
        done = subprocess.run(  # noqa: S603 - programs found by us, arguments ours
            started, cwd="/", env=_environ(), stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False,
            **_as_account(),
        )  # fmt: skip
        said.seek(0)
        told = said.read().decode(errors="replace")
    if done.returncode:
        words = " ".join(f"{told} {_logged(cluster)}".split())[:_N_TOLD]
        message = f"PostgreSQL: {command[0]} in {cluster.folder} failed (exit code {done.returncode}): {words}"
        raise ModelsearchError(message)


def _logged(cluster: Cluster) -> str:
    with contextlib.suppress(OSError):
        return cluster.log.read_text(encoding="utf-8", errors="replace")
    return ""


def _as_account() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    account = _account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _account() -> pwd.struct_passwd:
    """Who runs it for root."""
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    message = f"PostgreSQL: does not run as root, and there is no account {' or '.join(ACCOUNTS)}: start as a user"
    raise OptionError(message)


def _environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
