"""The real clock."""

import asyncio
import time


class SystemClock:
    """Monotonic time and real waiting."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
