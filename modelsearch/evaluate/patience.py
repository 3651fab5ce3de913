"""Who is set aside, for how long, and whether the round waits: a circuit breaker with a single call as its probe.

An endpoint that is down is set aside for as long as its pause lasts; then one job of it is tried, and the others
follow once it has answered. A round waits for it only where nothing else is to be had: where nobody else has answered
in it, or where it is the baseline's, without which there is nothing to compare. Else the round closes without it, its
jobs stay open, and are asked again as soon as it is back.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from modelsearch.core.ids import EndpointId
from modelsearch.core.ports import Clock

MAX_PAUSES = 3
"""Pauses of an endpoint that are waited out in a round, and in all rounds together in which it stays silent."""
MAX_PAUSES_OF_STRANGERS = 1
"""The same of one that has not answered yet in this life of the run: it may be misconfigured, not down."""


class Busy(Protocol):
    """Something that may still bring answers."""

    @property
    def is_busy(self) -> bool:
        """Whether it has work that is not set aside."""
        ...


@dataclass(kw_only=True)
class Patience:
    """How long endpoints that are down are waited for.

    Attributes:
        needed: endpoints without which a search makes no sense.
    """

    clock: Clock
    needed: set[EndpointId] = field(default_factory=set)
    _until_s: dict[EndpointId, float] = field(default_factory=dict)
    _reasons: dict[EndpointId, str] = field(default_factory=dict)
    _on_trial: set[EndpointId] = field(default_factory=set)
    _waited_for: set[EndpointId] = field(default_factory=set)
    _n_pauses: Counter[EndpointId] = field(default_factory=Counter)
    _heard: set[EndpointId] = field(default_factory=set)
    _known: set[EndpointId] = field(default_factory=set)
    _queues: list[Busy] = field(default_factory=list)

    def watch(self, queue: Busy) -> None:
        """Note a queue of the round: while one has work, nobody is waited for in vain."""
        self._queues.append(queue)

    @property
    def is_calm(self) -> bool:
        """Whether nobody was ever set aside."""
        return not self._until_s

    def left_s(self, endpoint_id: EndpointId) -> float:
        """How long the endpoint is not to be asked yet, in s; <= 0 = it may be."""
        until_s = self._until_s.get(endpoint_id)
        return 0.0 if until_s is None else until_s - self.clock.now_s()

    def is_on_trial(self, endpoint_id: EndpointId) -> bool:
        """Whether it was set aside and has not answered since: then one call at a time is enough."""
        return endpoint_id in self._on_trial

    def set_aside(self, endpoint_id: EndpointId, wait_s: float, reason: str) -> None:
        """Do not ask the endpoint for `wait_s`.

        Calls that were in flight when a pause began may make it longer; it is the same pause.
        """
        until_s = self.clock.now_s() + wait_s
        if self.left_s(endpoint_id) > 0:
            until_s = max(self._until_s[endpoint_id], until_s)
        else:
            self._waited_for.discard(endpoint_id)
        self._until_s[endpoint_id] = until_s
        self._reasons[endpoint_id] = reason
        self._on_trial.add(endpoint_id)

    def reason(self, endpoint_id: EndpointId) -> str:
        """Why it was set aside last."""
        return self._reasons.get(endpoint_id, "")

    def is_worth_it(self, endpoint_id: EndpointId) -> bool:
        """Whether to wait on for an endpoint that is set aside; each pause counts once."""
        if any(queue.is_busy for queue in self._queues):
            return True
        if self.has_company(endpoint_id):
            return False
        if endpoint_id in self._waited_for:
            return True
        if self._n_pauses[endpoint_id] >= (MAX_PAUSES if endpoint_id in self._known else MAX_PAUSES_OF_STRANGERS):
            return False
        self._n_pauses[endpoint_id] += 1
        self._waited_for.add(endpoint_id)
        return True

    def has_company(self, endpoint_id: EndpointId) -> bool:
        """Whether the round can do without an endpoint: others, not set aside now, have answered in it."""
        if endpoint_id in self.needed:
            return False
        return any(other != endpoint_id and self.left_s(other) <= 0 for other in self._heard)

    def hear(self, endpoint_id: EndpointId) -> None:
        """The endpoint has answered."""
        self._heard.add(endpoint_id)
        self._known.add(endpoint_id)
        if self._on_trial:
            self._on_trial.discard(endpoint_id)

    def close(self) -> None:
        """End the round: who answered in it is waited for again in the next."""
        for endpoint_id in self._heard:
            del self._n_pauses[endpoint_id]
        self._heard.clear()
        self._queues.clear()

    def shortest_s(self, endpoint_ids: Iterable[EndpointId]) -> float:
        """The shortest time until one of them may be asked, >= 0."""
        return max(0.0, min(map(self.left_s, endpoint_ids)))
