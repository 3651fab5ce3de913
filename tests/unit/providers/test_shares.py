import asyncio

from modelsearch.core.claims import Share
from modelsearch.core.errors import DatabaseDownError
from modelsearch.core.ids import ProviderId
from modelsearch.providers.aimd import Gate
from modelsearch.providers.clock import SystemClock
from modelsearch.providers.limits import AccountLimits
from modelsearch.providers.shares import Shares

P = ProviderId("p")


class Parts:
    """Gives out what it is told to; a part of None is a database that is down."""

    def __init__(self, *parts: int | None) -> None:
        self.parts = list(parts)
        self.asked: list[tuple[int, int]] = []
        self.given_back: list[str] = []

    def renew(self, account: str, n_total: int, n_wanted: int) -> Share:
        self.asked.append((n_total, n_wanted))
        part = self.parts.pop(0) if len(self.parts) > 1 else self.parts[0]
        if part is None:
            raise DatabaseDownError("down")
        return Share(n_slots=part, n_total=n_total, for_s=0.03)

    def give_back(self, account: str) -> None:
        self.given_back.append(account)


def limits() -> AccountLimits:
    return AccountLimits(SystemClock(), max_concurrency=8, rpm=600)


async def test_nothing_is_sent_before_the_first_part_is_there_and_then_no_more_than_it() -> None:
    parts, account = Parts(2), limits()
    shares = Shares(leases=parts, now_s=SystemClock().now_s)
    shares.begin(P, account)
    calls = [asyncio.create_task(account.enter("m", 1.0)) for _ in range(5)]
    assert account.limit == 0
    await asyncio.sleep(0.1)
    assert sum(call.done() for call in calls) == account.limit == 2
    assert parts.asked[0] == (8, 8)
    assert parts.asked[-1] == (8, 8)  # five are asked for, twice that is more than there is
    for call in calls:
        call.cancel()
    await shares.close()
    assert parts.given_back == ["p"]


async def test_a_part_that_cannot_be_renewed_in_time_is_given_up() -> None:
    account = limits()
    shares = Shares(leases=Parts(4, None), now_s=SystemClock().now_s)
    shares.begin(P, account)
    await asyncio.sleep(0.02)
    assert account.limit == 4
    await asyncio.sleep(1.3)
    assert account.limit == 0
    await shares.close()


def test_a_gate_that_is_made_narrower_keeps_who_is_in_and_follows_when_it_is_made_wider() -> None:
    gate = Gate(4)
    gate.n_inside = 4
    gate.resize(2)
    assert (gate.limit, gate.n_inside) == (2, 4)
    gate.leave()
    assert gate.n_inside == 3
    gate.resize(6)
    assert gate.limit == 6
    gate.cut(gate.window)
    gate.resize(5)
    assert gate.limit == 3
    gate.resize(0)
    assert not gate.cut(gate.window - 1)
    assert gate.limit == 0


def test_requests_a_minute_go_with_the_part() -> None:
    account = limits()
    account.resize(2, 8)
    assert account._requests is not None
    assert account._requests.per_minute == 150
    account.resize(0, 8)
    assert account._requests.per_minute == 150
