"""Names that a task's requirements ask for, held against the market: a typo must not silently drop everything."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import get_args

from modelsearch.catalog.schema import Capability
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Market
from modelsearch.core.task import Requirements

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
