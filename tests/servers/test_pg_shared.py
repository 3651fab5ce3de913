"""Workers on a real PostgreSQL: the contract of all stores that are shared, and what is the database's own."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from bench.postgres_server import postgres_server
from modelsearch.core.errors import DatabaseDownError, OptionError, StoreError
from modelsearch.core.ids import CallId, sha256_hex
from modelsearch.core.wire import RawReply
from modelsearch.settings import read_settings
from modelsearch.store.pg import Database
from modelsearch.store.pg_replies import PgReplies
from modelsearch.store.pg_schema import STEPS, prepare
from modelsearch.store.pg_shared import PgShared, open_pg
from tests.unit.store.shared_contract import BudgetContract, ClaimsContract, LeasesContract
from tests.unit.store.shared_places import LEASE_S, Place, two

__all__ = ["two"]
pytestmark = pytest.mark.servers


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("shared-postgres")) as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """The server with no table of ours."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS modelsearch CASCADE")
    return server


@pytest.fixture
def place(url: str, tmp_path: Path) -> Place:
    environ = {"MODELSEARCH_DATABASE_URL": url, "MODELSEARCH_LEASE_S": str(LEASE_S), "MODELSEARCH_HOME": str(tmp_path)}
    return Place(environ)


@pytest.fixture
def workers(url: str) -> Iterator[tuple[PgShared, PgShared]]:
    with open_pg(url, lease_s=LEASE_S) as one, open_pg(url, lease_s=LEASE_S) as other:
        yield one, other


class TestClaims(ClaimsContract):
    pass


class TestBudget(BudgetContract):
    pass


class TestLeases(LeasesContract):
    pass


def key(number: int = 0) -> str:
    return sha256_hex(["key", number])


def reply(text: str = "b") -> RawReply:
    return RawReply(http_status=200, body=text.encode() + b"\x00\xff", headers={"x-request-id": "r1"}, latency_s=0.25)


class TestReplies:
    """Paid replies that several workers share."""

    async def test_what_one_puts_the_other_gets_and_the_first_stays(self, workers: tuple[PgShared, PgShared]) -> None:
        mine, theirs = (each.replies() for each in workers)
        assert mine.get(key()) is None
        mine.put(key(), reply())
        assert mine.get(key()) == reply()
        mine.flush()
        theirs.put(key(), reply("other"))
        theirs.flush()
        assert theirs.get(key()) == mine.get(key()) == await theirs.wanted(key()) == reply()
        assert workers[0].replies("emulated").get(key()) is None

    def test_a_key_is_a_hash(self, workers: tuple[PgShared, PgShared]) -> None:
        with pytest.raises(StoreError, match="64 hex digits"):
            workers[0].replies().get("x' OR true --")

    async def test_who_wants_what_another_buys_waits_for_its_reply(self, workers: tuple[PgShared, PgShared]) -> None:
        mine, theirs = (each.replies() for each in workers)
        assert await mine.wanted(key()) is None
        waiting = asyncio.create_task(theirs.wanted(key()))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        mine.put(key(), reply())
        assert await asyncio.wait_for(waiting, 10) == reply()

    async def test_a_turn_of_which_nothing_came_is_the_next_ones(self, workers: tuple[PgShared, PgShared]) -> None:
        mine, theirs = (each.replies() for each in workers)
        assert await mine.wanted(key()) is None
        waiting = asyncio.create_task(theirs.wanted(key()))
        again = asyncio.create_task(mine.wanted(key(1)))
        await asyncio.sleep(0.3)
        mine.dropped(key())
        mine.dropped(key(9))
        assert await asyncio.wait_for(waiting, 10) is None
        assert await again is None

    async def test_two_calls_of_one_process_buy_once(self, workers: tuple[PgShared, PgShared]) -> None:
        mine = workers[0].replies()
        assert await mine.wanted(key()) is None
        waiting = asyncio.create_task(mine.wanted(key()))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        mine.put(key(), reply())
        assert await asyncio.wait_for(waiting, 10) == reply()

    async def test_whoever_dies_leaves_the_turn_to_others(self, url: str, workers: tuple[PgShared, PgShared]) -> None:
        with ExitStack() as stack:
            dying = stack.enter_context(open_pg(url, lease_s=LEASE_S))
            assert await dying.replies().wanted(key()) is None
        assert await asyncio.wait_for(workers[0].replies().wanted(key()), 10) is None

    async def test_a_wait_has_an_end(self, workers: tuple[PgShared, PgShared]) -> None:
        one, other = workers
        assert await one.replies().wanted(key()) is None
        hasty = PgReplies(other.database, other.worker, max_wait_s=0.5)
        assert await asyncio.wait_for(hasty.wanted(key()), 10) is None

    async def test_whoever_is_cancelled_while_waiting_keeps_no_turn(self, workers: tuple[PgShared, PgShared]) -> None:
        mine, theirs = (each.replies() for each in workers)
        assert await mine.wanted(key()) is None
        waiting = asyncio.create_task(theirs.wanted(key()))
        await asyncio.sleep(0.3)
        waiting.cancel()
        mine.dropped(key())
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.sleep(0.5)
        assert await asyncio.wait_for(mine.wanted(key()), 10) is None

    async def test_many_at_once_are_each_bought_once(self, workers: tuple[PgShared, PgShared]) -> None:
        bought: list[str] = []

        async def call(store: PgReplies, name: str) -> bytes:
            found = await store.wanted(name)
            if found is None:
                bought.append(name)
                await asyncio.sleep(0.05)
                found = reply(name)
                store.put(name, found)
            return found.body

        stores = [each.replies() for each in workers] * 2
        names = [key(number) for number in range(50)]
        bodies = await asyncio.gather(*(call(store, name) for name in names for store in stores))
        assert sorted(bought) == sorted(names)
        assert bodies == [reply(name).body for name in names for _ in stores]
        for store in stores:
            store.close()

    async def test_close_writes_what_was_put_and_ends_all_turns(self, workers: tuple[PgShared, PgShared]) -> None:
        mine, theirs = (each.replies() for each in workers)
        assert await mine.wanted(key(0)) is None
        assert await mine.wanted(key(1)) is None
        mine.put(key(0), reply())
        mine.close()
        assert theirs.get(key(0)) == reply()
        assert await asyncio.wait_for(theirs.wanted(key(1)), 10) is None


