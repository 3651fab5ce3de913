"""`make bench-kernels`: the Pareto kernel against moocore's own, and a round of the default plan in time and memory.

Part 1: the front of 10^6 points in 2-D and 3-D, uniform in a cube, all on a front, and in ties; CPU, median of 5
interleaved pairs, at most 1.2 times moocore's, the same points kept. Part 2: one round of plan `balanced` (the slowest
of its phases, median of 3 rounds each) with 500 candidates x 2,000 items: under 1 s of CPU. Part 3: the same with 5,000
x 1,000: peak memory of its process under 2 GiB. The last line says whether all hold.
"""

import os
import subprocess
import sys
import time
from statistics import median
from typing import Any

import moocore
import numpy as np
import numpy.typing as npt

from modelsearch.stats.pareto import front

N_POINTS = 1_000_000
N_PAIRS = 5
MAX_RATIO = 1.2
MAX_CPU_S = 1.0
MAX_GIB = 2.0
SEED = 20260923

Floats = npt.NDArray[np.float64]


def main() -> int:
    """Measure all parts, and say by the exit code whether they hold."""
    print(f"seed {SEED}, {N_POINTS:,} points, moocore {moocore.__version__}, CPU, median of {N_PAIRS} pairs")
    ratios = [_ratio(name, points) for n in (2, 3) for name, points in _clouds(n).items()]
    cpu_s, _ = _round(500, 2000)
    _, gib = _round(5000, 1000)
    is_held = max(ratios) <= MAX_RATIO and cpu_s < MAX_CPU_S and gib < MAX_GIB
    print(
        f"kernels: front at most {max(ratios):.2f}x moocore (limit {MAX_RATIO:g}x); a round of balanced with "
        f"500 x 2,000 {cpu_s:.2f} s CPU (limit {MAX_CPU_S:g}); with 5,000 x 1,000 {gib:.2f} GiB (limit {MAX_GIB:g}): "
        f"{'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def _clouds(n_objectives: int) -> dict[str, Floats]:
    """Point sets by name: few on the front, all on it, and many twins."""
    rng = np.random.default_rng(SEED)
    cube = rng.random((N_POINTS, n_objectives))
    sphere = np.abs(rng.normal(size=(N_POINTS, n_objectives)))
    sphere = 1.0 - sphere / np.linalg.norm(sphere, axis=1)[:, None]
    return {"cube": cube, "sphere": sphere, "ties": np.round(cube, 2)}


def _ratio(name: str, points: Floats) -> float:
    """Our CPU over moocore's."""
    ours, theirs = [], []
    for number in range(N_PAIRS):
        for turn in (number, number + 1):
            if turn % 2:
                own_s, own = _timed(lambda: front(points))
                ours.append(own_s)
            else:
                other_s, other = _timed(lambda: moocore.is_nondominated(points, keep_weakly=True))
                theirs.append(other_s)
    if not np.array_equal(own, other):
        print(f"{name} in {points.shape[1]}-D: the fronts differ")
        return float("inf")
    ratio = median(ours) / median(theirs)
    print(
        f"front, {points.shape[1]}-D {name}: {int(own.sum()):,} points kept, {median(ours):.3f} s, "
        f"moocore {median(theirs):.3f} s: {ratio:.2f}x"
    )
    return ratio


def _timed(run: Any) -> tuple[float, npt.NDArray[np.bool_]]:
    began = time.process_time()
    found = run()
    return time.process_time() - began, np.asarray(found, dtype=np.bool_)


def _round(n_candidates: int, n_items: int) -> tuple[float, float]:
    """CPU s of the slowest phase's round and peak memory in GiB, in a fresh process."""
    command = [sys.executable, "-m", "bench.kernels_round", str(n_candidates), str(n_items), str(SEED)]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    env = {**os.environ, **one_thread}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=env, check=False)
    if done.returncode:
        print(done.stderr[-2000:])
        return float("inf"), float("inf")
    *told, last = done.stdout.splitlines()
    print("\n".join(told))
    cpu_s, gib = (float(number) for number in last.split())
    return cpu_s, gib


if __name__ == "__main__":
    sys.exit(main())
