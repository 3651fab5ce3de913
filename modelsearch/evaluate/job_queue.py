"""Jobs of an account, shared fairly among its endpoints: the one with the fewest under way goes first.

So a slow or throttled model holds its share of the workers and no more: what it does not need the others have. How
many calls of an endpoint are of use at once the client says, by what the provider has been found to take; more would
only set money aside. Jobs of one endpoint go in their order; endpoints that are as busy in the order of their first
jobs.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush, heapreplace
from typing import NamedTuple, Protocol, runtime_checkable

from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.ports import Client
from modelsearch.evaluate.known import Job
from modelsearch.evaluate.patience import Patience

NAP_S = 0.25
"""Whoever waits for the end of a pause looks up this often whether the search has stopped, or the others are done."""
Room = Callable[[EndpointId], int]


@runtime_checkable
class Roomy(Protocol):
    """A client that knows how many calls of an endpoint are of use at once."""

    def room(self, endpoint: Endpoint) -> int:
        """At least 1."""
        ...


class GivenUp(NamedTuple):
    """A job that the round closes without.

    `is_counted`: it was waited for, as long as patience lasts; else the round had others to ask.
    """

    job: Job
    reason: str
    is_counted: bool


def room_of(client: Client, market: Market) -> Room:
    """What the client knows of room; of one that knows nothing the account's own limit."""
    if isinstance(client, Roomy):
        roomy: Roomy = client
        return lambda endpoint_id: roomy.room(market.endpoints[endpoint_id])
    return lambda endpoint_id: market.providers[market.endpoints[endpoint_id].provider_id].max_concurrency


def account_queues(jobs: Iterable[Job], patience: Patience, room: Room, market: Market) -> "list[JobQueue]":
    """A queue for each account, with as many workers as it may have calls in flight."""
    by_account: dict[ProviderId, list[Job]] = {}
    for job in jobs:
        by_account.setdefault(market.endpoints[job.single.endpoint_id].provider_id, []).append(job)
    queues = []
    for account, own in by_account.items():
        queues.append(JobQueue(own, patience, room, n_workers=market.providers[account].max_concurrency))
    return queues


class JobQueue:
    """What several workers of an account still have to buy: `take` a job, then always say that it is `done`.

    Attributes:
        n_workers: of use, at most.
        given_up: jobs of endpoints that the round does not wait for.
    """

    def __init__(self, jobs: Iterable[Job], patience: Patience, room: Room, *, n_workers: int) -> None:
        self._patience = patience
        self._room = room
        self._ready: dict[EndpointId, deque[Job]] = {}
        self._aside: dict[EndpointId, None] = {}
        self._heap: list[tuple[int, int, EndpointId]] = []
        self._parked: deque[asyncio.Future[None]] = deque()
        self._is_napping = False
        self.given_up: list[GivenUp] = []
        for job in jobs:
            self._ready.setdefault(job.single.endpoint_id, deque()).append(job)
        self._order = {endpoint_id: number for number, endpoint_id in enumerate(self._ready)}
        self._most_entries = 64 + 4 * len(self._order)
        self._n_under_way = dict.fromkeys(self._ready, 0)
        for endpoint_id in self._ready:
            self._push(endpoint_id)
        self.n_workers = min(len(self), n_workers)
        patience.watch(self)

    def __len__(self) -> int:
        return sum(map(len, self._ready.values()))

    @property
    def is_busy(self) -> bool:
        """Whether a job is under way, or could be."""
        return any(self._n_under_way.values()) or any(
            jobs and self._patience.left_s(endpoint_id) <= 0 for endpoint_id, jobs in self._ready.items()
        )

    def put_back(self, job: Job) -> None:
        """Ask it again, after the others of its endpoint."""
        self._ready[job.single.endpoint_id].append(job)
        self._push(job.single.endpoint_id)

    def done(self, job: Job) -> None:
        """A job that was taken has come to its end, whichever it was."""
        endpoint_id = job.single.endpoint_id
        n_under_way = self._n_under_way[endpoint_id] = self._n_under_way[endpoint_id] - 1
        if self._ready[endpoint_id]:
            heappush(self._heap, (n_under_way, self._order[endpoint_id], endpoint_id))
            if len(self._heap) > self._most_entries:
                self._forget_old_entries()
        if self._parked:
            self._wake()

    async def take(self, is_stopped: Callable[[], bool]) -> Job | None:
        """The next job that may be asked, waited for where all are set aside; None = no more, or stopped."""
        while not is_stopped():
            if (job := self._next()) is not None:
                if self._parked:  # where one found work another may
                    self._wake()
                return job
            if not await self._waited():
                break
        while self._parked:
            self._wake()
        return None

    async def _waited(self) -> bool:
        """Wait until there may be a job; False where none will come."""
        if self._aside and not self._is_napping:
            self._give_up()
            if self._aside:
                await self._nap()
            return True
        if not any(self._ready.values()):
            return False
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._parked.append(place)
        await place
        return True

    async def _nap(self) -> None:
        self._is_napping = True
        try:
            await self._patience.clock.sleep(min(NAP_S, self._patience.shortest_s(self._aside)))
        finally:
            self._is_napping = False

    def _give_up(self) -> None:
        """Leave out of the round whom it does not wait for."""
        for endpoint_id in [name for name in self._aside if not self._patience.is_worth_it(name)]:
            del self._aside[endpoint_id]
            is_counted = not self._patience.has_company(endpoint_id)
            reason, jobs = self._patience.reason(endpoint_id), self._ready[endpoint_id]
            self.given_up += [GivenUp(job, reason, is_counted) for job in jobs]
            jobs.clear()

    def _next(self) -> Job | None:
        if self._aside:
            for endpoint_id in [name for name in self._aside if self._patience.left_s(name) <= 0]:
                del self._aside[endpoint_id]
                self._push(endpoint_id)
        heap, is_calm = self._heap, self._patience.is_calm
        while heap:
            n_under_way, order, endpoint_id = heap[0]
            jobs = self._ready[endpoint_id]
            if not jobs or n_under_way != self._n_under_way[endpoint_id]:  # an entry of earlier
                heappop(heap)
            elif not is_calm and self._patience.left_s(endpoint_id) > 0:
                heappop(heap)
                self._aside[endpoint_id] = None
            elif n_under_way and n_under_way >= self._most(endpoint_id):  # `done` brings it back
                heappop(heap)
            else:
                self._n_under_way[endpoint_id] = n_under_way + 1
                heapreplace(heap, (n_under_way + 1, order, endpoint_id))
                return jobs.popleft()
        return None

    def _most(self, endpoint_id: EndpointId) -> int:
        return 1 if self._patience.is_on_trial(endpoint_id) else self._room(endpoint_id)

    def _push(self, endpoint_id: EndpointId) -> None:
        if self._ready[endpoint_id]:
            heappush(self._heap, (self._n_under_way[endpoint_id], self._order[endpoint_id], endpoint_id))

    def _forget_old_entries(self) -> None:
        """Keep what is true now; who is set aside or has no room comes back with its pause's end, or with `done`."""
        self._heap = sorted({entry for entry in self._heap if entry[0] == self._n_under_way[entry[2]]})

    def _wake(self) -> None:
        place = self._parked.popleft()
        if not place.done():
            place.set_result(None)
