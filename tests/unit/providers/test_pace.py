"""The pace against both kinds of limit in use, in time that passes only when somebody waits."""

import asyncio
from collections.abc import Callable

import pytest

from modelsearch.providers.pace import LOOK_S, MAX_RESET_S, Pace
from tests.unit.providers.doubles import FakeClock

Limiter = Callable[[float], tuple[float, float]]
PER_CALL = (1.0, 1.0)


def headers(limit: float, left: float, reset_s: float, what: str = "requests") -> list[tuple[bytes, bytes]]:
    values = {"limit": f"{limit:.0f}", "remaining": f"{left:.0f}", "reset": f"{reset_s:.3f}s"}
    return [(f"x-ratelimit-{role}-{what}".encode(), value.encode()) for role, value in values.items()]


class Filling:
    """A bucket that fills all the time; its reset is the time until it is full."""

    def __init__(self, limit: float, period_s: float = 60.0) -> None:
        self.limit, self.rate, self.level, self.at_s = limit, limit / period_s, limit, 0.0
        self.n_refused = 0

    def take(self, now_s: float) -> tuple[float, float]:
        self.level = min(self.limit, self.level + (now_s - self.at_s) * self.rate)
        self.at_s = now_s
        if self.level < 1.0:
            self.n_refused += 1
        else:
            self.level -= 1.0
        return int(self.level), (self.limit - self.level) / self.rate


class Fixed:
    """A window that starts anew."""

    def __init__(self, limit: float, period_s: float = 60.0) -> None:
        self.limit, self.period_s, self.window, self.n_used = limit, period_s, 0.0, 0
        self.n_refused = 0

    def take(self, now_s: float) -> tuple[float, float]:
        if now_s // self.period_s > self.window:
            self.window, self.n_used = now_s // self.period_s, 0
        if self.n_used >= self.limit:
            self.n_refused += 1
        else:
            self.n_used += 1
        return self.limit - self.n_used, self.period_s - now_s % self.period_s


async def used(server: Filling | Fixed, n_calls: int, call_s: float) -> float:
    """Seconds that so many calls take, one after another, each of `call_s`."""
    clock, pace = FakeClock(), Pace()
    for _ in range(n_calls):
        if pace.interval_s:
            await pace.wait(clock)
        pace.n_sent += 1
        left, reset_s = server.take(clock.now)
        clock.now += call_s
        pace.look(headers(server.limit, left, reset_s), number=pace.n_sent, n_tokens=PER_CALL, now_s=clock.now)
    return clock.now


@pytest.mark.parametrize("kind", [Filling, Fixed])
async def test_a_limit_is_used_to_the_full_and_never_tripped(kind: type[Filling] | type[Fixed]) -> None:
    server = kind(120.0)
    wall_s = await used(server, 1200, call_s=0.01)
    assert server.n_refused == 0
    ideal_s = (1200 - 120) / 120 * 60
    assert ideal_s * 0.95 <= wall_s <= ideal_s * 1.15


@pytest.mark.parametrize("kind", [Filling, Fixed])
async def test_below_the_limit_nothing_is_held_back(kind: type[Filling] | type[Fixed]) -> None:
    wall_s = await used(kind(120.0), 50, call_s=1.0)
    assert wall_s == pytest.approx(50.0)


def looked(
    *told: tuple[bytes, bytes], number: int = 1, n_sent: int = 1, tokens: tuple[float, float] = PER_CALL
) -> Pace:
    pace = Pace()
    pace.n_sent = n_sent
    pace.look(told, number=number, n_tokens=tokens, now_s=0.0)
    return pace


def test_the_interval_spends_what_is_left_by_the_reset() -> None:
    assert looked(*headers(100, 20, 30.0)).interval_s == pytest.approx(1.5)
    assert looked(*headers(100, 0, 30.0)).interval_s == pytest.approx(30.0)
    assert looked(*headers(100, 51, 30.0)).interval_s == 0.0


def test_what_was_sent_since_is_no_longer_left() -> None:
    assert looked(*headers(100, 20, 30.0), number=1, n_sent=11).interval_s == pytest.approx(3.0)
    assert looked(*headers(100, 60, 30.0), number=1, n_sent=31).interval_s == pytest.approx(1.0)


def test_the_tightest_limit_counts_and_tokens_are_counted_by_the_call() -> None:
    both = [*headers(100, 40, 20.0), *headers(1000, 100, 10.0, "tokens")]
    assert looked(*both, tokens=(6.0, 16.0)).interval_s == pytest.approx(10.0 / (100 / 22.0))
    assert looked(*headers(1000, 100, 10.0, "output-tokens"), tokens=(6.0, 16.0)).interval_s == pytest.approx(1.6)


def test_a_days_limit_is_used_as_fast_as_wanted() -> None:
    assert looked(*headers(1000, 10, MAX_RESET_S + 1)).interval_s == 0.0


def test_older_news_does_not_count() -> None:
    pace = looked(*headers(100, 10, 30.0), number=5, n_sent=5)
    pace.look(headers(100, 90, 1.0), number=4, n_tokens=PER_CALL, now_s=1.0)
    assert pace.interval_s == pytest.approx(3.0)
    assert pace.next_look_s == pytest.approx(1.0 + LOOK_S)


async def test_who_waits_follows_better_news_and_turns_go_in_order() -> None:
    clock, order = FakeClock(), []
    pace = looked(*headers(100, 0, 100.0))

    async def call(name: int) -> None:
        await pace.wait(clock)
        order.append(name)

    waiting = [asyncio.create_task(call(name)) for name in range(3)]
    for _ in range(6):
        await asyncio.sleep(0)
    assert pace.n_waiting == 3
    assert 0 < clock.now < 10
    pace.look(headers(100, 90, 6.0), number=1, n_tokens=PER_CALL, now_s=clock.now)
    before_s = clock.now
    await asyncio.gather(*waiting)
    assert order == [0, 1, 2]
    assert clock.now <= before_s + 1.0
    assert pace.n_waiting == 0
