"""The yardsticks: the field's usual ways, each with three settings, with our free features, pairing and prices.

Every setting is judged by both decision rules, so that none loses for want of a fallback; the best row counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from modelsearch.compare.contenders import Contender
from modelsearch.compare.naive_bayesian import NaiveBayesian
from modelsearch.compare.optuna_models import OptunaModels
from modelsearch.compare.ucb_e import UcbE
from modelsearch.core.errors import OptionError
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.ports import Filter, Sampler
from modelsearch.search.filters.price_ceiling import PriceCeiling
from modelsearch.search.filters.top_fraction import TopFraction
from modelsearch.search.samplers.random_order import RandomOrder
from modelsearch.search.samplers.round_robin import RoundRobin

MAX_ROUNDS = 10_000
CHEAPER = PriceCeiling()
"""Not dearer than the baseline by list price: what everybody would do first."""


def peers() -> dict[str, tuple[Contender, ...]]:
    """The settings of each yardstick by its name."""
    return {name: _settings(name, make()) for name, make in _PEERS.items()}


def peer(name: str) -> tuple[Contender, ...]:
    """The settings of one yardstick.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in _PEERS:
        message = f"yardstick: expected one of {', '.join(sorted(_PEERS))}, got {name!r}"
        raise OptionError(message)
    return _settings(name, _PEERS[name]())


def yardstick_of(plan: str) -> str:
    """The yardstick that a row's plan belongs to: its name without setting and rule."""
    return plan.partition(":")[0]


def _settings(name: str, plans: Mapping[str, Plan]) -> tuple[Contender, ...]:
    return tuple(
        Contender(name=f"{name}:{setting}", plan=replace(plan, name=f"{name}:{setting}"), rules=("house", "point"))
        for setting, plan in plans.items()
    )


def _plan(sampler: Sampler, *filters: Filter, is_anytime: bool = False) -> Plan:
    phase = Phase(name="all", sampler=sampler, filters=filters, max_rounds=MAX_ROUNDS)
    return Plan(name="yardstick", phases=(phase,), is_anytime=is_anytime)


def _exhaustive() -> dict[str, Plan]:
    """Everybody on as many items as the money holds."""
    return {f"{n} items a step": _plan(RoundRobin(step_items=n)) for n in (2, 8, 32)}


def _random_models() -> dict[str, Plan]:
    """Models in random order, each whole or on a sample."""
    return {f"{n or 'all'} items": _plan(RandomOrder(n_items=n), CHEAPER) for n in (None, 400, 100)}


def _cost_filtered() -> dict[str, Plan]:
    """The cheaper ones, all on the same items."""
    return {
        f"below {share:g} of the baseline": _plan(RoundRobin(step_items=8), PriceCeiling(max_share=share))
        for share in (1.0, 0.5, 0.2)
    }


def _successive_halving() -> dict[str, Plan]:
    """Rungs of equal money; the better part of the cheaper ones goes on."""
    return {
        f"eta {eta:g}": _plan(RoundRobin(halving=eta), CHEAPER, TopFraction(fraction=1 / eta))
        for eta in (1.5, 2.0, 4.0)
    }


def _ucb_e() -> dict[str, Plan]:
    """Optimism about quality, blind to cost."""
    return {f"a {a:g}": _plan(UcbE(a=a), CHEAPER, is_anytime=True) for a in (0.25, 1.0, 4.0)}


def _naive_bayesian() -> dict[str, Plan]:
    """The client's own sketch."""
    return {f"{n or 'all'} items": _plan(NaiveBayesian(n_items=n), CHEAPER) for n in (None, 400, 100)}


def _optuna(kind: Literal["tpe", "gp"]) -> dict[str, Plan]:
    return {f"{n or 'all'} items": _plan(OptunaModels(kind=kind, n_items=n), CHEAPER) for n in (None, 400, 100)}


_PEERS: Mapping[str, Callable[[], dict[str, Plan]]] = {
    "exhaustive": _exhaustive,
    "random_models": _random_models,
    "cost_filtered": _cost_filtered,
    "successive_halving": _successive_halving,
    "ucb_e": _ucb_e,
    "naive_bayesian": _naive_bayesian,
    "optuna_tpe": lambda: _optuna("tpe"),
    "optuna_gp": lambda: _optuna("gp"),
}
