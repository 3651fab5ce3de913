"""A search's evaluator with batches, where they are asked for or under way since an earlier life of the run."""

from dataclasses import dataclass, replace

from modelsearch.api.wiring import Wired
from modelsearch.core.batch import BatchClient, BatchPolicy
from modelsearch.core.ports import Evaluator, Recorder
from modelsearch.evaluate.batch import BatchingEvaluator
from modelsearch.evaluate.batch_books import BatchBooks
from modelsearch.evaluate.batch_desk import BatchDesk, Heard
from modelsearch.store.batch_files import keeper_of
from modelsearch.store.layout import RunDir


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How batches are bought; `wait_s`: the longest that this life of the run waits for them, None = no limit."""

    client: BatchClient
    policy: BatchPolicy
    run: RunDir
    wait_s: float | None = None


def batched(wired: Wired, batching: Batching, recorder: Recorder) -> Evaluator:
    """The evaluator; as it is where nothing is bought in batches, or it buys nothing (a replay)."""
    plugs = wired.plugs
    if plugs is None or (batching.policy.mode == "never" and not wired.batches.batches):
        return wired.evaluator
    heard = Heard(recorder, wired.batches)
    desk = BatchDesk(
        market=plugs.market,
        client=batching.client,
        recorder=heard,
        ledger=wired.ledger,
        books=BatchBooks(live=replace(plugs.caller, recorder=heard)),
        state=wired.batches,
        next_id=plugs.caller.next_id,
        paid=wired.paid,
        keep=keeper_of(batching.run),
        clock=plugs.clock,
    )
    return BatchingEvaluator(
        inner=wired.evaluator, plugs=plugs, desk=desk, policy=batching.policy, wait_s=batching.wait_s
    )
