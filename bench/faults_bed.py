"""Where a part of `bench.faults` runs: a folder, an emulator in a process of its own, lives in processes of theirs."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults_books import Audit, audited
from bench.faults_life import Asked
from bench.faults_world import N_MODELS
from modelsearch.core.ids import Json
from modelsearch.emulator.server import spawned_emulator

LIMIT_S = 900.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a life ended: its exit code, what it printed as JSON, what it said of an error."""

    code: int
    found: dict[str, Any]
    error: str


@dataclass(frozen=True, kw_only=True)
class Bed:
    """A run's folder and its emulator."""

    url: str
    home: Path
    n_items: int

    @property
    def folder(self) -> Path:
        """Of the run."""
        return self.home / "run"

    @property
    def journal(self) -> Path:
        """Of the run."""
        return self.folder / "journal.bin"

    @property
    def log(self) -> Path:
        """The emulator's."""
        return self.home / "requests.jsonl"

    def asked(self, **changes: Any) -> Asked:
        """What a life of this run is asked."""
        plain: dict[str, Any] = {"url": self.url, "folder": str(self.folder), "n_items": self.n_items}
        return Asked(**(plain | changes))

    def start(self, **changes: Any) -> "subprocess.Popen[str]":
        """Begin a life."""
        told = json.dumps(vars_of(self.asked(**changes)))
        command = [sys.executable, "-m", "bench.faults_life", told]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def live(self, **changes: Any) -> Ended:
        """A whole life."""
        return ended(self.start(**changes))

    def n_requests(self) -> int:
        """Requests that the emulator has had."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def audit(self, *, models: int = N_MODELS) -> Audit:
        """The journal against the log; the run asked every item of so many models."""
        return audited(self.journal, self.log, self.asked().market(), n_wanted=self.n_items * models)


def vars_of(asked: Asked) -> dict[str, Any]:
    """The fields, for JSON."""
    return {name: getattr(asked, name) for name in Asked.__dataclass_fields__}


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end of a life."""
    printed, error = process.communicate(timeout=LIMIT_S)
    lines = printed.splitlines()
    return Ended(code=process.returncode, found=json.loads(lines[-1]) if lines else {}, error=error.strip())


@contextmanager
def made_bed(n_items: int, *, faults: Mapping[str, Json] | None = None, slow: tuple[str, ...] = ()) -> Iterator[Bed]:
    """A fresh folder and an emulator for it."""
    with tempfile.TemporaryDirectory() as home:
        arguments: dict[str, Json] = {
            "n_items": n_items,
            "log_path": str(Path(home) / "requests.jsonl"),
            "faults": dict(faults or {}),
            "slow": list(slow),
        }
        with spawned_emulator("bench.faults_world:make_app", arguments) as url:
            yield Bed(url=url, home=Path(home), n_items=n_items)


def told(name: str, text: str, faults: list[str]) -> bool:
    """Print what was found of a part; whether it holds."""
    print(f"{name}: {text}: {'BROKEN' if faults else 'holds'}", flush=True)
    for fault in faults[:10]:
        print(f"  broken: {fault}")
    return not faults
