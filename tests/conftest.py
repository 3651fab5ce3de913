"""What holds in every test: no key, no Prefect server of the user's, no connection beyond this machine."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from flows.prefect_env import DEFAULTS
from modelsearch.store.replies import SqliteReplies
from tests.doubles import MemoryRecorder

# before anything imports Prefect, which reads its settings once
os.environ.pop("PREFECT_API_URL", None)
os.environ.pop("PREFECT_API_KEY", None)
_PREFECT_HOME = tempfile.TemporaryDirectory(prefix="prefect-home-", ignore_cleanup_errors=True)
os.environ["PREFECT_HOME"] = _PREFECT_HOME.name
os.environ.update(DEFAULTS)  # as in the product: with its telemetry on, the embedded server can lock its own database
for _name in [name for name in os.environ if name.endswith("_API_KEY") or name.startswith("MODELSEARCH_")]:
    del os.environ[_name]

# how fast a busy machine draws examples says nothing of what is tested
settings.register_profile("modelsearch", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("modelsearch")

_LOOPBACK = ("127.", "::1", "localhost")


def _is_local(family: int, address: Any) -> bool:
    return family == socket.AF_UNIX or (isinstance(address, tuple) and str(address[0]).startswith(_LOOPBACK))


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """A test that reaches for the network fails, and says where to."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: socket.socket, address: Any) -> None:
        if not _is_local(self.family, address):
            pytest.fail(f"a test tried to connect to {address}: only loopback is allowed")
        connect(self, address)

    def checked_ex(self: socket.socket, address: Any) -> int:
        if not _is_local(self.family, address):
            pytest.fail(f"a test tried to connect to {address}: only loopback is allowed")
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked)
        patch.setattr(socket.socket, "connect_ex", checked_ex)
        yield


@dataclass
class FakeClock:
    """Time that passes only when somebody waits; a `core.ports.Clock`."""

    time_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)

    def now_s(self) -> float:
        return self.time_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.time_s += seconds
        await asyncio.sleep(0)


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock at 0 s."""
    return FakeClock()


@pytest.fixture
def recorder() -> MemoryRecorder:
    """A journal in memory."""
    return MemoryRecorder()


@pytest.fixture
def reply_store(tmp_path: Path) -> Iterator[SqliteReplies]:
    """A store of replies in a folder of its own."""
    store = SqliteReplies(tmp_path / "replies.sqlite")
    yield store
    store.close()
