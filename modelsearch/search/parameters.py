"""Checks of strategies' parameters at construction: one form of message for all."""

from modelsearch.core.errors import PlanError


def require_range(owner: object, name: str, low: float, high: float) -> None:
    """The parameter `name` of a strategy is a number in [low, high].

    Raises:
        PlanError: it is not.
    """
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        message = f"{name} of {type(owner).__name__}: expected a number in [{low:g}, {high:g}], got {value!r}: {MEND}"
        raise PlanError(message)


def require_count(owner: object, name: str, low: int, high: int = 1_000_000) -> None:
    """The parameter `name` of a strategy is an integer in low..high.

    Raises:
        PlanError: it is not.
    """
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        message = f"{name} of {type(owner).__name__}: expected an integer in {low}..{high}, got {value!r}: {MEND}"
        raise PlanError(message)


def require_one_of(owner: object, name: str, allowed: tuple[str, ...]) -> None:
    """The parameter `name` of a strategy is one of some words.

    Raises:
        PlanError: it is not.
    """
    value = getattr(owner, name)
    if value not in allowed:
        message = f"{name} of {type(owner).__name__}: expected one of {', '.join(allowed)}, got {value!r}: {MEND}"
        raise PlanError(message)


def require_flag(owner: object, name: str) -> None:
    """The parameter `name` of a strategy is true or false.

    Raises:
        PlanError: it is not.
    """
    value = getattr(owner, name)
    if not isinstance(value, bool):
        message = f"{name} of {type(owner).__name__}: expected true or false, got {value!r}: {MEND}"
        raise PlanError(message)


MEND = "correct it in the plan"
