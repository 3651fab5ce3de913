"""Where workers meet in tests, and processes of their own that are killed with -9."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.workers import Shared, open_shared
from modelsearch.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]
LEASE_S = 2.0


@dataclass(frozen=True)
class Place:
    """Where workers meet: `environ` is all that a worker needs to find it."""

    environ: dict[str, str]

    def open(self, stack: ExitStack) -> Shared:
        """A worker in this process."""
        return stack.enter_context(open_shared(read_settings(environ=self.environ)))

    def start(self, do: str, **values: Any) -> "subprocess.Popen[str]":
        """A worker in a process of its own."""
        asked = json.dumps({"environ": self.environ, "do": do, **values})
        command = [sys.executable, "-m", "tests.unit.store.shared_child", asked]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.fixture
def two(place: Place) -> Iterator[tuple[Shared, Shared]]:
    """Two workers."""
    with ExitStack() as stack:
        yield place.open(stack), place.open(stack)


def ledger(shared: Shared, limit: str = "1", name: str = "night") -> Any:
    """A budget, which is also a ledger."""
    return shared.budget(name, Decimal(limit))


def last_line(process: "subprocess.Popen[str]") -> Any:
    """What a child says last."""
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(printed.splitlines()[-1])


def killed(process: "subprocess.Popen[str]") -> None:
    """Wait until the child says that it is ready, then kill it with -9."""
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    process.kill()
    process.wait(10)
    process.stdout.close()


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """The first answer that is one."""
    until_s = time.monotonic() + seconds
    while (found := work()) is None:
        assert time.monotonic() < until_s, "nothing came of it in time"
        time.sleep(0.05)
    return found
