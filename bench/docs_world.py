"""Where the pages' commands run: a clean clone for each page, and an emulated market in place of live providers."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.docs_blocks import ROOT

DOCUMENTED = ("openrouter/openai/gpt-4o", "openai/gpt-4o")
"""Baselines that pages name; the emulated market's own stands in for them."""
BASELINE = "brontidelabs/brontide-summit"
GLOBS = (("openrouter/*", "*"), ("openai/*", "*"))
READY = "catalogue files in"
READY_S, STOP_S = 120.0, 30.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder in which a page's commands run, and their environment."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def newest_run(self) -> str:
        """The id of the newest run of the project; "" without any."""
        runs = self.folder / ".modelsearch" / "runs"
        return max((each.name for each in runs.iterdir()), default="") if runs.is_dir() else ""


def substituted(text: str, *, run: str) -> str:
    """The text with what stands in for live providers, and the id of a run for the word RUN."""
    for name in DOCUMENTED:
        text = text.replace(name, BASELINE)
    for glob, instead in GLOBS:
        text = text.replace(glob, instead)
    return re.sub(r"(?<!\$)\bRUN\b(?!=)", run, text) if run else text


def clone(target: Path) -> None:
    """A clean clone of the commit that is checked out."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(target)], check=True)


def borrow(venv: Path, target: Path) -> None:
    """An environment of a clone that has another one's packages, and a stamp of its own: `make setup` has been done."""
    target.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (target / name).symlink_to(venv / name)
    (target / ".installed").touch()


def plain_environ(home: Path) -> dict[str, str]:
    """The environment of somebody new: no key, no setting, no environment of ours."""
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    return {**kept, "HOME": str(home), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200"}


def _is_ours(name: str) -> bool:
    return name.endswith("_API_KEY") or name.startswith(("MODELSEARCH_", "PREFECT_", "VIRTUAL_ENV", "PYTHON"))


@contextlib.contextmanager
def emulated_providers(place: Place, venv: Path) -> Iterator[dict[str, str]]:
    """An emulator for the bundled task; the variables that make every command use it in place of providers.

    Raises:
        RuntimeError: it did not start.
    """
    folder, log = place.folder / "emulated", place.folder / "emulator.log"
    command = [str(venv / "bin" / "modelsearch"), "emulate", "catalogs/examples/classification.yaml"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", "0", "--catalogs-out", str(folder)],
            cwd=place.folder, env=dict(place.environ), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        await_text(process, log, READY, READY_S)
        for name in ("examples", "plans", "schemas"):
            shutil.copytree(place.folder / "catalogs" / name, folder / name, dirs_exist_ok=True)
        yield {"MODELSEARCH_CATALOGS": str(folder), "EMULATED_KEY": "any"}
    finally:
        stop(process)


def await_text(process: "subprocess.Popen[bytes]", log: Path, text: str, limit_s: float) -> None:
    """Wait until a text stands in a log.

    Raises:
        RuntimeError: the process ended, or the time is over.
    """
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s and text not in log.read_text(errors="replace"):
        if process.poll() is not None:
            break
        time.sleep(0.2)
    told = log.read_text(errors="replace")
    if text not in told:
        message = f"not ready ({text!r} was not told), exit code {process.poll()}: {told[-1500:]}"
        raise RuntimeError(message)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """The process and what it started, as Ctrl-C does, then by force."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return
