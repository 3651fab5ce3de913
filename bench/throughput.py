"""`make bench-throughput`: what a call costs, against a bare aiohttp loop that does the same work, and what waits cost.

CPU per call = own user and system time / calls, no server latency, each run and the server in processes of their own,
engine and bare loop by turns. Five figures, each with its limit:

1. throughput at 256 in flight, as bare CPU per call / ours, median of the pairs: at least 0.6 (goal 0.8);
2. net CPU per sample end to end (a run of 2,000 items to its Parquet tables, less one of 1 item): at most 0.25 ms;
3. 2,000 items at 0.5 s latency and 256 in flight: at most 5.5 s;
4. of in-flight / latency: at least 90 % at 1,000 in flight and 75 % at 2,000;
5. CPU per call at 1,000 in flight: at most 2x that at 32.

3 and 4 are the best of three tries: what else runs on the machine can only make them worse. Inspect, lm-eval and
promptfoo stand beside us where they are installed. Exit code 0 only if all five hold.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

from bench.throughput_peers import peer_lines

N_PAIRS = 5
N_TRIES = 3
LATENCY_S = 0.5
MIN_THROUGHPUT, GOAL_THROUGHPUT = 0.6, 0.8
MAX_NET_MS = 0.25
MAX_WALL_S = 5.5
MAX_GROWTH = 2.0
N_WHOLE = 2000


class Cost(NamedTuple):
    """CPU and wall of a call, in ms."""

    cpu_ms: float
    wall_ms: float


class Figure(NamedTuple):
    """What was found, and whether it is within its limit."""

    text: str
    is_held: bool


def main() -> int:
    """Measure, and say by the exit code whether all limits hold."""
    with server() as url:
        figures = [throughput(url), growth(url), net(url)]
        peers = list(peer_lines(url, N_WHOLE))
    with server(LATENCY_S) as url:
        figures += [wall(url), share(url, 1000, 0.9), share(url, 2000, 0.75)]
    for figure in figures:
        print(f"{figure.text}: {'holds' if figure.is_held else 'BROKEN'}")
    print(*peers, sep="\n")
    is_held = all(figure.is_held for figure in figures)
    print(f"throughput: {figures[0].text}; all limits: {'hold' if is_held else 'BROKEN'}")
    return 0 if is_held else 1


def throughput(url: str) -> Figure:
    """Bare CPU per call over ours, at 256 in flight."""
    ratios, costs = [], []
    for number in range(N_PAIRS):
        order = ("bare", "engine") if number % 2 else ("engine", "bare")
        found = {name: cost(name, url, 256, 4000) for name in order}
        ratios.append(found["bare"].cpu_ms / found["engine"].cpu_ms)
        costs.append(found["engine"].cpu_ms)
        told = f"CPU per call {found['engine'].cpu_ms:.3f} ms, bare {found['bare'].cpu_ms:.3f} ms"
        print(f"pair {number}: {told}: {ratios[-1]:.2f}x", flush=True)
    ratio = median(ratios)
    text = f"{ratio:.2f}x of bare aiohttp at 256 in flight, {median(costs):.3f} ms CPU per call"
    limits = f"at least {MIN_THROUGHPUT}x, goal {GOAL_THROUGHPUT}x {'met' if ratio >= GOAL_THROUGHPUT else 'not met'}"
    return Figure(f"{text} ({limits})", ratio >= MIN_THROUGHPUT)


def growth(url: str) -> Figure:
    """CPU per call at 1,000 in flight over that at 32."""
    pairs = [(cost("engine", url, 1000, 4000).cpu_ms, cost("engine", url, 32, 4000).cpu_ms) for _ in range(3)]
    ratio = median(many / few for many, few in pairs)
    many_ms, few_ms = (median(column) for column in zip(*pairs, strict=True))
    text = f"CPU per call {many_ms:.3f} ms at 1,000 in flight, {few_ms:.3f} ms at 32: {ratio:.2f}x"
    return Figure(f"{text} (at most {MAX_GROWTH:g}x)", ratio <= MAX_GROWTH)


def net(url: str) -> Figure:
    """CPU per sample of a whole run, less its start-up."""
    found = []
    for _ in range(3):
        many, one = (run_whole(url, n_items) for n_items in (N_WHOLE, 1))
        found.append((many - one) / (N_WHOLE - 1) * 1000)
    net_ms = median(found)
    text = f"net CPU per sample end to end {net_ms:.3f} ms (at most {MAX_NET_MS:g} ms)"
    return Figure(text, net_ms <= MAX_NET_MS)


def run_whole(url: str, n_items: int) -> float:
    """CPU of a process that buys so many items and writes its tables, in s."""
    return float(output("bench.throughput_whole", url, n_items)[0])


def wall(url: str) -> Figure:
    """Wall of 2,000 items at 256 in flight."""
    best_s = min(cost("engine", url, 256, 2000).wall_ms * 2 for _ in range(N_TRIES))
    text = f"2,000 items at {LATENCY_S:g} s latency, 256 in flight: {best_s:.2f} s (at most {MAX_WALL_S:g} s; ideal 4)"
    return Figure(text, best_s <= MAX_WALL_S)


def share(url: str, n_in_flight: int, least: float) -> Figure:
    """Calls a second over in-flight / latency, over ten waves."""
    ideal = n_in_flight / LATENCY_S
    best = max(1000 / cost("engine", url, n_in_flight, 10 * n_in_flight).wall_ms for _ in range(N_TRIES))
    text = f"{n_in_flight:,} in flight: {best:,.0f} calls/s, {best / ideal:.0%} of in-flight / latency"
    return Figure(f"{text} (at least {least:.0%})", best >= least * ideal)


def cost(name: str, url: str, n_in_flight: int, n_calls: int) -> Cost:
    """CPU and wall of one call, measured in a fresh process after a warm-up that opens all connections."""
    cpu_s, wall_s = output(f"bench.throughput_{name}", url, n_in_flight, max(1000, n_in_flight), n_calls)
    return Cost(float(cpu_s) * 1000, float(wall_s) * 1000)


def output(module: str, *arguments: object) -> list[str]:
    """The words of the last line that a bench module prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return done.stdout.splitlines()[-1].split()


@contextmanager
def server(latency_s: float = 0.0) -> Iterator[str]:
    """The server in its own process; its base URL."""
    command = [sys.executable, "-m", "bench.throughput_server", str(latency_s)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
