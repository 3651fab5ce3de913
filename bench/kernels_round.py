"""One round of every phase of plan `balanced` on a made-up view: CPU of each, and the peak memory of the process.

python -m bench.kernels_round N_CANDIDATES N_ITEMS SEED; the last line is "cpu_s gib" of the slowest phase.
"""

import resource
import sys
import time
from dataclasses import replace
from statistics import median

import numpy as np
import numpy.typing as npt

from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.ids import ModelId
from modelsearch.core.market import Market
from modelsearch.core.plan import Phase
from modelsearch.core.search import SearchView
from modelsearch.search.loop import decide_move
from modelsearch.search.plan import make_plan
from modelsearch.settings import read_settings
from modelsearch.testing.factories import make_market, make_view

N_FAMILIES = 40
N_ROUNDS = 3
BUDGET_SHARE = 0.05

Floats = npt.NDArray[np.float64]


def main(n_candidates: int, n_items: int, seed: int) -> None:
    """Print the CPU of each phase's round, the median of 3 rounds, and the two numbers."""
    plan = make_plan(read_plan("balanced", read_settings().catalogs / "plans"))
    world = _World(n_candidates, n_items, seed)
    print(f"plan balanced, {n_candidates:,} candidates x {n_items:,} items, {world.share:.0%} bought")
    slowest_s = max(_phase_s(world, phase) for phase in plan.phases)
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux tells KiB
    print(f"peak memory {gib:.2f} GiB")
    print(f"{slowest_s:.4f} {gib:.4f}")


class _World:
    """Candidates of 40 families with a price and a quality each, and how deep they are bought in each round."""

    def __init__(self, n_candidates: int, n_items: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.cost_usd = np.sort(np.exp(rng.normal(-7.0, 2.0, n_candidates)))[::-1].copy()
        ability = 1.5 + 0.15 * np.log(self.cost_usd / self.cost_usd[0]) + rng.normal(0.0, 0.35, n_candidates)
        ability[0] = 1.5
        odds = ability[:, None] - rng.normal(0.0, 1.5, n_items)[None, :]
        self.score = (rng.random((n_candidates, n_items)) < 1.0 / (1.0 + np.exp(-odds))).astype(np.float32)
        self.market = _market(self.cost_usd)
        order = rng.permutation(np.arange(1, n_candidates))
        self.depth = np.zeros(n_candidates, dtype=np.int64)
        self.depth[order[: n_candidates // 3]] = 12
        self.depth[order[:40]] = rng.choice([64, 128, 256], 40)
        self.depth[-60:] = n_items  # sensors: the cheapest, whole
        self.depth[0] = n_items // 3
        self.share = float(self.depth.mean() / n_items)
        self.open = order[: n_candidates // 3]

    def view(self, number: int, phase: str = "") -> SearchView:
        """The view of a round: the open ones are 8 items deeper each time."""
        depth = self.depth.copy()
        depth[self.open] += 8 * number
        is_bought = np.arange(self.score.shape[1])[None, :] < depth[:, None]
        seen = make_view(
            np.where(is_bought, self.score, np.nan),
            market=self.market,
            cost_usd=self.cost_usd,
            phase=phase,
            round=number,
            spend_left_usd=float(BUDGET_SHARE * self.cost_usd.sum() * self.score.shape[1]),
        )
        is_yes = (np.arange(self.score.shape[1]) % 2 == 0)[None, :] == (self.score == 1)
        answer = np.where(is_bought, is_yes, -1).astype(np.int32)
        answer.setflags(write=False)
        return replace(seen, outcomes=replace(seen.outcomes, answer=answer, answers=("no", "yes")))


def _market(cost_usd: Floats) -> Market:
    plain = make_market(len(cost_usd), list_cost_usd=cost_usd)
    models = {
        ModelId(name): replace(model, family=f"family {row % N_FAMILIES}")
        for row, (name, model) in enumerate(plain.models.items())
    }
    return replace(plain, models=models)


def _phase_s(world: _World, phase: Phase) -> float:
    """Median CPU of a round, after one round to warm up; views are made outside the time."""
    times = []
    for number in range(N_ROUNDS + 1):
        view = world.view(number, phase.name)
        began = time.process_time()
        move = decide_move(view, phase)
        times.append(time.process_time() - began)
    told = f"{len(move.drops)} drops, {len(move.additions)} additions, probes of {len(move.probes)} candidates"
    print(f"phase {phase.name}: {median(times[1:]):.3f} s CPU a round (first {times[0]:.3f} s); last: {told}")
    return median(times[1:])


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4]))