def test_a_worker_that_is_silent_for_too_long_has_lost_its_work_and_its_money_is_unknown(
    workers: tuple[PgShared, PgShared],
) -> None:
    silent, other = workers
    claim = silent.claims().take("n", "job")
    assert claim is not None
    books = silent.ledger("night", Decimal(1))
    books.reserve(CallId("a"), Decimal("0.5"))
    silent.worker._ended.set()
    until_s = time.monotonic() + LEASE_S + 5
    while other.claims().take("n", "job") is None:
        assert time.monotonic() < until_s
        time.sleep(0.1)
    assert other.ledger("night", Decimal(1)).spend().unknown_usd == Decimal("0.5")
    with pytest.raises(StoreError, match="taken it over"):
        silent.claims().done(claim, "late")
    books.settle(CallId("a"), Decimal("0.2"))  # nobody went on with it, and the truth is the truth
    assert books.spend().settled_usd == Decimal("0.2")
    assert books.spend().unknown_usd == 0


def test_ten_processes_may_make_the_tables_at_once(place: Place) -> None:
    children = [place.start("spend", name=f"w{number}", n_calls=2, limit="1") for number in range(4)]
    for child in children:
        printed, _ = child.communicate(timeout=60)
        assert child.returncode == 0, printed


def test_tables_of_a_newer_version_are_refused(url: str) -> None:
    with Database(url) as database:
        prepare(database)
        database.ask("INSERT INTO modelsearch.schema_version (version) VALUES (%s)", (len(STEPS) + 1,))
        with pytest.raises(StoreError, match="a newer modelsearch made them"):
            prepare(database)


def test_texts_are_values_and_never_sql(workers: tuple[PgShared, PgShared]) -> None:
    evil = "x'); DROP SCHEMA modelsearch CASCADE; -- %s {0}"
    claims = workers[0].claims()
    claim = claims.take(evil, evil)
    assert claim is not None
    claims.note(claim, evil)
    claims.done(claim, evil)
    assert claims.result(evil, evil) == evil
    books = workers[0].ledger(evil, Decimal(1))
    assert books.reserve(CallId(evil), Decimal("0.5"))
    books.settle(CallId(evil), Decimal("0.25"))
    assert books.spend().settled_usd == Decimal("0.25")
    assert workers[0].leases().renew(evil, 3, 3).n_slots == 3


@pytest.mark.parametrize(
    "wrong",
    ["mysql://a:SECRET@h/d", "postgresql://u:SECRET@x/y@host:5432/d", "postgresql://u:SE@CRET@host:54x/d", "SECRET"],
)
def test_a_url_that_cannot_be_read_is_refused_without_showing_it(wrong: str) -> None:
    with pytest.raises(OptionError) as told:
        Database(wrong)
    assert not any(piece in str(told.value) for piece in ("SECRET", "CRET", "SE@"))


def test_a_server_that_is_not_there_is_told_without_the_password(server: str) -> None:
    port = server.rsplit(":", 1)[1].split("/", 1)[0]
    assert port.isdecimal()
    with pytest.raises(DatabaseDownError, match=r"MODELSEARCH_DATABASE_URL") as told:
        Database("postgresql://someone:hunter2hunter2@127.0.0.1:1/x", patience_s=1)
    assert "hunter2" not in str(told.value)


def test_connections_that_break_are_made_anew(server: str, workers: tuple[PgShared, PgShared]) -> None:
    books = workers[0].ledger("night", Decimal(1))
    for number in range(3):
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'modelsearch'"
            )
        assert books.reserve(CallId(f"c{number}"), Decimal("0.1"))
    assert books.spend().reserved_usd == Decimal("0.3")


def test_settings_name_the_database_and_never_show_it() -> None:
    settings = read_settings(environ={"MODELSEARCH_DATABASE_URL": "postgresql://u:hunter2@h/d", "HOME": os.sep})
    assert settings.database_url == "postgresql://u:hunter2@h/d"
    assert "hunter2" not in repr(settings)
