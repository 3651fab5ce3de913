"""Plan data -> strategy objects.

A plan is a mapping `{name, is_anytime, phases}`, a phase one of `{name, filters, rankers, sampler, combiners,
spend_share, max_rounds}`, in which a strategy is a registered name, or `{name: parameters}`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, cast

from modelsearch.core.errors import PlanError
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.registry import Role, lookup

_PHASE_KEYS = ("name", "filters", "rankers", "sampler", "combiners", "spend_share", "max_rounds")


def make_plan(data: Mapping[str, Any]) -> Plan:
    """Build a plan.

    Raises:
        PlanError: an unknown key, a bad parameter, a share outside (0, 1], two phases of one name, or a plan that is
            called anytime and is not.
        RegistryError: an unknown strategy.
    """
    name = str(data.get("name", "plan"))
    phases = data.get("phases")
    if not isinstance(phases, list) or not phases:
        message = f"plan {name!r}: `phases` must be a list of at least one phase, got {phases!r}"
        raise PlanError(message)
    built = tuple(_phase(name, phase) for phase in phases)
    names = [phase.name for phase in built]
    if len(set(names)) < len(names):
        message = f"plan {name!r}: phase names must differ, got {names}"
        raise PlanError(message)
    return Plan(name=name, phases=built, is_anytime=_is_anytime(name, data, built))


def make_strategy(role: Role, spec: object, *, where: str = "plan") -> Any:
    """One strategy from its name or `{name: parameters}`.

    Raises:
        PlanError: the parameters are not those of the strategy, or out of range.
    """
    name, params = _name_and_params(role, spec, where)
    cls = lookup(role, name).cls
    try:
        return cls(**params)
    except TypeError as error:
        fields = sorted(getattr(cls, "__dataclass_fields__", {}))
        message = f"{where}: {role} {name!r} takes the parameters {fields}, got {sorted(params)} ({error})"
        raise PlanError(message) from None


def _is_anytime(name: str, data: Mapping[str, Any], phases: tuple[Phase, ...]) -> bool:
    """What the plan says of itself; a phase that may spend a share only ends by the budget."""
    is_anytime = data.get("is_anytime", False)
    if not isinstance(is_anytime, bool):
        message = f"plan {name!r}: is_anytime must be true or false, got {is_anytime!r}"
        raise PlanError(message)
    shared = [phase.name for phase in phases if phase.sampler is not None and phase.spend_share < 1]
    if is_anytime and shared:
        message = f"plan {name!r}: is_anytime allows no spend_share below 1 in a phase that buys, got {shared}"
        raise PlanError(message)
    return is_anytime


def _name_and_params(role: Role, spec: object, where: str) -> tuple[str, dict[str, Any]]:
    if isinstance(spec, str):
        return spec, {}
    if isinstance(spec, Mapping) and len(spec) == 1:
        name, params = next(iter(spec.items()))
        if isinstance(name, str) and isinstance(params, Mapping | None):
            return name, dict(params or {})
    message = f"{where}: a {role} is a name or {{name: parameters}}, got {spec!r}"
    raise PlanError(message)


def _phase(plan: str, data: object) -> Phase:
    if not isinstance(data, Mapping) or not isinstance(data.get("name"), str):
        message = f"plan {plan!r}: a phase is a mapping with a `name`, got {data!r}"
        raise PlanError(message)
    where = f"plan {plan!r}, phase {data['name']!r}"
    for key in data:
        if key not in _PHASE_KEYS:
            near = get_close_matches(str(key), _PHASE_KEYS, 1)
            message = f"{where}: allowed keys are {', '.join(_PHASE_KEYS)}, got {key!r}" + (
                f"; did you mean {near[0]!r}?" if near else ""
            )
            raise PlanError(message)
    sampler = data.get("sampler")
    return Phase(
        name=data["name"],
        filters=_strategies("filter", data.get("filters"), where),
        rankers=_strategies("ranker", data.get("rankers"), where),
        sampler=make_strategy("sampler", sampler, where=where) if sampler else None,
        combiners=_strategies("combiner", data.get("combiners"), where),
        spend_share=_number(where, data, "spend_share", default=1.0, high=1.0),
        max_rounds=_count(where, data, "max_rounds", default=1 if not sampler else 100, high=10_000),
    )


def _strategies(role: Role, specs: object, where: str) -> tuple[Any, ...]:
    """The strategies of a list."""
    if not isinstance(specs, list | tuple | None):
        message = f"{where}: {role}s must be a list of names or {{name: parameters}}, got {specs!r}"
        raise PlanError(message)
    return tuple(make_strategy(role, spec, where=where) for spec in specs or ())


def _count(where: str, data: Mapping[str, Any], key: str, *, default: int, high: int) -> int:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        message = f"{where}: {key} must be a whole number from 1 to {high}, got {value!r}"
        raise PlanError(message)
    return value


def _number(where: str, data: Mapping[str, Any], key: str, *, default: float, high: float) -> float:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= high:
        message = f"{where}: {key} must be in (0, {high:g}], got {value!r}"
        raise PlanError(message)
    return cast("float", value)
