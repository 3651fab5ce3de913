"""`make bench-linear`: the hundred-thousandth call costs what the thousandth does, in CPU and in memory.

1. CPU per call after 100,000 calls over that after 1,000: rounds of 1,000 calls by turns in two processes, one that has
   100,000 calls behind it and one that has 1,000, median of the pairs: at most 1.1;
2. memory of the engine at 200,000 calls less that at 10,000: at most 50 MB;
3. replay of a journal of 20,000 calls into ledger and outcomes, as at a resume: at least 30,000 items/s of CPU.

No server latency, 64 in flight, 21 models x 10,000 items. Exit code 0 only if all three hold.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.throughput import server
from bench.throughput_engine import Load
from bench.throughput_load import cpu_s
from modelsearch.core.events import OutcomeScored
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.store.journal import Journal
from modelsearch.store.ledger import Ledger

N_PAIRS = 7
MAX_RATIO = 1.1
MAX_GROWTH_MB = 50.0
MIN_REPLAY_ITEMS_PER_S = 30_000.0
N_REPLAYED = 20_000


class Told(NamedTuple):
    """CPU per call in s of a part, and memory in MB after it."""

    cpu_s: float
    rss_mb: float


class Buyer:
    """An engine in its own process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def buy(self, n_calls: int) -> Told:
        """Buy so many more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{n_calls}\n")
        self._process.stdin.flush()
        used_s, rss_mb = self._process.stdout.readline().split()
        return Told(float(used_s), float(rss_mb))


def main() -> int:
    """Measure, and say by the exit code whether all limits hold."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(server())
        old = stack.enter_context(buyer(url, folder / "old"))
        early = old.buy(10_000)
        old.buy(90_000)
        ratio = aged(url, folder, old)
        late = old.buy(200_000 - 100_000 - N_PAIRS * 1000)
        with buyer(url, folder / "replayed") as other:
            other.buy(N_REPLAYED)
        items_per_s = replayed(folder / "replayed" / "run" / "journal.bin")
    growth_mb = late.rss_mb - early.rss_mb
    print(
        f"memory {early.rss_mb:.0f} MB at 10,000 calls, {late.rss_mb:.0f} MB at 200,000, at most {MAX_GROWTH_MB:g} more"
    )
    print(f"replay {items_per_s:,.0f} items/s (at least {MIN_REPLAY_ITEMS_PER_S:,.0f})")
    is_held = ratio <= MAX_RATIO and growth_mb <= MAX_GROWTH_MB and items_per_s >= MIN_REPLAY_ITEMS_PER_S
    told = (
        f"CPU per call after 100,000 calls {ratio:.2f}x that after 1,000 (at most {MAX_RATIO:g}x), {growth_mb:+.0f} MB"
    )
    print(f"linear: {told}, replay {items_per_s:,.0f} items/s: {'holds' if is_held else 'BROKEN'}")
    return 0 if is_held else 1


def aged(url: str, folder: Path, old: Buyer) -> float:
    """CPU per call of an engine with 100,000 calls behind it over that of one with 1,000, median of the pairs."""
    ratios = []
    for number in range(N_PAIRS):
        with buyer(url, folder / f"young-{number}") as young:
            young.buy(1000)
            if number % 2:
                late, early = old.buy(1000), young.buy(1000)
            else:
                early, late = young.buy(1000), old.buy(1000)
        ratios.append(late.cpu_s / early.cpu_s)
        told = f"{late.cpu_s * 1000:.3f} ms after 100,000 calls, {early.cpu_s * 1000:.3f} ms after 1,000"
        print(f"pair {number}: {told}: {ratios[-1]:.2f}x", flush=True)
    return median(ratios)


def replayed(journal: Path) -> float:
    """Items a second of CPU from journal to ledger and outcomes."""
    task, _ = Load(url="http://127.0.0.1:9", n_in_flight=1, n_models=1).made()
    known = Known(task, make_scorer(task), _Silent())
    start_s = cpu_s()
    _, events = Journal.read(journal)
    ledger = Ledger.from_events(Decimal(1_000_000), events)
    known.restore(event.outcome for event in events if isinstance(event, OutcomeScored))
    used_s = cpu_s() - start_s
    assert ledger.spend().n_calls == N_REPLAYED
    return N_REPLAYED / used_s


class _Silent:
    """A recorder of nothing: a replay writes nothing."""

    def append(self, event: object) -> None:
        raise AssertionError(event)


@contextmanager
def buyer(url: str, folder: Path) -> Iterator[Buyer]:
    """An engine that has bought nothing yet."""
    command = [sys.executable, "-m", "bench.linear_engine", url, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Buyer(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main())
