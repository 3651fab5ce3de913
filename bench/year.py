"""`make bench-year`: a year of nights, unattended, on a simulated clock; many years, and what must hold of each.

A market with the change rates of a large public listing (30 new models, 25 gone and 37 prices moved a month, a hundred
new ones in one night, wrong prices, outages, names behind which another model stands), one task that lives in it, one
incumbent that loses 5 points of quality without a word and one that is retired. The decisions are those of
`modelsearch.nights`, the searches and tests are the real plans with the real statistics; only the calls are made up.
Half of the years begin with no cheaper model that is good enough, many by a hair. Then 14 nights of a smaller market,
in which something happens almost every night, go through Prefect and the engine of real nights: the same decisions? The
last line says whether all holds.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from scipy.stats import beta
from threadpoolctl import threadpool_limits

from bench.year_market import LOW
from bench.year_play import ALPHA
from bench.year_prefect import compared
from bench.year_project import N_NIGHTS
from bench.year_told import YearFigures, figures_of, told_year
from modelsearch.testing.world_year import YearShape

MAX_MINUTES = 10.0
MAX_DROP_NIGHTS, FOUND_IN_TIME = 14, 0.9
YEARS_A_FALSE_ALARM = 20
PREFECT_SEED = 3


def main() -> int:
    """Play the years, and say by the exit code whether all holds."""
    options = read_options()
    started_s = time.monotonic()
    print(f"make bench-year: {options.years} years of 365 nights, seeds 1 to {options.years}, {options.jobs} processes")
    missed: list[str] = []
    if "1" in options.parts:
        years = list(played(range(1, options.years + 1), options.jobs))
        minutes = (time.monotonic() - started_s) / 60
        missed += [
            *told(years),
            *wrong_moves(years),
            *drops(years),
            *newcomers(years),
            *wrong_prices(years),
            *figures(years, minutes),
        ]
    missed += same_through_prefect() if "2" in options.parts else []
    print("\n".join(missed))
    print(f"year: {'all holds' if not missed else f'{len(missed)} bars are MISSED'}")
    return 1 if missed else 0


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.year")
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--parts", default="12", help="1: the years; 2: nights through Prefect")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def played(seeds: Sequence[int], n_jobs: int) -> Iterator[YearFigures]:
    """The years in order of their seeds."""
    with ProcessPoolExecutor(n_jobs) as pool:
        yield from pool.map(_figures, seeds)


def _figures(seed: int) -> YearFigures:
    with threadpool_limits(limits=1):
        return figures_of(seed, YearShape(is_boundary=bool(seed % 2)), is_kept=seed == 1)


def told(years: Sequence[YearFigures]) -> list[str]:
    """A line for each year; nights over their budget are a miss."""
    print("\n".join(told_year(year) for year in years))
    over = sum(year.n_over_budget for year in years)
    print(f"nights over their budget: {over} of {365 * len(years)}")
    return [f"MISSED: {over} nights spent more than their budget"] if over else []


def wrong_moves(years: Sequence[YearFigures]) -> list[str]:
    """P(any wrong move in a year) is at most alpha."""
    n_wrong, n_moves = sum(year.n_wrong > 0 for year in years), sum(year.n_moves for year in years)
    high = float(beta.ppf(0.95, n_wrong + 1, len(years) - n_wrong)) if n_wrong < len(years) else 1.0
    share = n_wrong / len(years)
    n_bad = sum(year.n_bad_tested for year in years)
    print(
        f"wrong moves: {n_wrong} of {len(years)} years have any (share {share:.3f}, 95 % upper bound {high:.3f}, alpha "
        f"{ALPHA}), among {n_moves} moves and {n_bad} tests of models truly inferior by more than the margin"
    )
    return [f"MISSED: wrong moves in {share:.3f} of the years, allowed {ALPHA}"] if share > ALPHA else []


def drops(years: Sequence[YearFigures]) -> list[str]:
    """The silent loss of 5 points is found within 14 nights in nine of ten years, and false alarms are rare."""
    asked = [year for year in years if year.drop_nights is not None]
    nights = sorted(year.drop_nights for year in asked if year.drop_nights is not None)
    late = [year.seed for year in asked if (year.drop_nights or 0) > MAX_DROP_NIGHTS]
    n_false = sum(year.n_false_alarms for year in years)
    allowed = max(1, len(years) // YEARS_A_FALSE_ALARM)
    print(
        f"silent drop of 5 points: {len(asked)} years had one that mattered for {MAX_DROP_NIGHTS} nights; found after "
        f"{nights} nights ({len(years) - len(asked)} years: the incumbent was replaced first, or none had settled)"
    )
    print(f"false alarms of quality: {n_false} in {len(years)} years, allowed {allowed}")
    if late:
        share = 1 - len(late) / len(asked)
        print(f"  late (999 = not at all): the years {late}; {share:.2f} of the years in time, {FOUND_IN_TIME} asked")
    is_missed = len(late) > (1 - FOUND_IN_TIME) * len(asked)
    missed = [f"MISSED: the drop was found late, or not, in the years {late}"] if is_missed else []
    return [*missed, *([f"MISSED: {n_false} false alarms, allowed {allowed}"] if n_false > allowed else [])]


def newcomers(years: Sequence[YearFigures]) -> list[str]:
    """Every newcomer within the rules is tested once; everybody else was told why not, or waits."""
    total = {name: sum(year.newcomers[name] for year in years) for name in years[0].newcomers}
    twice = sum(year.n_tested_twice for year in years)
    print("newcomers: " + ", ".join(f"{number} {name}" for name, number in total.items()) + f"; tested twice: {twice}")
    lost = total["lost"]
    return [f"MISSED: {lost} newcomers lost, {twice} tested twice"] if lost or twice else []


def wrong_prices(years: Sequence[YearFigures]) -> list[str]:
    """No wrong quote makes a price too low; how many make one too high for a day."""
    quoted = [ratio for year in years for ratio in year.quoted]
    low, high = sum(ratio < LOW for ratio in quoted), sum(ratio > 1 / LOW for ratio in quoted)
    print(
        f"wrong prices: {len(quoted)} quotes of models on sale; that day {low} prices in force were too low, {high} "
        f"too high (at most {max(quoted):.1f} times), {len(quoted) - low - high} right; "
        f"{sum(year.n_low_days for year in years)} model days of a price too low for any reason (a rise that waited "
        f"for a person); {sum(year.n_held for year in years)} syncs held, {sum(y.n_refused for y in years)} refused"
    )
    return [f"MISSED: {low} wrong quotes were believed"] if low else []


def same_through_prefect() -> list[str]:
    """Some nights through Prefect, with the engine of real nights, decide the same as in memory."""
    started_s = time.monotonic()
    real, simulated, weighed = compared(PREFECT_SEED)
    other = [night for night, (a, b) in enumerate(zip(real, simulated, strict=True)) if a != b]
    print(
        f"through Prefect: {len(real) - len(other)} of {len(real)} nights decide the same as in memory (jobs, places, "
        f"verdicts, moves, who waits): {sum(len(night.jobs) for night in real)} jobs, "
        f"{sum(len(night.moves) for night in real)} moves, {time.monotonic() - started_s:.0f} s"
    )
    print(f"Prefect's database (SQLite, with its log): {_growth(weighed)}")
    for night in other[:2]:
        print(f"  night {night}: through Prefect {real[night]}\n           in memory {simulated[night]}")
    is_whole = len(real) == N_NIGHTS and not other
    return [] if is_whole else [f"MISSED: nights {other} of {len(real)} decide otherwise through Prefect"]


def _growth(weighed: Sequence[int]) -> str:
    """MiB after some nights, and what a night adds; the first one pays for the deployment's own rows."""
    mib = [size / 2**20 for size in weighed]
    a_night = (mib[-1] - mib[0]) / (len(mib) - 1)
    told = f"{mib[0]:.1f} MiB after one night, {mib[-1]:.1f} after {len(mib)}"
    return f"{told}: {a_night:.2f} a night, {365 * a_night:.0f} a year"


