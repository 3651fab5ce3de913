"""Bandits in worlds with a known best choice: less regret than random at equal spend, and means that stay unbiased.

Twenty-four candidates on 300 items of a logistic world, each cheaper than the one before, the baseline the dearest;
15 % of what everything costs may be spent. Regret of a choice: the largest saving of a truly good enough candidate,
less what was captured, and 1 more where the choice is worse than the margin allows. Measured over the 8 worlds: ucb
.12, thompson and top_two 0, lrf (ucb after it) .12, tier_ladder .12, halving .12, random .72.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from modelsearch.core.market import Tier
from modelsearch.core.ports import Filter, Sampler
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.filters.top_fraction import TopFraction
from modelsearch.search.samplers.lrf import Lrf
from modelsearch.search.samplers.random_order import RandomOrder
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.search.samplers.thompson import Thompson
from modelsearch.search.samplers.tier_ladder import TierLadder
from modelsearch.search.samplers.ucb import Ucb
from modelsearch.search.score_matrix import EnsembleOptions, score_matrix
from modelsearch.stats.bandit import simple_regret
from modelsearch.testing.situations import World

pytestmark = pytest.mark.slow

N_ROWS, N_ITEMS, N_WORLDS = 24, 300, 8
SPEND_SHARE = 0.15
MARGIN = 0.05
SEARCHES: dict[str, tuple[Sampler, Sequence[Filter]]] = {
    "ucb": (Ucb(), ()),
    "thompson": (Thompson(rule="thompson"), ()),
    "top_two": (Thompson(), ()),
    "lrf": (Lrf(n_fits=2, step_items=24), ()),
    "tier_ladder": (TierLadder(), ()),
    "halving": (RoundRobin(halving=2.0), (TopFraction(),)),
    "random": (RandomOrder(n_items=100), ()),
}
FILLED_BY: dict[str, Sampler] = {"lrf": Ucb()}
"""Who spends the second half: what is decided reads the unbroken run of the shared order, and draws leave holes."""


@cache
def world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    ability = np.where(np.arange(N_ROWS) == 0, 1.8, 1.0 - np.abs(rng.normal(0.0, 1.0, N_ROWS)))
    ability[int(rng.integers(N_ROWS // 2, N_ROWS))] = 2.0  # there is something to find
    p = 1 / (1 + np.exp(rng.normal(0.0, 1.3, N_ITEMS)[None, :] - ability[:, None]))
    cost_usd = np.array([0.01 * 0.8**row for row in range(N_ROWS)], dtype=np.float64)
    return World(scores=(rng.random(p.shape) < p).astype(np.float64), cost_usd=cost_usd)


def started(seed: int) -> SearchView:
    """With four price tiers, so that there is a ladder."""
    made = world(seed)
    view = made.start(float(made.cost_usd.sum()) * N_ITEMS * SPEND_SHARE)
    per_usd = 1e6 / 180 * 1.75  # blended USD per Mtok for each USD of an item, as the factories price it
    bounds = [0.0, *(0.01 * 0.8**row * per_usd * 1.1 for row in (15, 8, 2))]
    tiers = tuple(
        Tier(name=f"t{n}", min_usd_per_mtok=Decimal(repr(low)), max_usd_per_mtok=None) for n, low in enumerate(bounds)
    )
    market = replace(view.setting.market, tiers=tiers)
    task = replace(view.setting.task, margin=MARGIN)
    return replace(view, setting=replace(view.setting, market=market, task=task, seed=seed))


@cache
def searched(name: str, seed: int) -> SearchView:
    """The view at the end of a search."""
    sampler, filters = SEARCHES[name]
    view = start = started(seed)
    for _ in range(60):
        gone = {drop.candidate_id for strategy in filters for drop in strategy.drop(view)}
        view = replace(view, pool=tuple(c for c in view.pool if c not in gone))
        if name in FILLED_BY and view.spend_left_usd < start.spend_left_usd / 2:
            sampler = FILLED_BY[name]
        probes = sampler.ask(view)
        if not probes:
            break
        view, _ = world(seed).bought(view, probes)
    return view


def values(seed: int) -> Floats:
    """(n_rows,) true worth of choosing each: its saving, -1 where it is not good enough, 0 for the baseline."""
    made = world(seed)
    gap = made.scores.mean(axis=1) - made.scores[0].mean()
    return np.where(gap >= -MARGIN - 1e-9, 1.0 - made.cost_usd / made.cost_usd[0], -1.0)


@cache
def regret(name: str) -> Floats:
    """(n_worlds,) simple regret of what would be recommended at the end."""
    found = []
    for seed in range(N_WORLDS):
        view = searched(name, seed)
        chosen = recommend(view, estimates(view)).candidate_id
        found.append(simple_regret(values(seed), view.row[chosen]))
    return np.array(found)


@pytest.mark.parametrize("name", [name for name in SEARCHES if name != "random"])
def test_regret_is_below_random_at_equal_spend(name: str) -> None:
    assert regret(name).mean() < regret("random").mean() - 0.3


def test_doubly_robust_means_are_right_where_the_search_drew_the_items() -> None:
    """Standardised errors of every row that a search drew from, over its own variance and over the worlds."""
    errors = []
    for seed in range(N_WORLDS):
        view = searched("lrf", seed)
        found = score_matrix(view, EnsembleOptions(rank=2, n_fits=2, dropped_share=0.2), np.random.default_rng(0))
        truth = world(seed).scores.mean(axis=1)
        errors += [
            (m.mean - truth[view.row[c]]) / np.sqrt(m.variance) for c, m in found.row_means.items() if m.variance > 0
        ]
    n = len(errors)
    assert n > 15
    assert abs(np.mean(errors)) < 3 / np.sqrt(n)
    assert np.std(errors) < 1.4
