"""Makes a synthetic world that looks like the real market: a few cheap endpoints are as good as the baseline, most are
not. Draws are repeated with the next number of the seed until that holds, so that every seed gives a usable world.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Endpoint, Market, RateKind
from modelsearch.core.task import TaskSpec, output_limit_tokens
from modelsearch.emulator.world import World
from modelsearch.emulator.world_market import default_templates, list_prices, with_scores, world_market
from modelsearch.emulator.world_outcomes import WorldOutcomes, abilities, draw_outcomes
from modelsearch.emulator.world_random import Floats

N_MODELS, N_HOSTS = 24, 4
MAX_TRIES = 200
CHEAP_SHARE = 0.4
CLOSE_SHARE = 0.25
"""Of the margin: at least one cheap endpoint loses no more, or a few hundred items could not show it as good."""
MIN_FEASIBLE, MAX_FEASIBLE_SHARE = 2, 0.2
MIN_BASELINE_QUALITY = 0.8
_SHORT_TOKENS, _LONG_TOKENS = 10, 1000
_KINDS: tuple[RateKind, RateKind] = ("input", "output")


@dataclass(frozen=True, kw_only=True)
class _Try:
    """One draw of a world; `badness` 0 = looks like the real market."""

    label: str
    outcomes: WorldOutcomes
    baseline: int
    badness: float


def make_world(
    task: TaskSpec, *, seed: int, n_models: int = N_MODELS, n_hosts: int = N_HOSTS, base: Market | None = None
) -> World:
    """A world for a task.

    Args:
        task: items, labels, scorer, margin and output limit.
        seed: equal seeds and tasks give equal worlds.
        n_models: 10 to 24 fictional models.
        n_hosts: at most this many offers of each open model, 1 to 6.
        base: a real catalogue whose tiers, task kinds and complexity rule are used; none of its models are.
    """
    templates = default_templates(n_models)
    market = world_market(task, f"world/{seed}", templates, n_hosts, base)
    endpoints = tuple(market.endpoints.values())
    by_id = {template.id: template for template in templates}
    labels = [f"world/{seed}/{number}" for number in range(MAX_TRIES)]
    tries = (_judged(task, label, market, draw_outcomes(task, label, endpoints, by_id)) for label in labels)
    best = _first_good(tries)
    return World(
        task=task,
        seed=seed,
        market=with_scores(market, best.label, abilities(templates, best.label)),
        default_baseline=EndpointId(endpoints[best.baseline].id),
        endpoints=endpoints,
        outcomes=best.outcomes,
    )


def _first_good(tries: Iterator[_Try]) -> _Try:
    """The first that looks right, else the least bad; at least one is given."""
    best = next(tries)
    while best.badness > 0 and (found := next(tries, None)) is not None:
        best = min(best, found, key=lambda each: each.badness)
    return best


def _costs(endpoints: Sequence[Endpoint], outcomes: WorldOutcomes, n_input: int) -> Floats:
    """(n_endpoints,) mean price of an item with a prompt of `n_input` tokens, hidden tokens included."""
    n_output = (outcomes.visible + outcomes.hidden).mean(axis=1)
    prices = [list_prices(endpoint) for endpoint in endpoints]
    usd_input, usd_output = (np.array([float(row[kind] or 0) for row in prices]) for kind in _KINDS)
    return np.asarray(usd_input * n_input + usd_output * n_output, dtype=np.float64)


def _judged(task: TaskSpec, label: str, market: Market, outcomes: WorldOutcomes) -> _Try:
    """A draw with its baseline: the most accurate endpoint of a premium provider, the dearer of equals."""
    endpoints = tuple(market.endpoints.values())
    short, long = (_costs(endpoints, outcomes, n_input) for n_input in (_SHORT_TOKENS, _LONG_TOKENS))
    limits = np.array([output_limit_tokens(task, endpoint) for endpoint in endpoints])
    is_cut = outcomes.visible + outcomes.hidden > limits[:, None]
    quality = (outcomes.is_right & ~outcomes.is_refused & ~is_cut).mean(axis=1)
    is_premium = np.array([market.providers[e.provider_id].pricing_class == "premium" for e in endpoints])
    baseline = int(np.lexsort((-short, -np.where(is_premium, quality, -1.0)))[0])
    is_cheap = (short <= CHEAP_SHARE * short[baseline]) & (long <= CHEAP_SHARE * long[baseline])
    is_feasible = (quality >= quality[baseline] - task.margin) & is_cheap
    is_close = is_cheap & (quality >= quality[baseline] - CLOSE_SHARE * task.margin)
    n_feasible, most = int(is_feasible.sum()), MAX_FEASIBLE_SHARE * len(endpoints)
    badness = float(not is_close.any()) + max(0.0, MIN_FEASIBLE - n_feasible) + max(0.0, n_feasible - most)
    badness += 10.0 * max(0.0, MIN_BASELINE_QUALITY - float(quality[baseline]))
    return _Try(label=label, outcomes=outcomes, baseline=baseline, badness=badness)
