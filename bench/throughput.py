"""`make bench-throughput`: what a call costs in CPU, against a bare aiohttp loop that does the same work.

CPU per call = own user and system time / calls, at 64 in flight and no server latency, 2,000 calls after 200 to warm
up, median of 5 interleaved pairs, each run and the server in processes of their own. Prints the ratio last; exit code
0 only if it is at most 3.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.throughput_load import N_CALLS, N_IN_FLIGHT, N_WARM_UP

N_PAIRS = 5
MAX_RATIO = 3.0


def main() -> int:
    """Run the pairs, and say by the exit code whether the engine is quick enough."""
    print(f"{N_CALLS} calls after {N_WARM_UP}, {N_IN_FLIGHT} in flight, {N_PAIRS} interleaved pairs")
    pairs = []
    with server() as url:
        for number in range(N_PAIRS):
            order = ("bare", "engine") if number % 2 else ("engine", "bare")
            found = {name: cpu_ms(name, url) for name in order}
            pairs.append(found)
            ratio = found["engine"] / found["bare"]
            print(f"pair {number}: CPU per call {found['engine']:.3f} ms, bare {found['bare']:.3f} ms: {ratio:.2f}x")
    ratio = median(pair["engine"] / pair["bare"] for pair in pairs)
    is_held = ratio <= MAX_RATIO
    engine, bare = (median(pair[name] for pair in pairs) for name in ("engine", "bare"))
    print(
        f"throughput: {engine:.3f} ms CPU per call against {bare:.3f} ms bare aiohttp, median ratio {ratio:.2f}x, "
        f"at most {MAX_RATIO:g}x: {'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def cpu_ms(name: str, url: str) -> float:
    """CPU of one call in ms, measured in a fresh process."""
    command = [sys.executable, "-m", f"bench.throughput_{name}", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return float(done.stdout.split()[-1]) * 1000


@contextmanager
def server() -> Iterator[str]:
    """The server in its own process; its base URL."""
    command = [sys.executable, "-m", "bench.throughput_server"]
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
