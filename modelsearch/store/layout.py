"""Where the files of a run are, what runs are called, and when two runs are the same search.

<root>/<run id>/run.json                        what the run is of, for people and for `list_runs`
                setting.json  lives.json        what it was begun with; when each life of it began
                run.lock  journal.bin           while it is open, and kept
                stages/<phase>/<table>.parquet  one file per table and stage
                result.json  report.md  report.html  front.svg
                manifest.json                   last: names, rows and checksums of all of it
"""

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from random import Random

import numpy as np

from modelsearch.core.errors import RunNotFoundError
from modelsearch.core.ids import Json, RunId, sha256_hex
from modelsearch.store.disk import writing

RUN_ROOT = Path(".modelsearch") / "runs"
REPLIES_FILE = Path(".modelsearch") / "replies.sqlite"
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class RunDir:
    """The paths of one run; nothing is made by naming them."""

    root: Path
    run_id: RunId

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.root / self.run_id

    @property
    def header(self) -> Path:
        """What the run is of."""
        return self.path / "run.json"

    @property
    def setting(self) -> Path:
        """What the search was begun with."""
        return self.path / "setting.json"

    @property
    def lives(self) -> Path:
        """When each life of the run began, and how long the earlier ones were."""
        return self.path / "lives.json"

    @property
    def journal(self) -> Path:
        """The truth while the run is open."""
        return self.path / "journal.bin"

    @property
    def result(self) -> Path:
        """The finished search."""
        return self.path / "result.json"

    @property
    def report_md(self) -> Path:
        """The report as Markdown."""
        return self.path / "report.md"

    @property
    def report_html(self) -> Path:
        """The report as one HTML page."""
        return self.path / "report.html"

    @property
    def front_svg(self) -> Path:
        """Quality against cost as a picture."""
        return self.path / "front.svg"

    @property
    def manifest(self) -> Path:
        """Names, rows and checksums; there when the run is whole."""
        return self.path / "manifest.json"

    @property
    def stages(self) -> Path:
        """The folder of all stages."""
        return self.path / "stages"

    def table(self, phase: str, name: str) -> Path:
        """The Parquet file of a table of a phase; a phase whose name is no file name gets a hash in its place."""
        return self.stages / _folder_name(phase) / f"{name}.parquet"

    @property
    def exists(self) -> bool:
        """Whether there is such a run."""
        return self.header.is_file() or self.journal.is_file()


def new_run_id(now: datetime, random: Random) -> RunId:
    """A run id such as 20261123-153000-ab12cd: UTC, so that ids sort by time, and 24 random bits."""
    return RunId(f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{random.getrandbits(24):06x}")


def list_runs(root: Path) -> list[RunDir]:
    """All runs, oldest first; empty where there is no such folder."""
    if not root.is_dir():
        return []
    runs = (RunDir(root, RunId(entry.name)) for entry in sorted(root.iterdir()) if entry.is_dir())
    return [run for run in runs if run.exists]


def find_run(root: Path, name: str) -> RunDir:
    """The run of an id, of the beginning of one id, or of a path to a run's folder.

    Raises:
        RunNotFoundError: none, or several that begin so.
    """
    runs = {str(run.run_id): run for run in list_runs(root)}
    if name in runs:
        return runs[name]
    folder = Path(name)
    if os.sep in name and (given := RunDir(folder.parent, RunId(folder.name))).exists:
        return given
    matches = [run_id for run_id in runs if name and run_id.startswith(name)]
    if len(matches) == 1:
        return runs[matches[0]]
    raise RunNotFoundError(_not_found(root, name, matches, list(runs)))


def write_header(run: RunDir, header: Mapping[str, Json]) -> None:
    """Write run.json whole or not at all."""
    write_whole(run.header, json.dumps(dict(header), indent=2, ensure_ascii=False).encode())


def read_header(run: RunDir) -> dict[str, Json]:
    """What run.json holds.

    Raises:
        RunNotFoundError: missing, or no JSON object.
    """
    try:
        header = json.loads(run.header.read_bytes())
    except (OSError, ValueError) as error:
        message = f"run {run.run_id!r}: {run.header} cannot be read: {error}; is it a run's folder?"
        raise RunNotFoundError(message) from error
    if not isinstance(header, dict):
        message = f"run {run.run_id!r}: {run.header}: expected a JSON object, got a {type(header).__name__}"
        raise RunNotFoundError(message)
    return header


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a temporary neighbour, fsync, rename.

    Raises:
        FileWriteError: the disk does not take it; what was there before is there still.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def fingerprint(**parts: object) -> str:
    """Sha256 (64 hex digits) over named values of core types: equal searches have equal fingerprints.

    Strategies count with their class, sets without order, amounts by value (0.10 is 0.1), arrays as lists.
    """
    return sha256_hex({name: _canonical(part) for name, part in parts.items()})


def _folder_name(phase: str) -> str:
    """The name itself where it is safe: plans are the user's, and a paid run must not fail over a name at its end."""
    safe = _UNSAFE.sub("_", phase).strip(".")
    return phase if safe == phase and phase else f"{safe}-{sha256_hex(phase)[:6]}".lstrip("-")


def _canonical(value: object) -> Json:  # noqa: PLR0911 - one line per type
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value if not isinstance(value, float) or np.isfinite(value) else repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _canonical(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"type": type(value).__qualname__, **fields}
    if isinstance(value, Mapping):
        return {str(key): _canonical(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted((_canonical(part) for part in value), key=sha256_hex)
    if isinstance(value, np.ndarray | np.generic):
        return _canonical(value.tolist())
    return _scalar(value)


def _scalar(value: object) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return str(value.normalize())
    return value.isoformat() if isinstance(value, date) else repr(value)


def _not_found(root: Path, name: str, matches: list[str], run_ids: list[str]) -> str:
    if matches:
        return f"run {name!r}: {len(matches)} runs in {root} begin so; say which: {', '.join(matches[-5:])}"
    near = get_close_matches(name, run_ids, n=3, cutoff=0.3) or run_ids[-3:]
    known = f"nearest: {', '.join(near)}" if near else "there are no runs yet: start one with `modelsearch search`"
    return f"run {name!r}: no such run in {root}; {known}"
