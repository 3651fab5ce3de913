"""The engine: the live evaluator as a search wires it, with client, limits, journal, ledger, prices and reply store.

`python -m bench.throughput_engine URL [PROFILE]` prints CPU per call, and where a file is named, a profile goes there.
"""

import asyncio
import cProfile
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path

from bench.throughput_load import LABELS, MODELS, N_CALLS, N_IN_FLIGHT, N_WARM_UP, SYSTEM, cpu_s, read_items
from modelsearch.core.candidate import Single
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, PromptId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Client, Recorder
from modelsearch.core.search import Probe
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.providers.client import ProviderClient
from modelsearch.store.journal import Journal
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import SqliteReplies
from modelsearch.testing.factories import make_market, make_provider, make_task

KEY = "sk-0123456789abcdef"


def make_load(url: str) -> tuple[TaskSpec, Market]:
    """The task and its market at a server."""
    items = tuple(Item(id=ItemId(row["id"]), input=row["input"], target=row["target"]) for row in read_items())
    task = make_task(
        items=items,
        prompts=(Prompt(id=PromptId("default"), system=SYSTEM, user="{{ input }}"),),
        scorer=ScorerSpec(name="choice"),
        labels=LABELS,
        max_output_tokens=64,
    )
    provider = make_provider(base_url=url, max_concurrency=N_IN_FLIGHT, key_env="BENCH_KEY")
    return task, replace(make_market(len(MODELS)), providers={provider.id: provider})


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Journal, SqliteReplies]]:
    """Journal and reply store, as a search opens them."""
    replies = SqliteReplies(folder / "replies.sqlite")
    try:
        with Journal.open(folder / "run" / "journal.bin", header={"run_id": "r", "fingerprint": "f"}) as journal:
            yield journal, replies
    finally:
        replies.close()


def evaluator_of(
    task: TaskSpec, market: Market, client: Client, recorder: Recorder, replies: SqliteReplies
) -> LiveEvaluator:
    """Wired as in production."""
    numbers, prices, scorer = count(1), PriceBook(market=market), make_scorer(task)
    caller = Caller(
        market=market, client=client, recorder=recorder, ledger=Ledger(Decimal(1_000_000)), replies=replies,
        prices=prices, next_id=lambda: CallId(f"call-{next(numbers):06d}"),
    )  # fmt: skip
    return LiveEvaluator(
        Plugs(
            task=task, market=market, renderer=PromptRenderer(task), scorer=scorer, caller=caller, recorder=recorder,
            costs=prices, known=Known(task, scorer, recorder),
        )
    )  # fmt: skip


def probes_of(task: TaskSpec, first: int, last: int) -> list[Probe]:
    """Cells `first` to `last` of models x items."""
    found = []
    for row, model in enumerate(MODELS):
        start = row * len(task.items)
        items = task.items[max(0, first - start) : max(0, last - start)]
        if items:
            found.append(Probe(candidate_id=CandidateId(model), item_ids=tuple(item.id for item in items)))
    return found


async def main(url: str, profile: Path | None) -> float:
    """CPU seconds per call of the measured part."""
    task, market = make_load(url)
    candidates = {CandidateId(model): Single(endpoint_id=EndpointId(model)) for model in MODELS}
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as (journal, replies):
        async with ProviderClient(market, {ProviderId("p0"): KEY}) as client:
            evaluator = evaluator_of(task, market, client, journal, replies)

            async def buy(probes: Sequence[Probe]) -> None:
                evaluator.bound_usd(probes, candidates)
                outcomes = await evaluator.evaluate(probes, candidates)
                assert all(outcome.status is Status.OK for outcome in outcomes)

            await buy(probes_of(task, 0, N_WARM_UP))
            with profiled(profile):
                start_s = cpu_s()
                await buy(probes_of(task, N_WARM_UP, N_WARM_UP + N_CALLS))
                return (cpu_s() - start_s) / N_CALLS


@contextmanager
def profiled(path: Path | None) -> Iterator[None]:
    """A profile of the block, where one is wanted."""
    if path is None:
        yield
        return
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(path)


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)))
