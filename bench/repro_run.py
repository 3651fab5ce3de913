"""Some searches in this process, decisions only: what `bench.repro` compares between processes.

python -m bench.repro_run CASES, CASES a JSON list of [world or folder, plan, seed]; prints one JSON object: what this
process is, and for each case its rounds and its recommendation. Nothing but ids, whole numbers and rounded
probabilities is told.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from bench.make_catalogs import CATALOGS
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.cases import baselines_of
from modelsearch.compare.contenders import house_choice
from modelsearch.compare.tables import Asked, Field, read_field
from modelsearch.core.events import Event, PhaseClosed
from modelsearch.core.search import Move
from modelsearch.evaluate.in_memory import InMemoryEvaluator, Till
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search, run_plan
from modelsearch.search.plan import make_plan
from modelsearch.testing.worlds import WorldShape, make_recorded_world

BUDGET_SHARE = 0.1
P_DIGITS = 6
WORLDS: Mapping[str, tuple[WorldShape, int]] = {
    "small world": (WorldShape(n_models=24, n_items=240), 1),
    "wide world": (WorldShape(n_models=120, n_items=900, n_families=15), 2),
    "even world": (WorldShape(n_models=40, n_items=400, price_quality=0.0, ability_sd=0.3), 3),
}
"""Shape and seed by name; in the last one nearly all models are alike, so that choices hang by a hair."""


class Decisions:
    """A recorder that keeps what was decided, as plain JSON."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def append(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, Move):
            self.told.append(told_of(event))
        elif isinstance(event, PhaseClosed):
            self.told.append([event.phase, event.reason])


def told_of(move: Move) -> list[Any]:
    """A move in ids."""
    drops = [[drop.candidate_id, drop.strategy] for drop in move.drops]
    additions = [candidate.id for candidate in move.additions]
    probes = [[probe.candidate_id, *probe.item_ids] for probe in move.probes]
    return [move.phase, move.round, drops, additions, probes, move.is_cut]


def main(cases: Sequence[tuple[str, str, int]]) -> int:
    """Search every case and print; BLAS would not take more threads than cores by itself."""
    threadpool_limits(int(os.environ.get("OPENBLAS_NUM_THREADS", "1")))
    found = {
        f"{source}, plan {plan}, seed {seed}": asyncio.run(decided(source, plan, seed)) for source, plan, seed in cases
    }
    blas = sorted({f"{each['internal_api']} x{each['num_threads']}" for each in threadpool_info()})
    this = f"Python {sys.version.split()[0]}, numpy {np.__version__}, {', '.join(blas)}"
    print(json.dumps({"process": this, "cases": found}))
    return 0


async def decided(source: str, plan: str, seed: int) -> list[Any]:
    """Rounds, then the recommendation."""
    table = field(source)
    asked = Asked(baseline=baselines_of(table)[0], budget_share=BUDGET_SHARE, seed=seed)
    setting = table.setting(asked)
    till, fold, decisions = Till(setting.budget.spend_usd), Fold(setting), Decisions()
    search = Search(fold=fold, evaluator=InMemoryEvaluator(table.cells, till), recorder=decisions, ledger=till)
    await run_plan(search, make_plan(read_plan(plan, CATALOGS / "plans")))
    choice = house_choice(fold.view())
    p_right = None if choice.p_right is None else round(choice.p_right, P_DIGITS)
    return [
        *decisions.told,
        ["recommended", choice.candidate_id, choice.verdict, p_right, str(till.spend().settled_usd)],
    ]


@lru_cache(maxsize=len(WORLDS) + 1)
def field(source: str) -> Field:
    """A world by name, or the table of a folder."""
    if source in WORLDS:
        shape, seed = WORLDS[source]
        return Field(make_recorded_world(shape, seed, source).table)
    return read_field(Path(source))


if __name__ == "__main__":
    sys.exit(main([tuple(case) for case in json.loads(sys.argv[1])]))
