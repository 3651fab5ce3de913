"""Ctrl-C while something runs."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from flows.stopping import Stopping
from modelsearch.core.errors import QuotaError


async def stopped(number: signal.Signals, error: Exception | None = None) -> str:
    """Gets a signal while it waits; raises the error as libraries do that are interrupted."""
    os.kill(os.getpid(), number)
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        if error is not None:
            raise error from None
        raise
    return "not stopped"


@pytest.mark.parametrize("error", [None, OSError("all connection attempts failed")])
def test_ctrl_c_is_an_interrupt_whatever_libraries_make_of_it(error: Exception | None) -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        Stopping(told=lambda: told.append("told")).run(stopped(signal.SIGINT, error))
    assert told == ["told"]


def test_an_error_of_ours_is_told_all_the_same() -> None:
    with pytest.raises(QuotaError):
        Stopping().run(stopped(signal.SIGINT, QuotaError("no money")))


def test_without_a_signal_errors_and_results_pass() -> None:
    async def fails() -> None:
        raise OSError("real")

    async def works() -> int:
        return 3

    with pytest.raises(OSError, match="real"):
        Stopping().run(fails())
    assert Stopping().run(works()) == 3


def test_what_libraries_say_meanwhile_is_not_seen() -> None:
    code = (
        "import asyncio, os, signal, sys\nfrom flows.stopping import Stopping\n"
        "async def work():\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    try:\n        await asyncio.sleep(30)\n"
        "    finally:\n        os.write(2, b'babble')\n"
        "try:\n    Stopping(told=lambda: sys.stderr.write('stopping ')).run(work())\n"
        "except KeyboardInterrupt:\n    sys.stderr.write('stopped')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr == "stopping stopped"


def test_a_process_that_does_not_end_is_ended() -> None:
    code = (
        "import threading\nfrom flows.stopping import end_within\n"
        "threading.Thread(target=threading.Event().wait).start()\nend_within(130, 0.2)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=20)
    assert ended.returncode == 130
