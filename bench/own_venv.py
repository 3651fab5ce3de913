"""A virtual environment of a bench of its own, from a lock file with hashes; installed anew when the lock changes."""

import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_STAMP = ".installed"


class NotAvailableError(Exception):
    """The wheels cannot be had here: nothing was shown, and nothing is broken."""


class BrokenWheelError(Exception):
    """What came is not what the lock or a checksum says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVenv:
    """Where it is. `seconds` is what installing took; 0 where it was there already."""

    folder: Path
    seconds: float

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return next(self.folder.glob("lib/python*/site-packages"))


def own_venv(lock: Path, folder: Path) -> OwnVenv:
    """The environment in `folder` with what `lock` names, from wheels alone.

    Raises:
        NotAvailableError: pip cannot get the wheels.
        BrokenWheelError: a wheel is not the one that was locked.
    """
    started_s = time.monotonic()
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / _STAMP
    if stamp.is_file() and stamp.read_text() == mark:
        return OwnVenv(folder=folder, seconds=0.0)
    _install(lock, folder)
    stamp.write_text(mark)
    return OwnVenv(folder=folder, seconds=time.monotonic() - started_s)


def _install(lock: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "2"]
    wheels = ["install", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
    done = subprocess.run([*pip, *wheels], check=False, capture_output=True, text=True)
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        if "HASHES" in done.stderr:
            raise BrokenWheelError(told)
        raise NotAvailableError(told)