def figures(years: Sequence[YearFigures], minutes: float) -> list[str]:
    """Money, disk, memory, time."""
    shares = sorted(share for year in years for share in year.spend_shares)
    mean, p95 = sum(shares) / len(shares), shares[int(0.95 * len(shares))]
    print(
        f"spend a night, in units of the baseline's cost on all items: mean {mean:.3f}, median "
        f"{shares[len(shares) // 2]:.3f}, p95 {p95:.3f}, most {shares[-1]:.2f}; calls a night: "
        f"{sum(year.n_calls for year in years) / 365 / len(years):.0f}"
    )
    kept = next(year for year in years if year.disk_bytes)
    points = ", ".join(f"night {night}: {size / 1024:.0f} KiB" for night, size in kept.disk_bytes.items())
    print(f"disk of the task's nights (state, history as JSON and Parquet), seed {kept.seed}: {points}")
    print(f"memory: at most {max(year.memory_mb for year in years):.0f} MiB a process")
    print(f"time: {minutes:.1f} minutes for {len(years)} years; a year took {_seconds(years)}")
    slow = max(year.wall_s for year in years) / 60
    return [f"MISSED: a year took {slow:.1f} minutes, allowed {MAX_MINUTES}"] if slow > MAX_MINUTES else []


def _seconds(years: Sequence[YearFigures]) -> str:
    walls = sorted(year.wall_s for year in years)
    return f"{walls[0]:.0f} to {walls[-1]:.0f} s"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    raise SystemExit(main())
