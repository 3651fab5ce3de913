"""A project of its own for each test, the command in process, and one Prefect server for all that need one."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from flows.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one and holds this test's home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELSEARCH_HOME", str(tmp_path / ".modelsearch"))
    return tmp_path


@pytest.fixture
def command(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`modelsearch ARGUMENTS`, in this process."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["modelsearch", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        shown = capsys.readouterr()
        return Ended(end.value.code if isinstance(end.value.code, int) else -1, shown.out, shown.err)

    return run


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect on a database of its own, for the whole session."""
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - 2 s that other tests need not wait

    with prefect_test_harness(server_startup_timeout=120):
        yield
