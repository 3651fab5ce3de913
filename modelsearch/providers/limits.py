"""How much an account may have under way: calls in flight by model and in all, requests and tokens a minute.

Limits are mostly a model's own, so calls in flight are learnt by model (`aimd`), and so is the pace (`pace`, from the
headers of replies): one throttled model waits by itself, and holds no place of the account while it does. The account
is narrowed only where most answers of a window are rate limits, of several models: then the limit is its own.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from modelsearch.core.ports import Clock
from modelsearch.providers.aimd import Gate
from modelsearch.providers.pace import Pace

Ending = Literal["ok", "rate", "other"]
BURST_S = 5.0
"""A bucket holds what its rate gives in this time: enough to start at once, too little to trip a minute's limit."""

N_IN_TURN = 4
"""Calls that may wait for their turn: enough that none is missed, few enough that their money is not set aside."""


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A token bucket that may go into debt: who takes waits for the debt to be paid, so takers are served in order.

    Attributes:
        per_minute: refill, > 0.
    """

    per_minute: float
    level: float = field(init=False)
    at_s: float | None = None

    def __post_init__(self) -> None:
        self.level = self._capacity

    @property
    def _capacity(self) -> float:
        return max(1.0, self.per_minute * BURST_S / 60.0)

    def take(self, amount: float, now_s: float) -> float:
        """Take `amount` at `now_s`; the seconds to wait before using it."""
        if self.at_s is not None:
            self.level = min(self._capacity, self.level + (now_s - self.at_s) * self.per_minute / 60.0)
        self.at_s = now_s
        self.level -= amount
        return 0.0 if self.level >= 0.0 else -self.level * 60.0 / self.per_minute


class Lane:
    """One model of an account: its gate, its pace, and how many calls rest between two attempts."""

    __slots__ = ("gate", "n_resting", "pace")

    def __init__(self, most: int) -> None:
        self.n_resting = 0
        self.gate = Gate(most)
        self.pace = Pace()


Place: TypeAlias = tuple[Lane, int, int, int]
"""Whose place it is, the windows of model and account it was taken in, and its number among the model's calls."""


class AccountLimits:
    """Admission to one account. `enter` before a request, `leave` after it, always both.

    Args:
        max_concurrency: most calls in flight, >= 1, of a model and in all; it is also where the limits start.
        rpm, tpm: requests and tokens a minute that the catalogue gives the account, or None for no limit.
    """

    def __init__(self, clock: Clock, *, max_concurrency: int, rpm: int | None = None, tpm: int | None = None) -> None:
        self._clock = clock
        self._most = max_concurrency
        self._gate = Gate(max_concurrency)
        self._lanes: dict[str, Lane] = {}
        self._requests = Bucket(per_minute=rpm) if rpm else None
        self._tokens = Bucket(per_minute=tpm) if tpm else None
        self._rpm, self._tpm = rpm, tpm
        self._has_buckets = bool(rpm or tpm)
        self._n_answers = self._n_refused = 0
        self._refused: set[Lane] = set()

    @property
    def limit(self) -> int:
        """Calls in flight that all models together may have."""
        return self._gate.limit

    @property
    def n_asked(self) -> int:
        """Calls in flight, and those that wait for a place."""
        return self._gate.n_inside + self._gate.n_waiting

    def resize(self, n_slots: int, n_total: int) -> None:
        """Take `n_slots` of the account's `n_total` from now on, and as much of its requests and tokens a minute."""
        self._gate.resize(n_slots)
        for bucket, per_minute in ((self._requests, self._rpm), (self._tokens, self._tpm)):
            if bucket is not None and per_minute and n_slots:
                bucket.per_minute = per_minute * n_slots / n_total

    @property
    def n_in_flight(self) -> int:
        """Calls in flight."""
        return self._gate.n_inside

    def room(self, model: str) -> int:
        """How many calls of a model are of use at once: those in flight, and some that rest or wait their turn."""
        lane = self._lanes.get(model)
        if lane is None:
            return max(1, self._gate.limit)
        n_calls = min(lane.gate.limit, max(1, self._gate.limit))
        if lane.pace.interval_s:
            return min(n_calls, lane.gate.n_inside - lane.pace.n_waiting + N_IN_TURN)
        return n_calls + min(n_calls, lane.n_resting)

    async def enter(self, model: str, n_tokens: float) -> Place:
        """Wait for a place of the model, one of the account, and its turn; what `leave` wants back."""
        lane = self._lanes.get(model)
        if lane is None:
            lane = self._lanes[model] = Lane(self._most)
        gate, account, pace = lane.gate, self._gate, lane.pace
        if gate.n_inside < gate.limit:
            gate.n_inside += 1
        else:
            await gate.enter()
        if pace.interval_s or account.n_inside >= account.limit or self._has_buckets:
            await self._wait(lane, n_tokens)
        else:
            account.n_inside += 1
        pace.n_sent += 1
        return lane, gate.window, account.window, pace.n_sent

    async def rest(self, model: str, wait_s: float) -> None:
        """Wait between two attempts of a call, out of the others' way."""
        lane = self._lanes[model]
        lane.n_resting += 1
        try:
            await self._clock.sleep(wait_s)
        finally:
            lane.n_resting -= 1

    def leave(self, place: Place, ending: Ending, n_tokens: float = 0.0) -> None:
        """Give the place back. `n_tokens` are tokens that only the reply revealed."""
        lane, window, account_window, _ = place
        self._n_answers += 1
        if ending == "ok":
            lane.gate.widen()
            self._gate.widen()
        elif ending == "rate":
            lane.gate.cut(window)
            self._refused.add(lane)
            self._n_refused += 1
        if self._n_answers >= self._gate.limit:
            self._judge(account_window)
        if n_tokens and self._tokens is not None:
            self._tokens.take(n_tokens, self._clock.now_s())
        lane.gate.leave()
        self._gate.leave()

    def _judge(self, window: int) -> None:
        """Close a window of answers: are most of them rate limits, and of more than one model?"""
        if self._n_refused * 2 > self._n_answers and len(self._refused) > 1:
            self._gate.cut(window)
        self._n_answers = self._n_refused = 0
        self._refused.clear()

    async def _wait(self, lane: Lane, n_tokens: float) -> None:
        """Everything that may take time; the turn first, so that who waits for it holds no place of the account."""
        has_place = False
        try:
            if lane.pace.interval_s:
                await lane.pace.wait(self._clock)
            await self._gate.enter()
            has_place = True
            if self._has_buckets:
                await self._pay(n_tokens)
        except BaseException:
            if has_place:
                self._gate.leave()
            lane.gate.leave()
            raise

    async def _pay(self, n_tokens: float) -> None:
        now_s = self._clock.now_s()
        wait_s = self._requests.take(1.0, now_s) if self._requests is not None else 0.0
        if self._tokens is not None:
            wait_s = max(wait_s, self._tokens.take(n_tokens, now_s))
        if wait_s > 0.0:
            await self._clock.sleep(wait_s)
