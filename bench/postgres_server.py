"""A PostgreSQL of our own on loopback for benches and tests, from Debian's package; gone with the block."""

import contextlib
import os
import pwd
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.prefect_server import free_port

BINS = Path("/usr/lib/postgresql")
USER = "nobody"
"""PostgreSQL refuses to run as root, so root hands it to this account."""
READY_S = 60.0


def postgres_bins() -> Path | None:
    """The folder of the newest installed server's programs; None = none is installed."""
    return max(BINS.glob("*/bin"), default=None)


@contextlib.contextmanager
def postgres_server(folder: Path, options: Sequence[str] = ("fsync=off",)) -> Iterator[str]:
    """Start a server on a free port and wait until it answers; its URL, without a password.

    Args:
        folder: data and log are written there; it and those above are made readable where we are root.
        options: settings of the server, as `name=value`.

    Raises:
        RuntimeError: none is installed, or it did not answer in time.
    """
    bins = postgres_bins()
    if bins is None:
        raise RuntimeError(f"bench: no PostgreSQL in {BINS}: apt-get install postgresql")
    as_user, data, port = _handed_over(folder), folder / "data", free_port()
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    initdb = [str(bins / "initdb"), "-D", str(data), "-U", "modelsearch", "--auth", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, env=plain, cwd="/", **as_user)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            server_command(data, port, options), stdout=log, stderr=log, env=plain, cwd="/", **as_user
        )
    try:
        _await_ready(bins, port, folder / "log")
        yield f"postgresql://modelsearch@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(30)


def server_command(data: Path, port: int, options: Sequence[str]) -> list[str]:
    """How the server is started on a data folder."""
    settings = [part for option in options for part in ("-c", option)]
    return [
        str((postgres_bins() or BINS) / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1",
        "-k", str(data), *settings,
    ]  # fmt: skip


def _handed_over(folder: Path) -> dict[str, Any]:
    """The data folder, made; and who is to run the server."""
    data = folder / "data"
    data.mkdir(parents=True)
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(USER)
    for each in (data, *data.parents):
        if each.stat().st_uid == 0 and each.stat().st_mode & 0o055 != 0o055 and each != Path("/"):
            each.chmod(0o755)
    os.chown(data, account.pw_uid, account.pw_gid)
    return {"user": USER, "group": account.pw_gid, "extra_groups": []}


def _await_ready(bins: Path, port: int, log: Path) -> None:
    until_s = time.monotonic() + READY_S
    asked = [str(bins / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(asked, check=False, capture_output=True).returncode != 0:
        if time.monotonic() > until_s:
            raise RuntimeError(f"bench: PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)
