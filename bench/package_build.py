"""Wheel and source distribution of a clean checkout, built offline, and what is in them."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (
    "modelsearch/py.typed",
    "modelsearch/_catalogs/models.yaml",
    "modelsearch/_catalogs/examples/classification.jsonl",
    "modelsearch/_catalogs/plans/balanced.yaml",
    "modelsearch/_catalogs/providers/openai.yaml",
    "modelsearch/_catalogs/schemas/task.schema.json",
    "flows/prefect.yaml",
)
TOPS = ("flows", "modelsearch", "tasks")
_OFFLINE = {"PIP_NO_INDEX": "1", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The two files."""

    wheel: Path
    sdist: Path


def checkout(folder: Path) -> None:
    """What is committed, and nothing else.

    Raises:
        subprocess.CalledProcessError: this is no git checkout.
    """
    done = subprocess.run(["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def built(source: Path, out: Path) -> Built:
    """Build both with the build backend alone; there is no way to the network."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run(command, cwd=source, env=os.environ | _OFFLINE, check=True, capture_output=True)
    return Built(wheel=next(out.glob("*.whl")), sdist=next(out.glob("*.tar.gz")))


def unpacked(sdist: Path, folder: Path) -> Path:
    """The folder that a source distribution unpacks to."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def sha256(path: Path) -> str:
    """Of a file's bytes, as hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def problems_of(wheel: Path, source: Path) -> Iterator[str]:
    """What is missing in a wheel, or should not be in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = next(name for name in names if name.endswith("/METADATA"))
        told = archive.read(metadata).decode()
    yield from (f"{name} is not in the wheel" for name in NEEDED if name not in names)
    catalogs = {path.relative_to(source).as_posix() for path in (source / "catalogs").rglob("*") if path.is_file()}
    inside = {name.replace("modelsearch/_catalogs", "catalogs", 1) for name in names}
    yield from (f"{name} is not in the wheel" for name in sorted(catalogs - inside))
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    yield from (f"{name}/ is in the wheel" for name in sorted(tops - set(TOPS)))
    if not any(name.endswith("licenses/docs/LICENSE") for name in names):
        yield "the licence is not in the wheel"
    if "License-Expression: Apache-2.0" not in told or "Requires-Python: <3.14,>=3.11" not in told:
        yield "METADATA lacks the licence or the Pythons"


def extras_of(source: Path) -> list[str]:
    """Names of the optional dependencies."""
    import tomllib  # noqa: PLC0415 - needed here alone

    told = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    return sorted(told["project"]["optional-dependencies"])
