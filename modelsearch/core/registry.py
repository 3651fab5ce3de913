"""Strategies, scorers and dialects by role and name: built-ins found by folder, plug-ins by entry point.

A role's folder is imported when the role is first asked for; there is no list to edit. Two equal names raise,
naming both files. A plug-in that does not import is remembered and raises only when its name is asked for.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Literal, TypeVar

from modelsearch.core.errors import RegistryError

Role = Literal["filter", "ranker", "sampler", "combiner", "scorer", "dialect", "batch_dialect"]
FOLDERS: dict[Role, str] = {
    "filter": "modelsearch.search.filters",
    "ranker": "modelsearch.search.rankers",
    "sampler": "modelsearch.search.samplers",
    "combiner": "modelsearch.search.combiners",
    "scorer": "modelsearch.evaluate.scorers",
    "dialect": "modelsearch.providers.dialects",
    "batch_dialect": "modelsearch.providers.batch",
}
T = TypeVar("T", bound=type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A registered class, where it is from and the source of its idea."""

    role: Role
    name: str
    cls: type
    source: str
    file: str


_REGISTERED: dict[tuple[Role, str], Registered] = {}
_BROKEN: dict[tuple[Role, str], str] = {}


def register(role: Role, name: str, *, source: str) -> Callable[[T], T]:
    """Register a class under its role and name.

    Args:
        role: one of the roles.
        name: what plans and task specs call it.
        source: paper, section, doi or URL of the idea; never empty.

    Raises:
        RegistryError: the name is taken by another file, or `source` is empty.
    """
    if not source.strip():
        message = f"{role} {name!r}: `source` must name a paper, section or URL"
        raise RegistryError(message)

    def keep(cls: T) -> T:
        entry = Registered(role=role, name=name, cls=cls, source=source, file=inspect.getfile(cls))
        known = _REGISTERED.get((role, name))
        if known is not None and known.file != entry.file:
            message = f"{role} {name!r} is registered twice, in {known.file} and {entry.file}: rename one"
            raise RegistryError(message)
        _REGISTERED[role, name] = entry
        return cls

    return keep


@cache
def _discover(role: Role) -> None:
    package = importlib.import_module(FOLDERS[role])
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{FOLDERS[role]}.{module.name}")
    for point in entry_points(group=f"modelsearch.{role}"):
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's module raises, only its users are stopped
            _BROKEN[role, point.name] = f"{point.value}: {type(error).__name__}: {error}"


def names(role: Role) -> tuple[str, ...]:
    """All registered names of a role, sorted."""
    _discover(role)
    return tuple(sorted(name for r, name in _REGISTERED if r == role))


def lookup(role: Role, name: str) -> Registered:
    """The entry of a role and name.

    Raises:
        RegistryError: there is none, or its plug-in does not import.
    """
    _discover(role)
    if (role, name) in _REGISTERED:
        return _REGISTERED[role, name]
    if (role, name) in _BROKEN:
        message = f"{role} {name!r}: its plug-in does not import ({_BROKEN[role, name]}): repair or uninstall it"
        raise RegistryError(message)
    message = f"{role}: expected one of {', '.join(names(role))}, got {name!r}"
    raise RegistryError(message)


def name_of(strategy: object) -> str:
    """The name that a strategy is registered under; its class's name where it is not."""
    cls = type(strategy)
    return next((entry.name for entry in _REGISTERED.values() if entry.cls is cls), cls.__name__)
