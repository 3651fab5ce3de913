"""Paid replies that several workers share, in PostgreSQL; a `core.ports.SharedReplies`.

Before a reply is bought its turn is taken; who wants the same one meanwhile waits for it. What the calls of a moment
need goes to the server together, in two statements from a thread, so that a call waits about as long as one statement
takes and costs a part of one. Order is what makes it safe: a reply is written before its turn ends, and whoever gets a
turn looks for the reply afterwards.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Lock
from typing import Any

from modelsearch.core.errors import ModelsearchError
from modelsearch.core.wire import RawReply
from modelsearch.store.pg import Database
from modelsearch.store.pg_workers import PgWorker
from modelsearch.store.replies import key_bytes, reply_of, row_of

_LOG = logging.getLogger(__name__)
LOOK_S = 0.1
"""Who waits for another's reply looks so often."""
N_AT_HAND = 4096
"""Replies that this process has just put or found, which need no message to the server."""
MAX_WAIT_S = 900.0
"""Longer than a call with all its repeats: who has waited so long buys it himself."""
_COLUMNS = "http_status, body, headers, latency_s"
_GET = f"SELECT {_COLUMNS} FROM modelsearch.replies WHERE scope = %s AND key = %s"  # noqa: S608 - no values
_GET_ALL = f"SELECT key, {_COLUMNS} FROM modelsearch.replies WHERE scope = %s AND key = ANY(%s)"  # noqa: S608
_PUT = """
INSERT INTO modelsearch.replies (scope, key, http_status, body, headers, latency_s)
SELECT %s, * FROM unnest(%s::bytea[], %s::integer[], %s::bytea[], %s::text[], %s::float8[])
ON CONFLICT (scope, key) DO NOTHING
"""
_END = "DELETE FROM modelsearch.turns WHERE scope = %s AND key = ANY(%s) AND token = %s"
_TAKE = """
INSERT INTO modelsearch.turns AS t (scope, key, owner, token)
SELECT %(scope)s, k, %(owner)s, %(token)s FROM unnest(%(keys)s::bytea[]) AS k
WHERE NOT EXISTS (SELECT FROM modelsearch.replies AS r WHERE r.scope = %(scope)s AND r.key = k)
ON CONFLICT (scope, key) DO UPDATE SET owner = EXCLUDED.owner, token = EXCLUDED.token
WHERE t.token = EXCLUDED.token OR t.key = ANY(%(late)s::bytea[]) OR NOT modelsearch.is_alive(t.owner)
RETURNING key
"""


@dataclass(slots=True)
class _Ask:
    """One key that calls of this process want; all of them wait for `found`: a reply, or None for the turn."""

    name: bytes
    since_s: float
    found: "asyncio.Future[RawReply | None]"


@dataclass(slots=True)
class _Work:
    """What goes to the server next."""

    asks: dict[bytes, _Ask] = field(default_factory=dict)
    puts: dict[bytes, RawReply] = field(default_factory=dict)
    ends: set[bytes] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.asks or self.puts or self.ends)


