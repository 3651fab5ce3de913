"""What is asked for can be had: names of the market, for a typo must not silently drop all; items that can be sent."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import get_args

from modelsearch.catalog.schema import Capability
from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.ids import canonical_json
from modelsearch.core.market import Market
from modelsearch.core.task import Requirements, TaskSpec

_OWN_NEEDS = ("open-weights", "zdr")
_REGION = "region="


def check_names(wanted: Requirements, market: Market) -> None:
    """Refuse providers that the market does not have, and needs that nobody can meet.

    Raises:
        OptionError: naming those that are near.
    """
    for name in sorted(wanted.providers or ()):
        _check("--providers", name, market.providers)
    for need in sorted(wanted.needs):
        if not need.startswith(_REGION) or need == _REGION:
            _check("--require", need, (*_OWN_NEEDS, f"{_REGION}XX", *get_args(Capability)))


def _check(option: str, name: str, known: Iterable[str]) -> None:
    allowed = sorted(known)
    if name in allowed and name != f"{_REGION}XX":
        return
    near = get_close_matches(name, allowed, 1, 0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    message = f"{option}: expected some of {', '.join(allowed)}, got {name!r}{hint}"
    raise OptionError(message)


def check_items_are_json(task: TaskSpec) -> None:
    """Refuse items that cannot be sent, or kept with the run.

    Raises:
        TaskFileError: naming the item: half a surrogate pair, NaN, or a value that JSON does not know.
    """
    for item in (*task.items, *task.examples):
        try:
            canonical_json([item.id, item.input, item.target, item.cluster])
        except (ValueError, TypeError) as error:
            reason = "text that is no valid Unicode" if isinstance(error, UnicodeEncodeError) else str(error)
            message = (
                f"task {task.id!r}: item {item.id!r}: id, input and target must be JSON: {reason}: correct the item"
            )
            raise TaskFileError(message) from None
