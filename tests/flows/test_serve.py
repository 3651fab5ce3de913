import asyncio

import pytest

from flows import serve


async def test_a_cancellation_that_a_library_swallows_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    monkeypatch.setattr(serve, "_CANCEL_S", 0.01)
    part = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await serve._cancelled([part])
    assert (part.cancelled(), swallowed) == (True, 3)
