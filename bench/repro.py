"""`make bench-repro`: same seed, same trajectory, whatever the Python and however many threads BLAS has.

Plans balanced, thorough and cheap on made-up worlds, a tenth of X each, and on a recorded table where it is there, in
a process of their own for 1, 2 and 4 BLAS threads, for 1 and 4 on every other Python of 3.11 to 3.13 that is on PATH,
and once with BLAS kernels of an older processor, which round otherwise. Every number of threads has hashes of its own.
Compared are all decisions: drops, additions, probes, the ends of phases, spend and recommendation. Holds if all are
equal; exit 77 only where nothing could be compared.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from bench.make_catalogs import CATALOGS
from bench.repro_pythons import ROOT, Interpreter, interpreters
from bench.repro_run import WORLDS

PLANS = ("balanced", "thorough", "cheap")
SEED = 0
N_THREADS = (1, 2, 4)
TABLE = CATALOGS.parent.parent / "shared" / "data" / "outcomes" / "textclass__policy_EN"
OLD_KERNELS = {"OPENBLAS_CORETYPE": "Nehalem"}
SKIPPED = 77
SHOWN_CHARS = 160
Case = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One process: who runs and under which environment."""

    name: str
    python: str
    environ: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process decided, by case."""

    name: str
    cases: Mapping[str, Sequence[Any]]


def main() -> int:
    """Run all, compare with the first; 0 = all equal."""
    found = interpreters()
    for each in found:
        print(f"Python {each.version}: {each.python or f'not run, {each.lack}'}")
    asked, started_s = cases(), time.monotonic()
    runs = [ran(variation, asked) for variation in variations(found)]
    differences = [line for other in runs[1:] for line in different(runs[0], other)]
    for line in differences:
        print(f"different: {line}")
    if len(runs) < 2:
        print("skipped: needs a second Python or BLAS threads to compare with")
        return SKIPPED
    n_rounds = sum(len(told) for told in runs[0].cases.values())
    print(
        f"bench-repro {'DOES NOT HOLD' if differences else 'holds'}: {len(runs)} processes x {len(asked)} searches of "
        f"{n_rounds} decisions in {time.monotonic() - started_s:.0f} s, {len(differences)} searches differ"
    )
    return 1 if differences else 0


def cases() -> list[Case]:
    """World or table, plan and seed."""
    sources = [*WORLDS, str(TABLE)] if TABLE.is_dir() else list(WORLDS)
    return [(source, plan, SEED) for source in sources for plan in PLANS]


def variations(found: Sequence[Interpreter]) -> Iterator[Variation]:
    """The first Python with every number of threads and with old kernels, the others with the most threads and one."""
    usable = [each for each in found if each.python]
    for each in usable:
        for n_threads in N_THREADS if each is usable[0] else (min(N_THREADS), max(N_THREADS)):
            name = f"Python {each.version}, {n_threads} BLAS threads"
            yield Variation(name=name, python=each.python, environ=threads(n_threads))
    for each in usable[:1]:
        name = f"Python {each.version}, 1 BLAS thread, {OLD_KERNELS['OPENBLAS_CORETYPE']} kernels"
        yield Variation(name=name, python=each.python, environ=threads(1) | OLD_KERNELS)


def threads(n_threads: int) -> dict[str, str]:
    """The environment that sets them, hashes seeded by them."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return dict.fromkeys(names, str(n_threads)) | {"PYTHONHASHSEED": str(n_threads)}


def ran(variation: Variation, asked: Sequence[Case]) -> Run:
    """One process to its end.

    Raises:
        subprocess.CalledProcessError: it failed; its errors are shown.
    """
    started_s = time.monotonic()
    command = [variation.python, "-m", "bench.repro_run", json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variation.environ, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    print(f"{variation.name}: {told['process']}, {time.monotonic() - started_s:.0f} s", flush=True)
    return Run(name=variation.name, cases=told["cases"])


def different(first: Run, other: Run) -> Iterator[str]:
    """A line for each search that is not the same, with the first decision that is not."""
    for case, ours in first.cases.items():
        for place, (mine, theirs) in enumerate(zip_longest(ours, other.cases[case])):
            if mine != theirs:
                yield f"{case}: decision {place}, {first.name} {_short(mine)}, {other.name} {_short(theirs)}"
                break


def _short(told: Any) -> str:
    text = json.dumps(told)
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "..."


if __name__ == "__main__":
    sys.exit(main())
