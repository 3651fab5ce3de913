"""Arguments of the Python door as a request: paths, numbers and names, refused where they are no such thing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from modelsearch.api.request import SearchRequest, budget_of
from modelsearch.core.errors import OptionError
from modelsearch.core.task import TaskSpec
from modelsearch.taskfile.overrides import WEIGHTED, TaskOverrides

DEFAULT_PLAN = "balanced"
_NUMBERS = ("margin", "alpha", "max_latency_s", "min_quality", "target_quality")


def request_of(given: Mapping[str, Any]) -> SearchRequest:
    """The request that the arguments of `modelsearch.search` amount to.

    Args:
        given: all of them by name, but settings and watch.

    Raises:
        InputError: an argument is of the wrong type or out of range.
    """
    task = given["task"]
    url = given["emulator_url"]
    is_inline = isinstance(task, TaskSpec)
    return SearchRequest(
        task=None if is_inline else path_of(task, "task"),
        is_inline=is_inline,
        baseline=text_of(given["baseline"], "baseline"),
        budget_usd=budget_of(given["budget_usd"]),
        budget_share=number_of(given["budget_share"], "budget_share"),
        max_calls=whole_of(given["max_calls"], "max_calls"),
        recorded=path_of(given["recorded"], "recorded"),
        plan=str(path_of(given["plan"], "plan") or DEFAULT_PLAN),
        seed=whole_of(given["seed"], "seed") or 0,
        overrides=overrides_of(given),
        baseline_outcomes=path_of(given["baseline_outcomes"], "baseline_outcomes"),
        is_emulated=flag_of(given["is_emulated"], "is_emulated") or url is not None,
        emulator_url=None if url is None else text_of(url, "emulator_url"),
        batch=text_of(given["batch"], "batch"),
        batch_deadline_h=number_of(given["batch_deadline_h"], "batch_deadline_h") or 0.0,
        batch_min_calls=whole_of(given["batch_min_calls"], "batch_min_calls") or 0,
    )


def overrides_of(given: Mapping[str, Any]) -> TaskOverrides:
    """Margin, alpha and requirements.

    Raises:
        OptionError: an argument is of the wrong type.
    """
    numbers: dict[str, Any] = {name: number_of(given[name], name) for name in _NUMBERS}
    return TaskOverrides(
        **numbers,
        max_cost_usd_per_1k=amount_of(given["max_cost_usd_per_1k"], "max_cost_usd_per_1k"),
        weights=weights_of(given["weights"]),
        min_context_tokens=whole_of(given["min_context_tokens"], "min_context_tokens"),
        providers=_set_of(given["providers"], "providers"),
        pricing=_set_of(given["pricing"], "pricing"),
        include=names_of(given["include"], "include"),
        exclude=names_of(given["exclude"], "exclude"),
        needs=_set_of(given["require"], "require"),
        is_kind_strict=flag_of(given["is_kind_strict"], "is_kind_strict") or None,
    )


def path_of(value: object, name: str) -> Path | None:
    """A path, `~` read as the home folder; None stays None."""
    if value is None:
        return None
    if not isinstance(value, str | Path):
        raise _wrong(name, "a path, as str or pathlib.Path" + (" (or a TaskSpec)" if name == "task" else ""), value)
    return Path(value).expanduser()


def text_of(value: object, name: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise _wrong(name, "text", value)
    return value


def flag_of(value: object, name: str) -> bool:
    """True or False, and not what counts as such."""
    if not isinstance(value, bool):
        raise _wrong(name, "True or False", value)
    return value


def number_of(value: object, name: str) -> float | None:
    """A number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _wrong(name, "a number", value)
    return float(value)


def whole_of(value: object, name: str) -> int | None:
    """A whole number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, "a whole number", value)
    return value


def amount_of(value: object, name: str) -> Decimal | None:
    """USD, exact from text, int or Decimal, and from a float as it is written; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _wrong(name, "an amount in USD", value)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise _wrong(name, "an amount in USD", value) from None


def names_of(value: object, name: str) -> tuple[str, ...] | None:
    """Names or globs; one alone may be given as it is, and is not taken apart into letters. None stays None."""
    if value is None:
        return None
    found = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else ()
    if not found or isinstance(value, Mapping | bytes) or not all(isinstance(each, str) and each for each in found):
        raise _wrong(name, "names, as a list of text", value)
    return found


def weights_of(value: object) -> dict[str, float] | None:
    """Weights of the composite score by name; None stays None."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise _wrong("weights", f"a mapping from some of {', '.join(WEIGHTED)} to numbers", value)
    weights = {str(key): number_of(weight, f"weights[{key!r}]") for key, weight in value.items()}
    if None in weights.values():
        raise _wrong("weights", "a number for each name", value)
    return {key: weight for key, weight in weights.items() if weight is not None}


def _set_of(value: object, name: str) -> frozenset[str] | None:
    """Names without order; commas part them, as on the command line."""
    names = names_of(value, name)
    if names is None:
        return None
    parts = frozenset(part.strip() for each in names for part in each.split(",") if part.strip())
    if not parts:
        raise _wrong(name, "names, as a list of text", value)
    return parts


def _wrong(name: str, expected: str, value: object) -> OptionError:
    return OptionError(f"{name}: expected {expected}, got {value!r} ({type(value).__name__})")
