import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.providers.limits import AccountLimits, Bucket
from tests.unit.providers.doubles import FakeClock


def make_limits(**limits: int) -> tuple[AccountLimits, FakeClock]:
    clock = FakeClock()
    return AccountLimits(clock, **{"max_concurrency": 4, **limits}), clock


async def spin() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_in_flight_than_the_limit_and_first_come_first_served() -> None:
    limits, _ = make_limits(max_concurrency=2)
    order: list[int] = []

    async def call(number: int) -> None:
        place = await limits.enter("m", 0)
        order.append(number)
        assert limits.n_in_flight <= 2
        await asyncio.sleep(0)
        limits.leave(place, "ok")

    await asyncio.gather(*(call(number) for number in range(20)))
    assert order == list(range(20))
    assert limits.n_in_flight == 0


async def test_a_rate_limit_halves_once_per_window() -> None:
    limits, _ = make_limits(max_concurrency=16)
    places = [await limits.enter("m", 0) for _ in range(16)]
    for place in places[:8]:
        limits.leave(place, "rate")
    assert limits.room("m") == 8
    for place in places[8:]:
        limits.leave(place, "ok")
    limits.leave(await limits.enter("m", 0), "rate")
    assert limits.room("m") == 4


async def test_the_limit_never_falls_below_one_and_other_faults_leave_it() -> None:
    limits, _ = make_limits(max_concurrency=2)
    for _ in range(5):
        limits.leave(await limits.enter("m", 0), "rate")
    assert limits.room("m") == 1
    limits, _ = make_limits(max_concurrency=2)
    limits.leave(await limits.enter("m", 0), "other")
    assert limits.room("m") == 2


async def test_a_window_of_successes_adds_one_up_to_the_maximum() -> None:
    limits, _ = make_limits(max_concurrency=4)
    limits.leave(await limits.enter("m", 0), "rate")
    sizes = []
    for _ in range(12):
        limits.leave(await limits.enter("m", 0), "ok")
        sizes.append(limits.room("m"))
    assert sizes == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


async def test_requests_a_minute_hold_over_any_time() -> None:
    limits, clock = make_limits(max_concurrency=1, rpm=60)
    starts = []
    for _ in range(65):
        place = await limits.enter("m", 0)
        starts.append(clock.now)
        limits.leave(place, "ok")
    assert starts[:5] == [0.0] * 5
    assert starts[64] == pytest.approx(60.0)


async def test_tokens_of_the_reply_are_charged_afterwards() -> None:
    limits, clock = make_limits(tpm=600)
    limits.leave(await limits.enter("m", 50), "ok", 100.0)
    limits.leave(await limits.enter("m", 0), "ok")
    assert clock.slept == [pytest.approx(10.0)]


async def test_who_gives_up_waiting_leaves_no_gap() -> None:
    limits, _ = make_limits(max_concurrency=1)
    place = await limits.enter("m", 0)
    waiting = [asyncio.create_task(limits.enter("m", 0)) for _ in range(3)]
    await spin()
    waiting[0].cancel()
    limits.leave(place, "ok")  # wakes in the same turn in which the first gives up
    await spin()
    assert waiting[0].cancelled()
    assert [task.done() for task in waiting] == [True, True, False]
    waiting[1].cancel()
    limits.leave(waiting[1].result(), "ok")
    await spin()
    assert waiting[2].result()[1:] == (0, 0, 3)
    assert limits.n_in_flight == 1


async def test_a_place_that_comes_with_the_cancellation_is_passed_on() -> None:
    limits, _ = make_limits(max_concurrency=1)
    place = await limits.enter("m", 0)
    waiting = [asyncio.create_task(limits.enter("m", 0)) for _ in range(2)]
    await spin()
    limits.leave(place, "ok")
    waiting[0].cancel()
    await spin()
    assert waiting[0].cancelled()
    assert waiting[1].done()
    assert limits.n_in_flight == 1


async def test_giving_up_while_a_bucket_fills_gives_the_place_back() -> None:
    limits, _ = make_limits(max_concurrency=1, rpm=1)
    limits.leave(await limits.enter("m", 0), "ok")
    task = asyncio.create_task(limits.enter("m", 0))
    await asyncio.sleep(0)
    task.cancel()
    await spin()
    assert limits.n_in_flight == 0


async def test_a_throttled_model_leaves_the_others_their_places() -> None:
    limits, _ = make_limits(max_concurrency=8)
    places = [await limits.enter("a", 0) for _ in range(8)]
    for place in places:
        limits.leave(place, "rate")
    assert (limits.room("a"), limits.room("b"), limits.limit) == (4, 8, 8)
    held = [await limits.enter("a", 0) for _ in range(4)]
    waiting = [asyncio.create_task(limits.enter("a", 0)) for _ in range(20)]
    others = [await limits.enter("b", 0) for _ in range(4)]
    await spin()
    assert limits.n_in_flight == len(held) + len(others) == 8
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert limits.n_in_flight == 8


async def test_an_account_is_narrowed_where_most_of_several_models_are_refused() -> None:
    limits, _ = make_limits(max_concurrency=8)
    for number in range(16):
        limits.leave(await limits.enter("ab"[number % 2], 0), "rate" if number >= 8 else "ok")
    assert limits.limit == 4
    one, _ = make_limits(max_concurrency=8)
    for _ in range(32):
        one.leave(await one.enter("a", 0), "rate")
    assert (one.limit, one.room("a"), one.room("b")) == (8, 1, 8)


async def test_who_rests_between_attempts_leaves_room_for_as_many_others() -> None:
    limits, clock = make_limits(max_concurrency=4)
    limits.leave(await limits.enter("m", 0), "rate")
    resting = [asyncio.create_task(limits.rest("m", 1.0)) for _ in range(3)]
    await asyncio.sleep(0)
    assert limits.room("m") == 4
    await asyncio.gather(*resting)
    assert (limits.room("m"), clock.slept) == (2, [1.0] * 3)


async def test_a_model_that_is_paced_keeps_few_calls_waiting_and_the_others_go_on() -> None:
    limits, clock = make_limits(max_concurrency=16)
    place = await limits.enter("a", 0)
    told = [(b"x-ratelimit-limit", b"60"), (b"x-ratelimit-remaining", b"5"), (b"x-ratelimit-reset", b"10")]
    place[0].pace.look(told, number=place[3], n_tokens=(1.0, 1.0), now_s=0.0)
    limits.leave(place, "ok")
    assert (limits.room("a"), limits.room("b")) == (4, 16)
    waiting = [asyncio.create_task(limits.enter("a", 0)) for _ in range(4)]
    await asyncio.sleep(0)
    assert limits.room("a") == 4
    await limits.enter("b", 0)
    assert clock.now == 0.0
    await asyncio.gather(*waiting)
    assert clock.now == pytest.approx(8.0)
    assert limits.room("a") == 8


@given(
    per_minute=st.integers(1, 10_000),
    takes=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 30)), min_size=1, max_size=40),
)
def test_a_bucket_never_gives_more_than_its_rate_and_one_filling(
    per_minute: int, takes: list[tuple[float, float]]
) -> None:
    bucket, now_s, total = Bucket(per_minute=per_minute), 0.0, 0.0
    burst = max(1.0, per_minute * 5 / 60)
    for amount, pause_s in takes:
        now_s += pause_s
        total += amount
        ready_s = now_s + bucket.take(amount, now_s)
        assert total <= burst + per_minute / 60 * ready_s + 1e-6
