"""Waiting for Prefect's record of a run, and asking whether a named server is there."""

import time
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from modelsearch.core.errors import OptionError

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300)]
N_TASK_RUNS = 450


@dataclass
class State:
    ended: bool

    def is_final(self) -> bool:
        return self.ended


@dataclass
class TaskRun:
    state: State


@dataclass
class Client:
    """A server that records `step` more task runs at each look at the first page, `late` of them not ended at first."""

    step: int = N_TASK_RUNS
    n_recorded: int = 0
    n_looks: int = 0
    offsets: set[int] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def read_task_runs(self, *, task_run_filter: Any, limit: int, offset: int) -> list[TaskRun]:
        assert task_run_filter.tags.all_ == ["run-1"]
        assert limit <= 200, "Prefect refuses more"
        if offset == 0:
            self.n_looks += 1
            self.n_recorded = min(N_TASK_RUNS, self.n_recorded + self.step)
        self.offsets.add(offset)
        n_page = max(0, min(limit, self.n_recorded - offset))
        return [TaskRun(State(ended=True))] * n_page


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr("flows.drain.get_client", lambda: made)
    monkeypatch.setattr("flows.drain.QUIET_S", 0.05)
    return made


async def test_every_page_is_counted(client: Client) -> None:
    from flows.drain import await_recorded  # noqa: PLC0415 - imports Prefect

    assert await await_recorded("run-1") == N_TASK_RUNS
    assert client.offsets == {0, 200, 400}


async def test_a_growing_record_is_waited_for(client: Client) -> None:
    from flows.drain import await_recorded  # noqa: PLC0415

    client.step = 200
    assert await await_recorded("run-1") == N_TASK_RUNS
    assert client.n_looks >= 4


async def test_the_wait_has_an_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.drain import await_recorded  # noqa: PLC0415

    monkeypatch.setattr("flows.drain.LIMIT_S", 0.3)
    monkeypatch.setattr("flows.drain.QUIET_S", 100.0)
    started_s = time.monotonic()
    await await_recorded("run-1")
    assert time.monotonic() - started_s < 5


async def test_an_embedded_server_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.reach import check_server  # noqa: PLC0415

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr("prefect.client.orchestration.get_client", None)
    await check_server()


async def test_a_named_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    from flows.reach import check_server  # noqa: PLC0415

    url = "http://127.0.0.1:9/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(OptionError, match=f"PREFECT_API_URL: no Prefect server answers at {url}"),
    ):
        await check_server()
