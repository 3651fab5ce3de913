"""Embedded servers of killed searches; a sleeping process with a server's command line stands for one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.orphans import APPLICATION, OWNER, PROC, end_orphans, mark_owner

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc")
Start = Callable[..., "subprocess.Popen[bytes]"]
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
SLEEP = "import time; print(flush=True); time.sleep(60)"


@pytest.fixture
def gone() -> str:
    """The mark of a process that has ended."""
    shown = "import sys; sys.path.insert(0, sys.argv[1]); from flows.orphans import *; import os; mark_owner(); "
    command = [sys.executable, "-c", shown + f"print(os.environ[{OWNER!r}])", str(Path(__file__).parents[2])]
    mark = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert mark.split()[0].isdecimal()
    return mark


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def run(mark: str | None, *, home: Path = tmp_path, word: str = APPLICATION, code: str = SLEEP) -> object:
        environ = {**os.environ, "PREFECT_HOME": str(home)}
        environ.pop(OWNER, None)
        environ |= {} if mark is None else {OWNER: mark}
        found = subprocess.Popen([sys.executable, "-c", code, word], env=environ, stdout=subprocess.PIPE)
        started.append(found)
        assert found.stdout is not None
        found.stdout.readline()
        return found

    yield run  # type: ignore[misc]
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_the_server_of_a_process_that_is_gone_is_ended(start: Start, gone: str, tmp_path: Path) -> None:
    server = start(gone)
    assert end_orphans(str(tmp_path)) == [server.pid]
    assert server.wait(1) == -15
    assert end_orphans(str(tmp_path)) == []


def test_one_that_does_not_listen_is_ended_too(
    start: Start, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.orphans.PATIENCE_S", 0.1)
    server = start(gone, code=STUBBORN)
    assert end_orphans(str(tmp_path)) == [server.pid]
    assert server.wait(1) == -9


def test_nobody_elses_process_is_touched(
    start: Start, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OWNER, "")
    mark_owner()
    others = [
        start(os.environ[OWNER]),  # its search is alive
        start(None),  # started by hand
        start("somebody"),
        start(gone, home=tmp_path / "other"),
        start(gone, word="another.application:create_app"),
    ]
    assert end_orphans(str(tmp_path)) == []
    assert [other.poll() for other in others] == [None] * len(others)


def test_a_number_that_was_given_again_is_another_process(start: Start, tmp_path: Path) -> None:
    server = start(f"{os.getpid()} 1")
    assert end_orphans(str(tmp_path)) == [server.pid]


def test_where_there_is_no_proc_nothing_is_looked_for(
    start: Start, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(gone)
    monkeypatch.setattr("flows.orphans.PROC", tmp_path / "none")
    mark_owner()
    assert end_orphans(str(tmp_path)) == []
    assert server.poll() is None


def test_looking_takes_no_time(tmp_path: Path) -> None:
    began_s = time.monotonic()
    end_orphans(str(tmp_path))
    assert time.monotonic() - began_s < 0.5
