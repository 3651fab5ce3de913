"""The pace at which a provider's own word on what is left may be used up.

Left `remaining`, whole again in `reset_s`: one call every `reset_s / remaining` uses it up just then. That one rule
fits both kinds of limit in use. With a window that starts anew it spends the whole window and not more. With a bucket
that fills all the time (`reset_s` = time until full, as OpenAI, Groq and Anthropic have it) it settles where half is
left, for there the pace equals the refill: `remaining / reset_s = (limit - remaining) / reset_s`. So above half nothing
is held back, and whether a window or a bucket lies behind the headers need not be known, nor the length of a minute.
"""

import asyncio
from collections.abc import Sequence

from modelsearch.core.ports import Clock
from modelsearch.providers.rate_headers import RawHeaders, Told, Unit, told_limits

AMPLE_SHARE = 0.5
"""With more than this share of a limit left nothing is held back."""
MAX_RESET_S = 120.0
"""What takes longer to be whole again (a day's limit) is used as fast as wanted: its 429 says when it is used up."""
LOOK_S = 0.1
"""Headers are read this often at most: reading all would cost more than all the rest of a limiter."""
NAP_S = 1.0
"""Who waits looks up this often whether the news is better."""
_SMOOTHING = 0.1


class Pace:
    """Calls of one model, spread over what its provider says is left.

    Attributes:
        interval_s: between two calls; 0 = nothing is held back.
        n_sent: calls so far; `n_waiting`: those that wait for their turn.
        next_look_s: headers are not read before.
    """

    __slots__ = (
        "_input_tokens", "_newest", "_next_s", "_output_tokens", "_turn", "interval_s", "n_sent", "n_waiting",
        "next_look_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self.interval_s = 0.0
        self.n_sent = self.n_waiting = 0
        self.next_look_s = 0.0
        self._next_s = 0.0
        self._newest = 0
        self._input_tokens = self._output_tokens = 0.0
        self._turn: asyncio.Lock | None = None

    async def wait(self, clock: Clock) -> None:
        """Wait for one's turn; better news in between shorten it."""
        self._turn = self._turn or asyncio.Lock()
        self.n_waiting += 1
        try:
            async with self._turn:
                while self.interval_s and (wait_s := self._next_s - clock.now_s()) > 0:
                    await clock.sleep(min(NAP_S, wait_s))
                self._next_s = max(self._next_s, clock.now_s()) + self.interval_s
        finally:
            self.n_waiting -= 1

    def look(self, headers: RawHeaders, *, number: int, n_tokens: tuple[float, float], now_s: float) -> list[Told]:
        """Take in the headers of a reply; what they tell.

        Args:
            headers: of the reply.
            number: `n_sent` when its request was sent: what was sent since is not in the provider's count.
            n_tokens: of prompt and reply, about.
            now_s: now.
        """
        self.next_look_s = now_s + LOOK_S
        told = told_limits(headers)
        if told and number >= self._newest:
            self._newest = number
            weight = _SMOOTHING if self._input_tokens else 1.0
            self._input_tokens += weight * (n_tokens[0] - self._input_tokens)
            self._output_tokens += weight * (n_tokens[1] - self._output_tokens)
            self._follow(told, self.n_sent - number, now_s)
        return told

    def _follow(self, told: Sequence[Told], n_since: int, now_s: float) -> None:
        intervals = [self._interval_s(each, n_since) for each in told]
        interval_s = max(intervals)
        if not self.interval_s:
            self._next_s = now_s + interval_s
        self._next_s = min(self._next_s, now_s + interval_s)
        self.interval_s = interval_s

    def _interval_s(self, told: Told, n_since: int) -> float:
        per_call = self._per_call(told.unit)
        left = told.remaining - n_since * per_call
        if told.reset_s > MAX_RESET_S or left > AMPLE_SHARE * told.limit:
            return 0.0
        return told.reset_s / max(1.0, left / per_call)

    def _per_call(self, unit: Unit) -> float:
        if unit == "requests":
            return 1.0
        n_input, n_output = max(1.0, self._input_tokens), max(1.0, self._output_tokens)
        return {"input_tokens": n_input, "output_tokens": n_output}.get(unit, n_input + n_output)
