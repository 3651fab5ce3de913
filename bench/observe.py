"""`make bench-observe`: what it costs a search to be watched.

The same search of an emulated market (the emulator is a process of its own, replies without latency) by turns: with the
hook taken out (bare), switched off, with JSON lines at info and at debug, with traces of a tenth and of all calls to a
collector on loopback, and with a collector that is down. Each search is a process; CPU is its own user and system time
of the search alone, imports of what is switched on included, per outcome. The least of the turns counts, for what else
runs on the machine can only add to it; ratios to `off` are held against limits. What is added to the wall time of the
process's end is told too.

    python -m bench.observe [turns]
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.observe_collector import collecting

N_TURNS = 4
SEED = 7
BUDGET_USD = "1.2"
DOWN = "http://127.0.0.1:9"
LIMITS = {"bare": None, "off": None, "lines": 1.10, "all lines": 1.50, "traces": 1.25, "all traces": 1.60, "down": 1.25}
"""The most CPU per outcome, as a ratio to `off`; `bare` is what `off` is held against."""
MAX_OFF = 1.05


def main() -> int:
    """Measure, and say by the exit code whether all limits hold."""
    n_turns = int(sys.argv[1]) if len(sys.argv) > 1 else N_TURNS
    found: dict[str, list[dict[str, float]]] = {mode: [] for mode in LIMITS}
    with emulator() as url, collecting() as collector:
        for turn in range(n_turns):
            for mode in list(LIMITS)[:: 1 if turn % 2 == 0 else -1]:
                found[mode].append(measured(mode, url, collector.url))
            told = ", ".join(f"{mode} {found[mode][-1]['cpu_ms']:.3f} ms" for mode in LIMITS)
            print(f"turn {turn}: {told}", flush=True)
        n_spans = collector.n_spans
    least = {mode: min(each["cpu_ms"] for each in turns) for mode, turns in found.items()}
    broken = [mode for mode, limit in LIMITS.items() if limit is not None and least[mode] > limit * least["off"]]
    for mode, limit in LIMITS.items():
        held = "" if limit is None else f" (at most {limit:.2f}: {'BROKEN' if mode in broken else 'holds'})"
        end_s = min(each["end_s"] for each in found[mode])
        cost = f"{least[mode]:.3f} ms CPU per outcome, {least[mode] / least['off']:.3f} of off{held}"
        print(f"{mode:>10}: {cost}; {end_s:.1f} s of start and end")
    free = least["off"] / least["bare"]
    is_held = not broken and free <= MAX_OFF and n_spans > 0
    print(f"{found['off'][0]['n_outcomes']:.0f} outcomes a search, {n_spans} spans received, seed {SEED}")
    print(f"observe: off costs {free:.3f} of bare (at most {MAX_OFF}); {'all limits hold' if is_held else 'BROKEN'}")
    return 0 if is_held else 1


def measured(mode: str, emulator_url: str, collector_url: str) -> dict[str, float]:
    """One search in a process of its own."""
    with TemporaryDirectory() as home:
        environ = {**_environ(mode, collector_url), "MODELSEARCH_HOME": home}
        began_s = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "bench.observe_search", mode, emulator_url, BUDGET_USD, str(SEED)],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return {**told, "end_s": time.monotonic() - began_s - told["wall_s"]}


def _environ(mode: str, collector_url: str) -> dict[str, str]:
    plain = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    if mode.endswith("lines"):
        return {**plain, "MODELSEARCH_LOG": "json", "MODELSEARCH_LOG_LEVEL": "debug" if mode == "all lines" else "info"}
    if mode in ("traces", "all traces"):
        return {**plain, "MODELSEARCH_OTEL": collector_url, "MODELSEARCH_OTEL_CALLS": "1" if "all" in mode else "0.1"}
    return {**plain, "MODELSEARCH_OTEL": DOWN} if mode == "down" else plain


@contextmanager
def emulator() -> Iterator[str]:
    """The emulator as a process of its own."""
    task = Path(__file__).resolve().parent.parent / "catalogs" / "examples" / "classification.yaml"
    port = "4391"
    command = [sys.executable, "-m", "flows.cli", "emulate", str(task), "--seed", str(SEED), "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(8)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
