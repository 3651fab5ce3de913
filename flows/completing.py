"""What a shell proposes after a tab: ids and names from the project's files, within milliseconds.

Neither Prefect nor the catalogue's own reader is imported. Whatever cannot be read proposes nothing: a shell that asks
must never get an error. Only names that mean themselves to a shell are proposed.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modelsearch.catalog.quick_ids import quick_endpoint_ids
from modelsearch.settings import read_settings

MAX_PROPOSED = 200
MAX_DESCRIBED = 50
"""Runs whose header is read for a description; the newest."""
SAFE = re.compile(r"[\w.,@:/#+=-]+", re.ASCII)
"""Names without blanks, quotes, `$` and whatever else a shell would act on."""
PLANS = ("balanced", "cheap", "thorough")
Proposed = list[tuple[str, str]]


def runs(incomplete: str) -> Proposed:
    """Runs of this project, the newest first, each with its task."""
    folder = read_settings().runs
    found = sorted((name for name in _names(folder) if name.startswith(incomplete)), reverse=True)
    return [
        (name, _told(folder / name / "run.json") if number < MAX_DESCRIBED else "")
        for number, name in enumerate(found[:MAX_PROPOSED])
    ]


def endpoints(incomplete: str) -> list[str]:
    """Endpoint ids of the catalogue in force: those that begin so, else those that hold it."""
    settings = read_settings()
    ids = quick_endpoint_ids(settings.catalogs, settings.synced_catalog / "current.json")
    return _matching(ids, incomplete)


def candidates(ctx: Any, incomplete: str) -> list[str]:
    """Candidates of the run that was typed before."""
    typed = str((getattr(ctx, "params", None) or {}).get("run") or "")
    folder = read_settings().runs
    name = next((name for name in sorted(_names(folder), reverse=True) if typed and name.startswith(typed)), None)
    result = _json(folder / name / "result.json") if name else {}
    dropped = [pair[1].get("candidate_id", "") for pair in result.get("drops", ())]
    measured = [each.get("candidate_id", "") for each in result.get("estimates", ())]
    return _matching(sorted({*dropped, *measured}), incomplete)


def plans(incomplete: str) -> list[str]:
    """Plans by name; files are the shell's own matter."""
    settings = read_settings()
    own = [path.stem for path in (settings.catalogs / "plans").glob("*.yaml")]
    return _matching(sorted({*PLANS, *own}), incomplete)


def tasks(incomplete: str) -> list[str]:
    """Registered tasks."""
    return _matching(sorted(path.stem for path in _files(read_settings().tasks, "*.yaml")), incomplete)


def sources(incomplete: str) -> list[str]:
    """Others whose outcomes were imported."""
    names = {path.name.partition(".")[0] for path in _files(read_settings().federated, "*.json*")}
    return _matching(sorted(names), incomplete)


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    safe = [name for name in names if SAFE.fullmatch(name)]
    found = [name for name in safe if name.startswith(incomplete)]
    return (found or [name for name in safe if incomplete in name])[:MAX_PROPOSED]


def _names(folder: Path) -> list[str]:
    return [path.name for path in _files(folder, "*") if SAFE.fullmatch(path.name)]


def _files(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _told(header: Path) -> str:
    told = _json(header)
    text = f"{told.get('task', '')} against {told.get('baseline', '')}" if told else ""
    return "".join(char for char in text if char.isprintable() and char not in ":'\"`$\\")[:80]


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
