"""`make bench-kill`: a search that is killed with -9 at random moments and resumed must be the same search.

For each seed: a synthetic world of the bundled task behind an emulator in a process of its own, which logs every
request and answers after about 50 ms, so that kills land in flight. One search runs undisturbed; the other is killed
again and again, most often when a randomly drawn number of its calls has reached the emulator, sometimes at a random
time after its start. Afterwards: same recommendation, no item paid twice but for calls in flight at a kill,
settled <= the emulator's bill <= settled + unknown, and no call in two lists. Prints the figures last.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.kill_books import Books, books_of
from bench.kill_search import BUDGET_USD, run_dir
from bench.kill_world import LATENCY, TASK, task_and_market
from modelsearch.core.market import Market
from modelsearch.emulator.bill import LogLine, read_log
from modelsearch.emulator.server import spawned_emulator
from modelsearch.emulator.world_make import make_world
from modelsearch.settings import read_settings
from modelsearch.store.journal import Journal

N_KILLS = {0: 10, 1: 4}
"""By seed of world, search and kill moments."""
P_BY_TIME = 0.25
MAX_START_S = 4.0
POLL_S = 0.002
LIMIT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Bed:
    """Where the searches of a seed run."""

    seed: int
    url: str
    home: Path
    log: Path
    market: Market

    def start(self, run_id: str) -> "subprocess.Popen[str]":
        """Begin the run, or go on with it, in a process."""
        asked = json.dumps({"seed": self.seed, "url": self.url, "home": str(self.home), "run_id": run_id})
        command = [sys.executable, "-m", "bench.kill_search", asked]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def n_requests(self) -> int:
        """Requests that the emulator has had."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def books(self, run_id: str, log: list[LogLine]) -> Books:
        """Journal against log."""
        settings = read_settings(environ={"MODELSEARCH_HOME": str(self.home)})
        _, events = Journal.read(run_dir(settings, run_id).journal)
        return books_of(events, log, self.market)


def main() -> int:
    """Run all seeds; exit code 0 only if every one holds."""
    began_s = time.monotonic()
    print(
        f"task {TASK.name}, budget {BUDGET_USD} USD, plan balanced, latency median {LATENCY.median_s} s, "
        f"kills {N_KILLS} by seed"
    )
    held, n_kills = [], 0
    for seed, n_wanted in N_KILLS.items():
        is_held, n_landed = seed_holds(seed, n_wanted)
        held.append(is_held)
        n_kills += n_landed
    is_held = all(held) and n_kills >= 10
    print(
        f"kill: {n_kills} kills of {len(N_KILLS)} searches in {time.monotonic() - began_s:.0f} s: "
        f"{'same recommendations, books agree' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def seed_holds(seed: int, n_kills: int) -> tuple[bool, int]:
    """One undisturbed and one killed search; whether all is well, and how many kills landed."""
    task, base = task_and_market()
    market = make_world(task, seed=seed, base=base).market
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "requests.jsonl"
        with spawned_emulator("bench.kill_world:make_app", {"seed": seed, "log_path": str(log)}) as url:
            bed = Bed(seed=seed, url=url, home=Path(home), log=log, market=market)
            smooth = decision_of(bed.start("smooth"))
            n_smooth = bed.n_requests()
            rough, n_landed = killed(bed, n_kills, n_smooth)
        lines = read_log(log)
        books = {"smooth": bed.books("smooth", lines[:n_smooth]), "rough": bed.books("rough", lines[n_smooth:])}
    faults = [f"{name}: {fault}" for name, each in books.items() for fault in each.faults]
    if rough != smooth:
        faults.append(f"recommended {rough}, undisturbed {smooth}")
    print(f"seed {seed}: {n_landed} kills, recommended {rough}, undisturbed {smooth}; {books['rough'].line()}")
    for fault in faults[:10]:
        print(f"  broken: {fault}")
    return not faults, n_landed


def killed(bed: Bed, n_kills: int, n_calls: int) -> tuple[str, int]:
    """Kill the run `n_kills` times and let it end; its decision, and how many kills landed before its end."""
    rng = random.Random(bed.seed)
    n_before = bed.n_requests()
    moments = sorted(rng.randrange(1, n_calls) for _ in range(n_kills))
    n_landed = 0
    for n_reached in moments:
        process = bed.start("rough")
        is_timed = rng.random() < P_BY_TIME
        delay_s = rng.uniform(0.0, MAX_START_S) if is_timed else rng.uniform(0.0, 0.05)
        wait_until(process, (lambda: True) if is_timed else _reaches(bed, n_before + n_reached))
        time.sleep(delay_s)
        if process.poll() is not None:
            break
        process.kill()
        process.communicate()
        n_landed += 1
    return decision_of(bed.start("rough")), n_landed


def _reaches(bed: Bed, n_requests: int) -> Callable[[], bool]:
    return lambda: bed.n_requests() >= n_requests


def wait_until(process: "subprocess.Popen[str]", is_met: Callable[[], bool], *, limit_s: float = LIMIT_S) -> None:
    """Wait for a condition or the end of the process.

    Raises:
        TimeoutError: neither came.
    """
    until_s = time.monotonic() + limit_s
    while process.poll() is None and not is_met():
        if time.monotonic() > until_s:
            process.kill()
            raise TimeoutError(f"bench: the search did not come so far within {limit_s:g} s")
        time.sleep(POLL_S)


def decision_of(process: "subprocess.Popen[str]") -> str:
    """What a search that is left alone decides.

    Raises:
        RuntimeError: it failed.
    """
    printed, _ = process.communicate(timeout=LIMIT_S)
    if process.returncode != 0:
        raise RuntimeError(f"bench: the search ended with exit code {process.returncode}")
    decision = json.loads(printed.splitlines()[-1])
    return f"{decision['candidate']} ({decision['certainty']})"


if __name__ == "__main__":
    sys.exit(main())
