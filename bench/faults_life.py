"""One life of a run of `bench.faults`, in a process of its own: go on where the journal ends, ask for every item.

The one argument is JSON, the fields of `Asked`. Prints what came of it as JSON; a run that cannot go on ends with the
error on stderr and the exit code that the command line has for it.
"""

import asyncio
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Self

from bench.faults_world import market as base_market
from bench.faults_world import task_of
from modelsearch.api.recover import CALL_PREFIX, first_free_number, recover
from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.events import Warned
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.money import ZERO_USD
from modelsearch.core.ports import Client
from modelsearch.core.search import Probe
from modelsearch.emulator.server import emulated_market
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
from modelsearch.store.replies import MemoryReplies

BUDGET_USD = Decimal(1_000_000)
NOBODY = 65_534
_HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a life is asked to do.

    Attributes:
        url: of the emulator; `urls` stand in for it at single providers.
        step_items: of each model in a round; `max_rounds` over all items at most.
        max_file_bytes: no file of the process may grow beyond.
        is_clock_jumping: the wall clock jumps by hours at every look.
        is_nobody: give up root's rights over files first.
        round_s: sleep after each round.
    """

    url: str
    folder: str
    n_items: int
    models: list[str] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    step_items: int = 10_000
    max_rounds: int = 40
    max_file_bytes: int = 0
    is_clock_jumping: bool = False
    is_nobody: bool = False
    round_s: float = 0.0

    def market(self) -> Market:
        """The models that are asked, at the emulator."""
        market = emulated_market(base_market(), self.url)
        wanted = {EndpointId(name) for name in self.models} or set(market.endpoints)
        providers = {
            key: replace(provider, base_url=self.urls.get(key, provider.base_url))
            for key, provider in market.providers.items()
        }
        endpoints = {key: endpoint for key, endpoint in market.endpoints.items() if key in wanted}
        return replace(market, providers=providers, endpoints=endpoints)


@dataclass(kw_only=True)
class Life:
    """An evaluator brought up to date with the journal, and what it buys.

    Attributes:
        ended_s: seconds until each model had all its outcomes.
    """

    asked: Asked
    evaluator: LiveEvaluator
    known: Known
    candidates: Mapping[CandidateId, Candidate]
    items: Sequence[ItemId]
    began_s: float = field(default_factory=time.monotonic)
    ended_s: dict[str, float] = field(default_factory=dict)

    async def run(self) -> Counter[str]:
        """Ask for all items in rounds until each has an outcome; statuses over all."""
        statuses: Counter[str] = Counter()
        for _ in range(self.asked.max_rounds):
            statuses.clear()
            for first in range(0, len(self.items), self.asked.step_items):
                wanted = tuple(self.items[first : first + self.asked.step_items])
                probes = [Probe(candidate_id=candidate_id, item_ids=wanted) for candidate_id in self.candidates]
                found = await self.evaluator.evaluate(probes, self.candidates)
                statuses.update(outcome.status.value for outcome in found)
                if self.asked.round_s:
                    await asyncio.sleep(self.asked.round_s)
            if not statuses["not_run"]:
                break
        return statuses


def open_life(asked: Asked, market: Market, journal: Journal, client: Client, path: Path) -> Life:
    """As a resumed search does it: settle what is open, take in what is known."""
    task = task_of(asked.n_items)
    _, events = Journal.read(path)
    numbers = count(first_free_number(events))
    prices = PriceBook(market=market)
    caller = Caller(
        market=market, client=client, recorder=journal, ledger=Ledger(ZERO_USD), replies=MemoryReplies(), prices=prices,
        next_id=lambda: CallId(f"{CALL_PREFIX}{next(numbers):06d}"),
    )  # fmt: skip
    found = recover(events, caller, market)
    ledger = Ledger.from_events(BUDGET_USD, Journal.read(path)[1])
    scorer = make_scorer(task)
    known = Known(task, scorer, journal)
    known.restore(found.outcomes)
    plugs = Plugs(
        task=task, market=market, renderer=PromptRenderer(task), scorer=scorer, caller=replace(caller, ledger=ledger),
        recorder=journal, costs=prices, known=known, paid=found.paid,
        origins=dict.fromkeys(market.providers, "emulator"),
    )  # fmt: skip
    singles = [Single(endpoint_id=endpoint_id) for endpoint_id in market.endpoints]
    items = [item.id for item in task.items]
    return Life(
        asked=asked,
        evaluator=LiveEvaluator(plugs),
        known=known,
        candidates={single.id: single for single in singles},
        items=items,
    )


async def lived(asked: Asked) -> dict[str, object]:
    """Open the run, ask for everything, close it; what came of it."""
    path = Path(asked.folder) / "journal.bin"
    market = asked.market()
    with Journal.open(path, header={"run_id": "faults", "fingerprint": "faults"}) as journal:
        async with ProviderClient(market, {ProviderId(key): "" for key in market.providers}) as client:
            life = open_life(asked, market, journal, client, path)
            statuses = await life.run()
    wall_s = time.monotonic() - life.began_s
    marked = [f"{e.code} {e.subject}" for e in Journal.read(path)[1] if isinstance(e, Warned)]
    return {"statuses": dict(statuses), "wall_s": wall_s, "marked": marked}


class JumpingTime(datetime):
    """A `datetime` whose present is anywhere within a few hours of the true one."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """A moment."""
        return super().now(tz) + timedelta(seconds=_jump_s())


_RNG = random.Random(0)


def _jump_s() -> float:
    return _RNG.choice((-5.0, -1.0, 0.0, 2.0, 7.0)) * _HOUR_S


def let_clock_jump() -> None:
    """Make every look at the wall clock, by whichever way the product has, return another hour."""
    true_time = time.time
    time.time = lambda: true_time() + _jump_s()
    for name, module in list(sys.modules.items()):
        if name.startswith("modelsearch.") and getattr(module, "datetime", None) is datetime:
            vars(module)["datetime"] = JumpingTime


def main() -> int:
    asked = Asked(**json.loads(sys.argv[1]))
    if asked.is_clock_jumping:
        let_clock_jump()
    if asked.max_file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked.max_file_bytes, asked.max_file_bytes))
    if asked.is_nobody and os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        print(json.dumps(asyncio.run(lived(asked))))
    except ModelsearchError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
