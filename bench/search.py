"""`make bench-search`: how much of the available saving the default plan captures, by what it may spend.

The ten public tables, three baselines each, ten seeds; scored as `../shared/bench/score.py` does. Three columns: costs
learnt from what is bought (what a user gets), true mean costs given, and the baseline's outcomes imported. Prints all
tables; the last line says whether every bar is reached; exit code 0 only then, 77 without the data. With `--study` it
asks instead what the plan's constants owe to the tables (`bench.search_study`; `--constants a,b` for some of them).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

from bench.compared import SKIPPED, read_options, run
from bench.search_study import study
from modelsearch.compare.aggregate import Standing, standings
from modelsearch.compare.run import DEFAULT_SHARES
from modelsearch.compare.search import Row
from modelsearch.compare.tell import comparison_lines

N_SEEDS = 10
LEARNT: Mapping[float, float] = {0.02: 0.55, 0.05: 0.78, 0.1: 0.92, 0.2: 0.97}
KNOWN: Mapping[float, float] = {0.02: 0.58, 0.05: 0.83, 0.1: 0.94, 0.2: 0.98}
IMPORTED: Mapping[float, float] = {0.02: 0.75, 0.05: 0.94}
WRONG: Mapping[float, float] = {0.02: 0.10, 0.05: 0.05, 0.1: 0.05, 0.2: 0.05}
MAX_CPU_S = 2.0


def main() -> int:
    """Run the three columns, and say by the exit code whether every bar is reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", add_help=False)
    parser.add_argument("--study", action="store_true")
    parser.add_argument("--constants", default="")
    own, sys.argv[1:] = parser.parse_known_args()
    bench = read_options("search", 1 if own.study else N_SEEDS)
    if bench is None:
        return SKIPPED
    if own.study:
        return study(bench, [name for name in own.constants.split(",") if name])
    print(bench.told("make bench-search"))
    whole = bench.comparison(bench.contenders(), DEFAULT_SHARES)
    short = bench.comparison(bench.contenders(), tuple(IMPORTED))
    columns = {
        "costs learnt": (run(whole, "costs learnt"), LEARNT),
        "costs given": (run(whole, "costs given", is_cost_known=True), KNOWN),
        "baseline imported": (run(short, "baseline imported", is_imported=True), IMPORTED),
    }
    missed = [line for name, (rows, bars) in columns.items() for line in told(name, rows, bars, bench.plans[0])]
    print("\n".join(missed))
    print(f"search: {'every bar is reached' if not missed else f'{len(missed)} bars are MISSED'}")
    return 1 if missed else 0


def told(name: str, rows: Sequence[Row], bars: Mapping[float, float], plan: str) -> list[str]:
    """Print a column, and return what it misses."""
    print(f"\n{name}")
    print("\n".join(comparison_lines(rows)))
    return [line for each in standings(rows) if each.plan == plan for line in misses(name, each, bars)]


def misses(name: str, found: Standing, bars: Mapping[float, float]) -> list[str]:
    """The bars that a plan misses at one share."""
    share, lines = found.budget_share, []
    if found.captured.mean < bars.get(share, -1.0):
        lines.append(f"captures {found.captured.mean:.3f}, bar {bars[share]}")
    if found.wrong_share > WRONG.get(share, 1.0):
        lines.append(f"wrong in {found.wrong_share:.1%}, bar {WRONG[share]:.0%}")
    if found.n_over_budget:
        lines.append(f"over budget {found.n_over_budget} times")
    if found.cpu_s > MAX_CPU_S:
        lines.append(f"median search {found.cpu_s:.2f} s of CPU, bar {MAX_CPU_S} s")
    return [f"missed: {name} at {share:g} of X: {line}" for line in lines]


if __name__ == "__main__":
    sys.exit(main())
