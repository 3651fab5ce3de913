"""The learned and tuned constants of the default search: where each lives, what is tried, and how it is overridden.

A constant is named `part.name`: `prior` and `rules` are fields of `PriorRules` and `ModelRules`, `race` and `cascade`
parameters of the plan's sampler and combiner; anything else is a module constant, `decide.choice.LEAST_WORTH` say.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from modelsearch.compare.contenders import Contender
from modelsearch.core.plan import Phase
from modelsearch.decide import gaps
from modelsearch.search.combiners.confidence_cascade import ConfidenceCascade
from modelsearch.search.samplers.gap_race import GapRace
from modelsearch.stats.gap_model import ModelRules

PARTS: Mapping[str, type[Any]] = {"race": GapRace, "cascade": ConfidenceCascade}
ROOT = "modelsearch."


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A constant and the values tried: what is shipped first, then about half and about double of it."""

    name: str
    grid: tuple[float, ...]


_NAMES = (
    *("decide.estimates.CAUTION", "decide.choice.LEAST_WORTH", "decide.row_facts.PRICE_SLOPE"),
    *("decide.row_facts.SIZE_SLOPE", "decide.row_facts.UNSIZED", "prior.family_share", "race.first_share", "race.near"),
    *("rules.residual_correlation", "rules.n_factors", "prior.above_best", "prior.reference_sd", "prior.mean_sd"),
    *("race.step_share", "race.sensor_share", "race.growth", "race.first_items", "race.sensor_start"),
    *(
        "prior.half_items",
        "decide.row_facts.FACT_ROWS",
        "rules.dispersion_items",
        "prior.loading_sd",
        "prior.mean_rows",
    ),
    *("race.n_sensors_first", "race.sure_p", "decide.costs.ITEM_LOG_SPREAD", "decide.costs.LOG_SPREAD"),
    *("stats.gap_features.NOISE_FLOOR", "stats.gap_features.LOADING_SD", "prior.loading_rows", "prior.near"),
    *(
        "rules.least_dispersion",
        "rules.most_dispersion",
        "decide.row_facts.LEAST_LOG_SPREAD",
        "stats.gap_value.N_TOGETHER",
    ),
    *("decide.costs.LIST_ITEMS", "decide.costs.SPREAD_ROWS", "decide.costs.SPREAD_ITEMS", "race.n_sensors"),
    *("decide.costs.RATIO_CANDIDATES", "search.samplers.gap_race.HOPED_SAVING", "search.samplers.gap_race.WIDER"),
    *("stats.gap_features.N_STEPS", "stats.gap_model.N_STEPS", "cascade.min_gain", "cascade.min_items"),
)
"""Those that are expected to matter most first. Left out: `PAST_TRUST`, which nothing hangs on without a past, and
`ridge_rows`, which only speaks where no slope is expected."""
_MOST = {"race.step_share": 1.0, "race.near": 1.0, "prior.family_share": 0.9, "decide.choice.LEAST_WORTH": 0.5}


def constants() -> tuple[Constant, ...]:
    """All of them, with what is shipped now."""
    return tuple(Constant(name=name, grid=_grid(name)) for name in _NAMES)


def shipped(name: str) -> float:
    """The value in use.

    Raises:
        AttributeError: there is no such constant.
    """
    part, _, field = name.rpartition(".")
    rules = gaps.RULES
    owner = {"prior": rules.prior, "rules": rules, **{name: made() for name, made in PARTS.items()}}.get(part)
    value = getattr(owner if owner is not None else import_module(ROOT + part), field)
    return value if isinstance(value, int) else float(value)


def _grid(name: str) -> tuple[float, ...]:
    value = shipped(name)
    if isinstance(value, int):
        return (value, max(1, value // 2), 2 * value)
    return (value, value / 2, min(2 * value, _MOST.get(name, 2 * value)))


def with_value(contender: Contender, name: str, value: float) -> Contender:
    """The contender with a parameter of its plan replaced; itself where the constant is none of the plan's."""
    part, _, field = name.rpartition(".")
    if part not in PARTS:
        return contender
    phases = tuple(_changed(phase, part, field, value) for phase in contender.plan.phases)
    return replace(contender, plan=replace(contender.plan, phases=phases))


def _changed(phase: Phase, part: str, field: str, value: float) -> Phase:
    def changed(strategy: Any) -> Any:
        return replace(strategy, **{field: value}) if isinstance(strategy, PARTS[part]) else strategy

    return replace(phase, sampler=changed(phase.sampler), combiners=tuple(changed(each) for each in phase.combiners))


@contextmanager
def overridden(name: str, value: float) -> Iterator[None]:
    """Everything in this process computes with another value, until the end of the block."""
    part, _, field = name.rpartition(".")
    if part in PARTS:
        yield
    elif part in ("prior", "rules"):
        before = gaps.gap_posterior.__defaults__
        gaps.gap_posterior.__defaults__ = (_rules(part, field, value),)
        try:
            yield
        finally:
            gaps.gap_posterior.__defaults__ = before
    else:
        with _patched(ROOT + part, field, value):
            yield


def _rules(part: str, field: str, value: float) -> ModelRules:
    rules: ModelRules = gaps.RULES
    changed: dict[str, Any] = {field: value}
    return replace(rules, prior=replace(rules.prior, **changed)) if part == "prior" else replace(rules, **changed)


@contextmanager
def _patched(module: str, field: str, value: float) -> Iterator[None]:
    """A module constant replaced where it lives and wherever it was imported by name."""
    before = getattr(import_module(module), field)
    loaded = [found for key, found in sorted(sys.modules.items()) if key.startswith(ROOT) and found is not None]
    places = [found for found in loaded if found.__name__ == module or vars(found).get(field) is before]
    for place in places:
        setattr(place, field, value)
    try:
        yield
    finally:
        for place in places:
            setattr(place, field, before)
