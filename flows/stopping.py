"""Ctrl-C while a search runs: it is cancelled, ends in good order, and nothing babbles meanwhile.

A terminal sends Ctrl-C to Prefect's embedded server too, so that Prefect's own last words are failures to reach it.
They are kept off stderr, and whatever they raise counts as the interruption that it is. A second Ctrl-C ends at once.

SIGTERM is left alone: with a handler of the loop's on it, Prefect's embedded server did not end with this process in
three tries of three. What is paid is on the disk whatever ends us.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from modelsearch.core.errors import ModelsearchError

T = TypeVar("T")
END_S = 10.0
AGAIN_S = 2.0


def end_within(code: int, limit_s: float = END_S) -> None:
    """End this process with the code if it has not ended by itself by then.

    At its end Prefect waits, without a limit, until its threads have told the server the rest; where the server has
    ended first (Ctrl-C reaches it too), that is for ever in about every second try.
    """
    timer = threading.Timer(limit_s, os._exit, (code,))
    timer.daemon = True
    timer.start()


@dataclass
class Stopping:
    """One run that may be stopped. `told` is called when it is, before it ends."""

    told: Callable[[], None] = lambda: None
    is_stopped: bool = False
    _stderr: int | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end in a loop of its own.

        Raises:
            KeyboardInterrupt: stopped by Ctrl-C.
        """
        try:
            return asyncio.run(self._watched(work))
        except ModelsearchError:
            raise
        except (Exception, asyncio.CancelledError):
            if not self.is_stopped:
                raise
        finally:
            self._speak()
        raise KeyboardInterrupt

    async def _watched(self, work: Coroutine[Any, Any, T]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread
            loop.add_signal_handler(signal.SIGINT, self._stop, task)
        return await task

    def _stop(self, task: "asyncio.Task[Any]") -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        self.is_stopped = True
        self.told()
        self._hush()
        self._cancel(task)

    def _cancel(self, task: "asyncio.Task[Any]") -> None:
        """Again and again: libraries swallow a cancellation now and then."""
        if not task.done():
            task.cancel()
            asyncio.get_running_loop().call_later(AGAIN_S, self._cancel, task)

    def _hush(self) -> None:
        with contextlib.suppress(AttributeError, OSError, ValueError):  # a stderr that is no file says what it likes
            sys.stderr.flush()
            descriptor = sys.stderr.fileno()
            self._stderr = os.dup(descriptor)
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)

    def _speak(self) -> None:
        if self._stderr is not None:
            sys.stderr.flush()
            os.dup2(self._stderr, sys.stderr.fileno())
            os.close(self._stderr)
            self._stderr = None
