"""The engine: the live evaluator as a search wires it, with client, limits, journal, ledger, prices and reply store.

`python -m bench.throughput_engine URL IN_FLIGHT WARM_UP CALLS [PROFILE]` prints CPU and wall per call in s; where a
file is named, a profile goes there.
"""

import asyncio
import cProfile
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from pathlib import Path

from bench.throughput_load import LABELS, N_ITEMS, SYSTEM, allow_files, cpu_s, model_names, read_items
from modelsearch.core.candidate import Candidate, Single
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


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked, of whom, with how many calls in flight."""

    url: str
    n_in_flight: int
    n_models: int
    n_items: int = N_ITEMS

    def made(self) -> tuple[TaskSpec, Market]:
        """The task and its market at a server."""
        rows = read_items(self.n_items)
        task = make_task(
            items=tuple(Item(id=ItemId(row["id"]), input=row["input"], target=row["target"]) for row in rows),
            prompts=(Prompt(id=PromptId("default"), system=SYSTEM, user="{{ input }}"),),
            scorer=ScorerSpec(name="choice"),
            labels=LABELS,
            max_output_tokens=64,
        )
        provider = make_provider(base_url=self.url, max_concurrency=self.n_in_flight, key_env="BENCH_KEY")
        return task, replace(make_market(self.n_models), providers={provider.id: provider})


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A live evaluator over a journal; cells are counted over models x items."""

    task: TaskSpec
    candidates: dict[CandidateId, Candidate]
    evaluator: LiveEvaluator

    async def buy(self, first: int, last: int) -> None:
        """Buy the cells from `first` to before `last`."""
        probes = self.probes(first, last)
        self.evaluator.bound_usd(probes, self.candidates)
        outcomes = await self.evaluator.evaluate(probes, self.candidates)
        assert len(outcomes) == last - first
        assert all(outcome.status is Status.OK and outcome.spend_usd > 0 for outcome in outcomes)

    def probes(self, first: int, last: int) -> list[Probe]:
        """Cells `first` to `last` of models x items."""
        found = []
        for row, name in enumerate(self.candidates):
            start = row * len(self.task.items)
            items = self.task.items[max(0, first - start) : max(0, last - start)]
            if items:
                found.append(Probe(candidate_id=name, item_ids=tuple(item.id for item in items)))
        return found


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Journal, SqliteReplies]]:
    """Journal and reply store, as a search opens them."""
    replies = SqliteReplies(folder / "replies.sqlite")
    try:
        with Journal.open(folder / "run" / "journal.bin", header={"run_id": "r", "fingerprint": "f"}) as journal:
            yield journal, replies
    finally:
        replies.close()


@asynccontextmanager
async def engine_of(load: Load, folder: Path) -> AsyncIterator[Engine]:
    """The engine wired as in production, its files in a folder."""
    task, market = load.made()
    with opened(folder) as (journal, replies):
        async with ProviderClient(market, {ProviderId("p0"): KEY}) as client:
            singles = [Single(endpoint_id=EndpointId(name)) for name in model_names(load.n_models)]
            evaluator = evaluator_of(task, market, client, journal, replies)
            yield Engine(task=task, candidates={single.id: single for single in singles}, evaluator=evaluator)


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


async def main(url: str, sizes: tuple[int, int, int], profile: Path | None) -> tuple[float, float]:
    """CPU and wall per call of the measured part, in s."""
    n_in_flight, n_warm_up, n_calls = sizes
    allow_files()
    load = Load(url=url, n_in_flight=n_in_flight, n_models=-(-(n_warm_up + n_calls) // N_ITEMS))
    with tempfile.TemporaryDirectory() as folder:
        async with engine_of(load, Path(folder)) as engine:
            await engine.buy(0, n_warm_up)
            with profiled(profile):
                start_cpu_s, start_s = cpu_s(), time.perf_counter()
                await engine.buy(n_warm_up, n_warm_up + n_calls)
                return (cpu_s() - start_cpu_s) / n_calls, (time.perf_counter() - start_s) / n_calls


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
    n_in_flight, n_warm_up, n_calls = map(int, sys.argv[2:5])
    print(
        *asyncio.run(
            main(sys.argv[1], (n_in_flight, n_warm_up, n_calls), Path(sys.argv[5]) if len(sys.argv) > 5 else None)
        )
    )
