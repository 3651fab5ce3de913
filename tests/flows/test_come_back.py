"""A run that waits for batches ends, and another of its deployment goes on; without one the user is told to resume."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from modelsearch.core.errors import BatchPendingError


@pytest.fixture
def scheduled(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was scheduled; the run is of the deployment `d`."""
    import flows.come_back as room  # noqa: PLC0415 - Prefect is imported by the tests that need it alone

    found: list[dict[str, Any]] = []

    async def schedule(name: str, **given: Any) -> None:
        found.append({"name": name, **given})

    monkeypatch.setattr(room, "arun_deployment", schedule)
    monkeypatch.setattr(room, "runtime", SimpleNamespace(deployment=SimpleNamespace(id="d")))
    return found


async def test_a_deployment_comes_back_later(scheduled: list[dict[str, Any]]) -> None:
    from flows.come_back import COME_BACK_S, PATIENCE_S, come_back, patience_s  # noqa: PLC0415

    state = await come_back({"baseline": "b"}, "run-1", "2 batches are under way")
    assert (state.type.value, state.name) == ("COMPLETED", "AwaitingBatches")
    assert "2 batches are under way" in str(state.message)
    (asked,) = scheduled
    assert asked["parameters"] == {"request": {"baseline": "b"}, "run_id": "run-1"}
    assert (asked["timeout"], asked["as_subflow"]) == (0, False)
    assert 0 < (asked["scheduled_time"] - datetime.now(UTC)).total_seconds() <= COME_BACK_S
    assert patience_s() == PATIENCE_S


async def test_without_a_deployment_the_search_stops_and_can_be_resumed() -> None:
    from flows.come_back import come_back, patience_s  # noqa: PLC0415

    with pytest.raises(BatchPendingError, match="under way"):
        await come_back({}, "run-1", "2 batches are under way")
    assert patience_s() is None


async def test_a_phase_that_waits_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.phase as room  # noqa: PLC0415

    async def run_phase(_phase: object) -> None:
        message = "1 batches with 4 calls are under way"
        raise BatchPendingError(message)

    session = SimpleNamespace(plan=SimpleNamespace(phases=[SimpleNamespace(name="wide")]), run_phase=run_phase)
    monkeypatch.setattr(room, "session_of", lambda _run_id: session)
    told = await room.run_phase_flow.fn("run-1", "wide")
    assert told == {room.PENDING: "1 batches with 4 calls are under way"}


async def test_a_night_that_is_held_up_goes_on_in_another_run(
    scheduled: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.nightly as room  # noqa: PLC0415
    from modelsearch.core.errors import ModelsearchError  # noqa: PLC0415
    from modelsearch.core.ids import TaskId  # noqa: PLC0415
    from modelsearch.core.nights import Alarm, NightReport  # noqa: PLC0415

    day = datetime.now(UTC).date()
    held, done = (NightReport(task_id=TaskId(end), day=day, end=end) for end in ("held", "done"))
    again = {"task": "", "day": day.isoformat(), "budget_usd": ""}
    state: Any = await room.ended([held, done], again)
    assert [each["end"] for each in state.data] == ["held", "done"]
    monkeypatch.setattr(room, "runtime", SimpleNamespace(deployment=SimpleNamespace(id="d")))
    assert (await room.ended([done], again)).name == "Completed"
    assert not scheduled
    state = await room.ended([held, done], again)
    assert (state.type.value, state.name) == ("COMPLETED", room.HELD)
    assert [each["parameters"] for each in scheduled] == [again]
    failed = NightReport(
        task_id=TaskId("t"), day=day, end="failed", alarms=(Alarm(code="c", subject="t", day=day, message="no key"),)
    )
    assert (await room.ended([failed, done], again)).name == "Completed"
    with pytest.raises(ModelsearchError, match="no key"):
        await room.ended([failed], again)
