"""`make fuzz`: replies of providers, scorers, task files and catalogues, spoilt in every way, for 20 minutes.

`make fuzz MINUTES=2` is shorter, `python -m bench.fuzz --target NAME --seed N` more exact. Inputs come from hypothesis,
and for a quarter of the time from atheris, which follows what the code does with them, where it can be installed.
Nothing may come out but a status, a value, or one of the project's own errors with words; whatever else does is shown
with its input, and the command fails.
"""

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from bench.fuzz_files import (
    catalogs,
    check_catalog,
    check_grading,
    check_task_file,
    gradings,
    task_files,
)
from bench.fuzz_replies import WIRES, answers, check_replies
from bench.own_venv import BrokenWheelError, NotAvailableError, own_venv

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".modelsearch" / "fuzz"
LOCK = Path(__file__).with_name("fuzz.lock")
ATHERIS_SHARE = 0.25
N_EXAMPLES = 200
N_ANSWERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is fed, and to whom; `check` raises where something escapes."""

    name: str
    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], None]


def _replies_of(dialect: str) -> Target:
    def check(given_answers: Any) -> None:
        check_replies(dialect, given_answers)

    inputs = st.lists(answers(dialect), min_size=1, max_size=N_ANSWERS)
    return Target(name=f"replies-{dialect}", inputs=inputs, check=check)


TARGETS = {
    target.name: target
    for target in (
        *(_replies_of(dialect) for dialect in WIRES),
        Target(name="scorers", inputs=gradings(), check=check_grading),
        Target(name="task-files", inputs=task_files(), check=check_task_file),
        Target(name="catalogues", inputs=catalogs(), check=check_catalog),
    )
}


def fed(target: Target, number: int, n_examples: int, database: Path | None = None) -> Any:
    """A hypothesis test that feeds the target; the same number feeds the same."""
    kept = DirectoryBasedExampleDatabase(database) if database else None

    @seed(number)
    @settings(
        max_examples=n_examples,
        database=kept,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
        print_blob=False,
    )
    @given(target.inputs)
    def test(value: Any) -> None:
        target.check(value)

    return test


def fuzzed(targets: Sequence[Target], minutes: float, first: int) -> tuple[Counter[str], list[str]]:
    """Feed the targets in turn until the time is over; how many inputs each got, and what escaped."""
    counts: Counter[str] = Counter()
    found: list[str] = []
    until_s, number = time.monotonic() + minutes * 60, first
    open_targets = list(targets)
    while open_targets and time.monotonic() < until_s:
        for target in list(open_targets):
            try:
                fed(target, number, N_EXAMPLES, HOME / "examples")()
            except Exception:  # noqa: BLE001 - what escapes is what this is here to show
                found.append(f"{target.name}, seed {number}:\n{traceback.format_exc(limit=-6)}")
                open_targets.remove(target)
            counts[target.name] += N_EXAMPLES
        number += 1
    return counts, found


def followed(targets: Sequence[Target], minutes: float) -> list[str]:
    """Feed the targets by atheris, each for its part of the time; what escaped. Nothing where it cannot be had."""
    try:
        venv = own_venv(LOCK, HOME / "venv")
    except (NotAvailableError, BrokenWheelError) as error:
        print(f"atheris: left out ({error})")
        return []
    found = []
    for target in targets:
        seconds = max(1, round(minutes * 60 / len(targets)))
        corpus = HOME / "corpus" / target.name
        corpus.mkdir(parents=True, exist_ok=True)
        paths = os.pathsep.join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))])
        command = [str(venv.python), "-m", "bench.fuzz_atheris", target.name, str(seconds), str(corpus)]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
        )
        runs = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
        print(f"atheris, {target.name}: {runs[-1] if runs else f'exit code {done.returncode}'}")
        if done.returncode:
            found.append(f"{target.name}, atheris:\n{done.stdout[-3000:]}{done.stderr[-1500:]}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed, and tell; 0 = nothing escaped."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    given_options = parser.parse_args(arguments)
    targets = [TARGETS[name] for name in given_options.target or TARGETS]
    HOME.mkdir(parents=True, exist_ok=True)
    minutes = given_options.minutes
    counts, found = fuzzed(targets, minutes * (1 - ATHERIS_SHARE), given_options.seed)
    for name, n_inputs in counts.items():
        print(f"hypothesis, {name}: {n_inputs} inputs")
    found += followed(targets, minutes * ATHERIS_SHARE)
    for told in found:
        print(f"ESCAPED: {told}")
    print(
        f"fuzz: {minutes:g} minutes, seed {given_options.seed}: {len(found)} escapes; {'fails' if found else 'holds'}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
