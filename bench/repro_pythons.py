"""The Pythons on PATH that the product supports, each with the locked packages in a virtual environment of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HOME = ROOT / ".modelsearch" / "repro"
VERSIONS = ("3.11", "3.12", "3.13")
_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that can run the product, or why there is none; `python` is empty then."""

    version: str
    python: str = ""
    lack: str = ""


def interpreters() -> list[Interpreter]:
    """One for each supported version; this process's own needs no environment."""
    return [own() if version == own().version else elsewhere(version) for version in VERSIONS]


def own() -> Interpreter:
    """The Python that runs this."""
    return Interpreter(version=f"{sys.version_info.major}.{sys.version_info.minor}", python=sys.executable)


def elsewhere(version: str, home: Path = HOME) -> Interpreter:
    """Another version, its packages installed once for each state of the lock."""
    found = real_python(version)
    if not found:
        return Interpreter(version=version, lack=f"no python{version} on PATH that starts")
    venv = home / f"py{version}"
    mark, stamp = hashlib.sha256(LOCK.read_bytes()).hexdigest() + found, venv / ".installed"
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == mark):
        lack = _install(found, venv)
        if lack:
            return Interpreter(version=version, lack=lack)
        stamp.write_text(mark, encoding="utf-8")
    return Interpreter(version=version, python=str(venv / "bin" / "python"))


def real_python(version: str) -> str:
    """The executable behind pythonX.Y on PATH, or ""; a shim of pyenv that is not switched on is asked by name."""
    shim = shutil.which(f"python{version}")
    if shim is None:
        return ""
    told = "import sys; print(f'{sys.version_info.major}.{sys.version_info.minor}', sys.executable)"
    for extra in ({}, {"PYENV_VERSION": version}):
        try:
            done = subprocess.run(
                [shim, "-c", told], capture_output=True, text=True, check=False, env=os.environ | extra
            )
        except OSError:
            return ""
        found, _, executable = done.stdout.strip().partition(" ")
        if done.returncode == 0 and found == version:
            return executable
    return ""


def _install(python: str, venv: Path) -> str:
    """Why the locked packages cannot be had; "" where they are there."""
    shutil.rmtree(venv, ignore_errors=True)
    venv.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    for command in (
        [python, "-m", "venv", str(venv)],
        [*pip, "install", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return f"its packages cannot be had: {lines[-1][:_SHOWN_CHARS] if lines else done.returncode}"
    return ""
