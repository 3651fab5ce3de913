"""The database of a Prefect server, what workers share in PostgreSQL, and published runs: no key is in any of them."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.postgres_server import postgres_bins, postgres_server
from bench.prefect_server import prefect_server

STORAGE = "storage"
NO_POSTGRES = "no PostgreSQL is installed: the server's database was not looked into (apt-get install postgresql)"


@contextmanager
def server_environ(root: Path) -> Iterator[Mapping[str, str]]:
    """What makes a command use a real Prefect server on PostgreSQL, replies in PostgreSQL, and a folder to publish to.

    Args:
        root: databases, the server's home and published runs are made in it; `dumped` reads the database.

    Raises:
        RuntimeError: a server did not start.
    """
    home = root / "server"
    with postgres_server(root / "postgres") as url:
        (root / "postgres-url").write_text(url)
        database = {"PREFECT_API_DATABASE_CONNECTION_URL": url.replace("postgresql:", "postgresql+asyncpg:", 1)}
        with prefect_server(home, database) as server:
            yield {
                "PREFECT_API_URL": server.api_url,
                "MODELSEARCH_DATABASE_URL": url,
                "MODELSEARCH_STORAGE": str(root / STORAGE),
            }


def dumped(root: Path) -> bytes:
    """All tables of the database as text: Prefect's and ours."""
    bins = postgres_bins()
    if bins is None:
        raise RuntimeError(NO_POSTGRES)
    command = [str(bins / "pg_dump"), "--inserts", (root / "postgres-url").read_text()]
    return subprocess.run(command, capture_output=True, check=True).stdout


def server_problems(dump: bytes, root: Path) -> Iterator[str]:
    """A line where there was nothing to look into."""
    if dump.count(b"INSERT INTO public.flow_run ") == 0:
        yield "no flow run is in the server's database: nothing was tested there"
    if not any((root / STORAGE).rglob("*")):
        yield "nothing was published: the object store was not tested"
