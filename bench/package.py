"""`make bench-package`: what is published is whole, and works wherever it is started.

Wheel and source distribution of what is committed are built offline, twice and from each other: equal bytes. Each extra
resolves. On every Python of 3.11 to 3.13 on PATH the wheel is installed in a fresh environment, with its declared
dependencies alone, and from an empty folder runs the demo; then, from a folder with a `flows`, a `tasks`, a
`modelsearch`, a `catalogs`, a `prefect.yaml`, a `yaml.py` and a `statistics.py` of another project, `init`, a search,
`modelsearch serve` and a Prefect worker: none of those may be imported. Exit 77 without git, or a registry.

Usage: python -m bench.package [3.11 3.12 ...]
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.own_venv import NotAvailableError, own_venv
from bench.package_build import ROOT, Built, built, checkout, extras_of, problems_of, sha256, unpacked
from bench.package_folder import Place, make_hostile, make_rows, search_by_serve, search_by_worker, taken
from bench.repro_pythons import LOCK, VERSIONS, real_python

SKIPPED = 77
_PUBLISHED = ("local", "dask", "otel", "s3", "postgres", "inspect", "docs")


def main() -> int:
    """Build, install, run; 0 = all of it works."""
    problems: list[str] = []
    wanted = tuple(sys.argv[1:]) or VERSIONS
    try:
        uv = own_venv(Path(__file__).with_name("package.lock"), ROOT / ".modelsearch" / "package").folder / "bin" / "uv"
        with tempfile.TemporaryDirectory(prefix="package-") as name:
            folder = Path(name)
            source = folder / "source"
            checkout(source)
            files = _build(source, folder, problems)
            _resolve(source, uv, problems)
            pythons = [_on_python(version, files, uv, folder, problems) for version in wanted]
    except (NotAvailableError, FileNotFoundError) as error:
        print(f"skipped: needs git and a registry to install from ({error})")
        return SKIPPED
    for problem in problems:
        print(f"problem: {problem}")
    n_run = sum(pythons)
    print(
        f"bench-package {'DOES NOT HOLD' if problems or not n_run else 'holds'}: {n_run} of {len(wanted)} Pythons run"
    )
    return 1 if problems or not n_run else 0


def _build(source: Path, folder: Path, problems: list[str]) -> Built:
    started_s = time.monotonic()
    first, second = built(source, folder / "one"), built(source, folder / "two")
    third = built(unpacked(first.sdist, folder / "sdist"), folder / "three")
    if len({sha256(each.wheel) for each in (first, second, third)}) != 1:
        problems.append("wheels of the checkout, built twice, and of the source distribution are not the same bytes")
    if sha256(first.sdist) != sha256(second.sdist):
        problems.append("the source distribution is not the same bytes when it is built again")
    problems += problems_of(first.wheel, source)
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.2f} MB" for path in (first.wheel, first.sdist))
    print(f"built three times offline in {time.monotonic() - started_s:.0f} s: {sizes}")
    return first


def _resolve(source: Path, uv: Path, problems: list[str]) -> None:
    """Each extra by itself, and all that users may want together."""
    extras = extras_of(source)
    problems += [f"there is no extra {name!r}" for name in _PUBLISHED if name not in extras]
    together = [f"--extra={name}" for name in _PUBLISHED]
    for name, options in [*((name, [f"--extra={name}"]) for name in extras), ("all for users", together)]:
        command = [str(uv), "pip", "compile", "--quiet", "--universal", *options, "pyproject.toml", "-o", "out.txt"]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
        if done.returncode:
            problems.append(f"extra {name}: {' '.join(done.stderr.split())[:300]}")
    print(f"resolved for 3.11 to 3.13: extras {', '.join(extras)}, and {', '.join(_PUBLISHED)} together")


def _on_python(version: str, files: Built, uv: Path, folder: Path, problems: list[str]) -> bool:
    python = real_python(version)
    if not python:
        print(f"Python {version}: not run, none on PATH")
        return False
    venv, started_s = folder / f"venv{version}", time.monotonic()
    subprocess.run([str(uv), "venv", "--quiet", "--python", python, str(venv)], check=True)
    install = [
        str(uv),
        "pip",
        "install",
        "--quiet",
        "--python",
        str(venv / "bin" / "python"),
        "--constraint",
        str(LOCK),
    ]
    done = subprocess.run([*install, str(files.wheel)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAvailableError(done.stderr.strip().splitlines()[-1])
    told = [f"installed in {time.monotonic() - started_s:.0f} s"]
    for what, work in _works(venv, folder / version):
        started_s = time.monotonic()
        try:
            wrong = work()
        except (RuntimeError, OSError, TimeoutError, AssertionError, subprocess.TimeoutExpired) as error:
            wrong = str(error)
        told.append(f"{what} {time.monotonic() - started_s:.0f} s")
        if wrong:
            problems.append(f"Python {version}: {what}: {wrong}")
    print(f"Python {version}: {', '.join(told)}", flush=True)
    return True


def _works(venv: Path, folder: Path) -> list[tuple[str, Callable[[], str]]]:
    """What is tried, by name; each says what is wrong, or nothing."""
    empty, other = Place(folder=folder / "empty", venv=venv), Place(folder=folder / "other", venv=venv)
    empty.folder.mkdir(parents=True)
    make_hostile(other.folder)
    make_rows(other.folder / "rows.csv")
    task = "my-task/task.yaml"

    def demo() -> str:
        said = empty.run("modelsearch", "demo", "--budget-usd", "0.2")
        return "" if "Use " in said or "Keep " in said else f"no answer in {said[-300:]!r}"

    def init() -> str:
        other.run("modelsearch", "init", "rows.csv", "--yes")
        other.run("modelsearch", "preview", task, "--emulated", "--budget-usd", "0.05")
        return _theirs(other)

    def search() -> str:
        other.run("modelsearch", "search", task, "--emulated", "--budget-usd", "0.05")
        return _theirs(other)

    def flow(run: Callable[[Place], str]) -> str:
        state = run(other)
        return _theirs(other) or ("" if state == "COMPLETED" else state)

    return [
        ("demo", demo),
        ("init and preview", init),
        ("search", search),
        ("serve", lambda: flow(search_by_serve)),
        ("worker", lambda: flow(search_by_worker)),
    ]


def _theirs(place: Place) -> str:
    names = taken(place)
    return f"another project's modules were imported: {', '.join(names)}" if names else ""


if __name__ == "__main__":
    sys.exit(main())
