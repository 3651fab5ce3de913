"""Jobs of an account in their order; those of an endpoint that is set aside are kept back until its pause is over."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from modelsearch.core.ids import EndpointId
from modelsearch.core.ports import Clock
from modelsearch.evaluate.known import Job

MAX_PAUSES = 3
"""Pauses of an endpoint that are waited out in a round, and in all rounds together in which it stays silent."""
MAX_PAUSES_OF_STRANGERS = 1
"""The same of one that has not answered yet in this life of the run: it may be misconfigured, not down."""
NAP_S = 1.0
"""Whoever waits looks up this often whether the search has stopped."""


@dataclass(kw_only=True)
class Patience:
    """How long endpoints that are down are waited for."""

    clock: Clock
    _until_s: dict[EndpointId, float] = field(default_factory=dict)
    _n_pauses: Counter[EndpointId] = field(default_factory=Counter)
    _heard: set[EndpointId] = field(default_factory=set)
    _known: set[EndpointId] = field(default_factory=set)

    def left_s(self, endpoint_id: EndpointId) -> float:
        """How long the endpoint is not to be asked yet, in s; <= 0 = it may be."""
        return self._until_s.get(endpoint_id, 0.0) - self.clock.now_s()

    def wait_for(self, endpoint_id: EndpointId, wait_s: float) -> bool:
        """Set the endpoint aside for `wait_s`; False where it was waited for too often already.

        Calls that were in flight when a pause began may make it longer; it is the same pause.
        """
        until_s = self.clock.now_s() + wait_s
        if self.left_s(endpoint_id) > 0:
            self._until_s[endpoint_id] = max(self._until_s[endpoint_id], until_s)
            return True
        if self._n_pauses[endpoint_id] >= (MAX_PAUSES if endpoint_id in self._known else MAX_PAUSES_OF_STRANGERS):
            return False
        self._n_pauses[endpoint_id] += 1
        self._until_s[endpoint_id] = until_s
        return True

    def hear(self, endpoint_id: EndpointId) -> None:
        """The endpoint has answered."""
        self._heard.add(endpoint_id)
        self._known.add(endpoint_id)

    def close(self) -> None:
        """End the round: who answered in it is waited for again in the next."""
        for endpoint_id in self._heard:
            del self._n_pauses[endpoint_id]
        self._heard.clear()


class JobQueue:
    """What several workers of an account still have to buy."""

    def __init__(self, jobs: Iterable[Job], patience: Patience) -> None:
        self._ready = deque(jobs)
        self._aside: dict[EndpointId, list[Job]] = {}
        self._patience = patience

    def __len__(self) -> int:
        return len(self._ready) + sum(map(len, self._aside.values()))

    def put_back(self, job: Job) -> None:
        """Ask it again, after the others."""
        self._ready.append(job)

    async def take(self, is_stopped: Callable[[], bool]) -> Job | None:
        """The next job that may be asked, waited for where all are set aside; None = no more, or stopped."""
        while not is_stopped():
            if (job := self._next()) is not None:
                return job
            if not self._aside:
                return None
            left_s = min(map(self._patience.left_s, self._aside))
            await self._patience.clock.sleep(min(NAP_S, max(0.0, left_s)))
        return None

    def _next(self) -> Job | None:
        for endpoint_id in [name for name in self._aside if self._patience.left_s(name) <= 0]:
            self._ready.extend(self._aside.pop(endpoint_id))
        while self._ready:
            job = self._ready.popleft()
            if self._patience.left_s(job.single.endpoint_id) <= 0:
                return job
            self._aside.setdefault(job.single.endpoint_id, []).append(job)
        return None
