"""What several workers on one night share: a PostgreSQL where one is named, else files of this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.errors import OptionError
from modelsearch.core.ports import Claims, Leases, NightBudget, SharedReplies
from modelsearch.settings import Settings
from modelsearch.store.local_budget import LocalBudget
from modelsearch.store.local_claims import LocalClaims
from modelsearch.store.local_leases import LocalLeases
from modelsearch.store.local_workers import LocalWorkers


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One worker's side of what all share; it is alive until its block ends.

    Attributes:
        worker_id: names the worker in claims and in logs.
        claims: whose a piece of work is.
        budget: by its id and limit in USD.
        leases: parts of providers' limits for one search; a new holder at each call.
        replies: paid replies by scope ("" = of real models); None = each machine keeps its own file.
    """

    worker_id: str
    claims: Claims
    budget: Callable[[str, Decimal], NightBudget]
    leases: Callable[[], Leases]
    replies: Callable[[str], SharedReplies] | None = None


@contextmanager
def open_shared(settings: Settings) -> Iterator[Shared]:
    """Be a worker: on MODELSEARCH_DATABASE_URL, or on this machine's files in the home.

    Raises:
        OptionError: the URL cannot be used, or the driver is not installed.
        DatabaseDownError: the server does not answer.
        StoreError: its tables are a newer version's.
    """
    if settings.database_url is not None:
        with _on_postgres(settings, settings.database_url) as shared:
            yield shared
        return
    workers = LocalWorkers(settings.home / "workers")
    try:
        yield Shared(
            worker_id=workers.id,
            claims=LocalClaims(workers),
            budget=lambda name, limit_usd: LocalBudget(workers, name, limit_usd),
            leases=lambda: LocalLeases(workers),
        )
    finally:
        workers.close()


@contextmanager
def _on_postgres(settings: Settings, url: str) -> Iterator[Shared]:
    try:
        from modelsearch.store.pg_shared import open_pg  # noqa: PLC0415 - the driver is an optional extra
    except ImportError as error:
        message = "MODELSEARCH_DATABASE_URL is set, but psycopg is not installed: pip install 'modelsearch[postgres]'"
        raise OptionError(message) from error
    with open_pg(url, lease_s=settings.lease_s) as pg:
        yield Shared(worker_id=pg.worker.id, claims=pg.claims(), budget=pg.ledger, leases=pg.leases, replies=pg.replies)
