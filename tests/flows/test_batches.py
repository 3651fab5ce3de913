"""Batches under Prefect: a task run of their own before the round's calls; one that has to wait is no failure."""

from collections.abc import Sequence

import pytest

from modelsearch.core.errors import BatchPendingError
from modelsearch.core.outcome import Outcome, Status
from tests.unit.evaluate.batches import Batched, FakeBatches
from tests.unit.evaluate.live import probe

WIDE = (probe("m00", 0, 1, 2), probe("m02", 0))


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the task runs, which are called as plain functions: no server is needed."""
    import tasks.evaluate as room  # noqa: PLC0415 - Prefect is imported by the tests that need it alone

    found: list[str] = []
    batches, calls = room.buy_batches.fn, room.evaluate_batch.fn

    async def buy_batches(label: str, batch_id: str) -> dict[str, int]:
        found.append(label)
        return await batches(label, batch_id)

    async def evaluate_batch(label: str, batch_id: str) -> dict[str, int]:
        found.append(label)
        return await calls(label, batch_id)

    monkeypatch.setattr(room, "buy_batches", buy_batches)
    monkeypatch.setattr(room, "evaluate_batch", evaluate_batch)
    return found


async def bought(batched: Batched) -> Sequence[Outcome]:
    from tasks.evaluate import PrefectEvaluator  # noqa: PLC0415

    shown = PrefectEvaluator(inner=batched.live.evaluator, run_id="run-1", where=lambda: 0, batching=batched.evaluator)
    return await shown.evaluate(WIDE, batched.candidates)


async def test_batches_come_first_in_a_task_run_of_their_own(labels: list[str]) -> None:
    batched = Batched()
    outcomes = await bought(batched)
    assert [o.status for o in outcomes] == [Status.OK] * 4
    assert labels[0] == "round 1 · batches · 2 candidates"
    assert labels[-1] == "round 1 · p1 · 1 candidate · 1 call"
    assert [endpoint.id for _, endpoint in batched.live.client.sent] == ["m02"]


async def test_a_round_that_is_too_small_has_none(labels: list[str]) -> None:
    batched = Batched()
    batched.policy = batched.evaluator.policy = type(batched.policy)(mode="wide", min_calls=99)
    await bought(batched)
    assert not any("batches" in label for label in labels)


async def test_a_life_that_has_waited_long_enough_says_so_and_its_task_run_has_not_failed(labels: list[str]) -> None:
    batched = Batched(api=FakeBatches(n_looks=9), wait_s=0.0)
    with pytest.raises(BatchPendingError, match="resume"):
        await bought(batched)
    assert labels == ["round 1 · batches · 2 candidates"]
    assert batched.live.client.sent == []
    assert batched.reserved_usd > 0
