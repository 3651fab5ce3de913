"""The importers, one file each in `imports/`: found by folder, so that there is no list to edit."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modelsearch.interop.logged import Evaluation, Wanted

FOLDER = "modelsearch.interop.imports"
ATTRIBUTE = "IMPORTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """A tool whose logs are read.

    Attributes:
        name: of the command: `modelsearch import NAME`.
        told: what the command's help says.
        patterns: of the files that are read where a folder is given.
        read: files to values; changes nothing, and believes nothing.
    """

    name: str
    told: str
    patterns: tuple[str, ...]
    read: Callable[[Sequence[Path], Wanted], Evaluation]


@cache
def importers() -> dict[str, Importer]:
    """All of them by name: each file of the folder has one as its `IMPORTER`."""
    package = importlib.import_module(FOLDER)
    modules = [importlib.import_module(f"{FOLDER}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]
    found: list[Importer] = [module.IMPORTER for module in modules if hasattr(module, ATTRIBUTE)]
    return {importer.name: importer for importer in sorted(found, key=lambda each: each.name)}