class PgReplies:
    """Replies of all workers. Made for one event loop; what is put is at the server within milliseconds."""

    def __init__(
        self, database: Database, worker: PgWorker, *, scope: str = "", max_wait_s: float = MAX_WAIT_S
    ) -> None:
        """A view of the store.

        Args:
            database: with its tables.
            worker: whose turns these are.
            scope: keeps replies apart that are no answers of real models; "" = real ones.
            max_wait_s: for another's reply; then it is bought here as well.
        """
        self._database, self._worker, self._scope = database, worker, scope
        self._max_wait_s = max_wait_s
        self._token = token_hex(8)
        self._next = _Work()
        self._under_way = _Work()
        self._one_at_a_time = Lock()
        self._at_hand: dict[bytes, RawReply] = {}
        self._turns: dict[bytes, asyncio.Event] = {}
        self._going: asyncio.Task[None] | None = None

    def get(self, key: str) -> RawReply | None:
        """The stored reply of a key (64 hex digits); one message to the server where it is not at hand."""
        name = key_bytes(key)
        for work in (self._next, self._under_way):
            if name in work.puts:
                return work.puts[name]
        if name not in self._at_hand:
            rows = self._database.ask(_GET, (self._scope, name))
            if not rows:
                return None
            self._keep_at_hand(name, reply_of(_plain(rows[0])))
        return self._at_hand[name]

    def put(self, key: str, raw: RawReply) -> None:
        """Keep a reply; the first one stays. Ends our turn at it."""
        name = key_bytes(key)
        self._next.puts.setdefault(name, raw)
        if name in self._turns:
            self._keep_at_hand(name, raw)
            self._end(name)
        self._go()

    async def wanted(self, key: str) -> RawReply | None:
        """The reply; None = it is our turn to buy it.

        Raises:
            DatabaseDownError: nobody can say whose turn it is.
        """
        name = key_bytes(key)
        while (turn := self._turns.get(name)) is not None:  # another call of this very process buys it
            await turn.wait()
        if name in self._next.puts or name in self._at_hand:
            return self._next.puts.get(name) or self._at_hand[name]
        loop = asyncio.get_running_loop()
        turn = self._turns[name] = asyncio.Event()
        found: RawReply | None = None
        try:
            found = await self._asked(_Ask(name, loop.time(), loop.create_future()))
        except BaseException:
            self.dropped(key)
            raise
        if found is not None:
            self._end(name)
            self._keep_at_hand(name, found)
        return found

    def dropped(self, key: str) -> None:
        """End our turn, of which no reply came."""
        name = key_bytes(key)
        if name in self._turns:
            self._end(name)
            self._next.ends.add(name)
            self._go()

    def flush(self) -> None:
        """Write what was put so far, and end the turns; what a thread is about to write is written here as well."""
        late, self._next = self._next, _Work(asks=self._next.asks)
        puts, ends = {**self._under_way.puts, **late.puts}, self._under_way.ends | late.ends
        self._exchange(_Work(puts=puts, ends=ends))

    def close(self) -> None:
        """Flush; turns that are still ours can be taken by others at once."""
        for name in list(self._turns):
            self._end(name)
            self._next.ends.add(name)
        self.flush()

    def _keep_at_hand(self, name: bytes, raw: RawReply) -> None:
        """Replies at the server never change; of too many the oldest go."""
        self._at_hand[name] = raw
        while len(self._at_hand) > N_AT_HAND:
            del self._at_hand[next(iter(self._at_hand))]

    def _end(self, name: bytes) -> None:
        turn = self._turns.pop(name, None)
        if turn is not None:
            turn.set()

    async def _asked(self, ask: _Ask) -> RawReply | None:
        self._next.asks[ask.name] = ask
        self._go()
        return await ask.found

    def _go(self) -> None:
        """See that somebody carries what is to be done to the server; without an event loop at once."""
        if self._going is not None and not self._going.done():
            return
        try:
            self._going = asyncio.get_running_loop().create_task(self._carry())
        except RuntimeError:
            self.flush()

    async def _carry(self) -> None:
        """Group after group, until nothing is left; what came while one was under way is the next."""
        loop = asyncio.get_running_loop()
        while self._next:
            work = self._under_way = self._next
            self._next = _Work()
            late = [name for name, ask in work.asks.items() if loop.time() - ask.since_s > self._max_wait_s]
            try:
                mine, replies = await asyncio.to_thread(self._exchange, work, late)
            except ModelsearchError as error:
                self._failed(work, error)
                return
            self._under_way = _Work()
            waiting = [ask for ask in work.asks.values() if not self._answered(ask, mine, replies)]
            if waiting:
                loop.call_later(LOOK_S, self._ask_again, waiting)

    def _answered(self, ask: _Ask, mine: set[bytes], replies: dict[bytes, RawReply]) -> bool:
        """Tell who asked; False where another is still buying. A turn that is not needed is given up."""
        name = ask.name
        if name in mine and (name in replies or ask.found.done()):
            self._next.ends.add(name)
        if ask.found.done():
            return True
        if name in mine or name in replies:
            ask.found.set_result(replies.get(name))
            return True
        return False

    def _ask_again(self, waiting: list[_Ask]) -> None:
        for ask in waiting:
            if not ask.found.done():
                self._next.asks[ask.name] = ask
        self._go()

    def _failed(self, work: _Work, error: ModelsearchError) -> None:
        """Who asks is told; what was to be written goes with the next, and is in the journal besides."""
        for ask in [*work.asks.values(), *self._next.asks.values()]:
            if not ask.found.done():
                ask.found.set_exception(error)
        self._under_way = _Work()
        self._next = _Work(puts={**work.puts, **self._next.puts}, ends=work.ends | self._next.ends)
        if work.puts:
            _LOG.warning("%d replies are not in the shared store yet: %s", len(work.puts), error)

    def _exchange(self, work: _Work, late: Iterable[bytes] = ()) -> tuple[set[bytes], dict[bytes, RawReply]]:
        """Write replies, end turns, then take turns and look for replies; in that order, each at once for all."""
        with self._one_at_a_time:
            self._write(work)
            return self._found(sorted(work.asks), list(late)) if work.asks else (set(), {})

    def _write(self, work: _Work) -> None:
        if work.puts:
            rows = [row_of(name, raw) for name, raw in sorted(work.puts.items())]
            self._database.ask(_PUT, (self._scope, *(list(column) for column in zip(*rows, strict=True))))
        ended = sorted({*work.puts, *work.ends})
        if ended:
            self._database.ask(_END, (self._scope, ended, self._token))

    def _found(self, keys: list[bytes], late: list[bytes]) -> tuple[set[bytes], dict[bytes, RawReply]]:
        """The turns that are ours now, and the replies that are there."""
        values = {"scope": self._scope, "owner": self._worker.id, "token": self._token, "keys": keys, "late": late}
        mine = {bytes(row[0]) for row in self._database.ask(_TAKE, values)}
        found = self._database.ask(_GET_ALL, (self._scope, keys))
        return mine, {bytes(row[0]): reply_of(_plain(row[1:])) for row in found}


def _plain(row: tuple[Any, ...]) -> tuple[int, bytes, str, float]:
    http_status, body, headers, latency_s = row
    return int(http_status), bytes(body), str(headers), float(latency_s)
