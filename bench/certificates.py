"""`make bench-certificates`: a wrong certificate is rare, whatever the search does, and a right one is not dear.

(i) the rule alone: worlds in which every certificate is wrong by one item, an adversary who sees all, stops when he
likes and makes candidates as they look best (`certificates_rule`); (ii) the default plan on the ten public tables and
on boundary worlds: searches that ever hold a false certificate, with an upper confidence bound; (iii) power: certified
captured saving, and spend to the first correct certificate against the reference spend (`certificates_power`).
`--quick` takes fewer replays and seeds. The last line says whether all holds; exit code 0 only then, 77 without data.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from bench.certificates_power import SHARES, spend_ratios
from bench.certificates_rule import ALPHA, MARGIN, boundaries, wrong_replays
from bench.compared import SKIPPED, TABLES, Bench, run
from modelsearch.compare.aggregate import Row, column, grouped, standings
from modelsearch.compare.cases import Case
from modelsearch.compare.tables import read_field
from modelsearch.testing.world_boundary import at_the_boundary
from modelsearch.testing.worlds import WorldShape, make_recorded_world

BARS = {0.05: 0.35, 0.1: 0.55, 0.2: 0.70}
MAX_RATIO = 4.0
BOUNDARY_SHARES = (0.05, 0.2, 0.5)
N_BOUNDARY_WORLDS = 6


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line."""

    n_replays: int
    n_seeds: int
    n_jobs: int
    plan: str
    parts: str


def main() -> int:
    """Run the three parts, and say by the exit code whether all holds."""
    options = read_options()
    folders = {folder.name: folder for folder in sorted(TABLES.glob("*"))}
    if not folders and options.parts != "1":
        print("skipped: needs recorded tables in ../shared/data/outcomes")
        return SKIPPED
    missed = rule_alone(options) if "1" in options.parts else []
    if "2" in options.parts or "3" in options.parts:
        bench = Bench(folders=folders, n_seeds=options.n_seeds, n_jobs=options.n_jobs, plans=(options.plan,))
        print(f"\n{bench.told('make bench-certificates')}")
        contenders = bench.contenders()
        shares = SHARES if all(each.plan.is_anytime for each in contenders) else tuple(BARS)
        rows = run(bench.comparison(contenders, shares), "public tables")
        missed += false_certificates("public tables", rows) + power(rows, bench)
    if "2" in options.parts:
        missed += boundary_searches(options)
    print("\n".join(missed))
    print(f"certificates: {'all holds' if not missed else f'{len(missed)} bars are MISSED'}")
    return 1 if missed else 0


def read_options() -> Options:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.certificates")
    parser.add_argument("--quick", action="store_true", help="1,000 replays and 2 seeds")
    parser.add_argument("--replays", type=int)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--plan", default="balanced")
    parser.add_argument("--parts", default="123", help="which of the parts 1, 2, 3")
    given = parser.parse_args()
    return Options(
        n_replays=given.replays or (1000 if given.quick else 10_000),
        n_seeds=given.seeds or (2 if given.quick else 20),
        n_jobs=given.jobs,
        plan=given.plan,
        parts=given.parts,
    )


def rule_alone(options: Options) -> list[str]:
    """Part (i)."""
    allowed = ALPHA + 3 * float(np.sqrt(ALPHA * (1 - ALPHA) / options.n_replays))
    print(f"the rule alone: {options.n_replays} replays a world, seed 0, alpha {ALPHA}, margin {MARGIN}")
    worlds = list(boundaries())
    with ProcessPoolExecutor(options.n_jobs, initializer=_one_thread) as pool:
        n_wrong = list(pool.map(wrong_replays, worlds, [options.n_replays] * len(worlds), [0] * len(worlds)))
    missed = []
    for world, n in zip(worlds, n_wrong, strict=True):
        rate = n / options.n_replays
        print(f"  {world.name:10} {world.n_units:4} units: wrong {rate:.4f} (allowed {allowed:.4f})")
        missed += [f"missed: the rule alone in {world.name}: {rate:.4f}"] if rate > allowed else []
    return missed


def _one_thread() -> None:
    threadpool_limits(1)


def false_certificates(name: str, rows: Sequence[Row]) -> list[str]:
    """Part (ii): searches that ever held a false certificate; the bound is Clopper and Pearson's."""
    searches = grouped(rows, "table", "baseline", "seed")
    ever = {key: bool(column(some, "is_false_certificate").any()) for key, some in searches.items()}
    certified = [bool(column(some, "is_certified").any()) for some in searches.values()]
    n, n_false = len(ever), sum(ever.values())
    upper = float(beta.ppf(0.95, n_false + 1, n - n_false)) if n_false < n else 1.0
    print(f"\n{name}: {n_false} of {n} searches ever held a false certificate, at most {upper:.4f} (95 %, one-sided);")
    print(f"  {sum(certified)} held any certificate")
    cases: dict[tuple[str, str], list[bool]] = {}
    for (table, baseline, _), is_false in ever.items():
        cases.setdefault((table, baseline), []).append(is_false)
    worst = max(cases, key=lambda case: (sum(cases[case]), case))
    print(f"  worst case: {sum(cases[worst])} of {len(cases[worst])} on {' / '.join(worst)}")
    allowed = ALPHA + 3 * float(np.sqrt(ALPHA * (1 - ALPHA) / n))
    return [f"missed: {name}: {n_false} false certificates in {n} searches"] if n_false / n > allowed else []


def power(rows: Sequence[Row], bench: Bench) -> list[str]:
    """Part (iii)."""
    missed = []
    print("\npower: certified captured saving")
    for each in standings(rows):
        captured, bar = each.captured_certified, BARS.get(each.budget_share)
        told = f"{captured.mean:.3f} ({captured.low:.3f} to {captured.high:.3f} by table)"
        print(f"  at {each.budget_share:5} of X: {told}{'' if bar is None else f', bar {bar}'}")
        if bar is not None and captured.mean < bar:
            missed.append(f"missed: certified captured saving at {each.budget_share} of X: {captured.mean:.3f}")
    ratios = np.array(spend_ratios(rows, {name: read_field(folder) for name, folder in bench.folders.items()}))
    low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75], method="higher")
    print(
        f"  spend to a correct certificate over the reference: median {median:.2f} (quartiles {low:.2f}, {high:.2f}),"
    )
    print(f"  {np.isinf(ratios).mean():.0%} of {len(ratios)} searches none by {SHARES[-1]} of X; bar {MAX_RATIO}")
    return missed + ([f"missed: spend to certificate {median:.2f}"] if median > MAX_RATIO else [])


def boundary_searches(options: Options) -> list[str]:
    """Part (ii) where it is worst: the plan in worlds where every certificate is false by one item."""
    with tempfile.TemporaryDirectory() as home:
        folders, cases = {}, []
        for number in range(N_BOUNDARY_WORLDS):
            shape = WorldShape(n_models=30, n_items=(120, 250, 500)[number % 3], mean_quality=(0.7, 0.9)[number % 2])
            name = f"boundary_{number}"
            folders[name] = Path(home) / name
            world = make_recorded_world(shape, number, name)
            dear = np.where(world.cost_usd >= np.quantile(world.cost_usd, 0.75), world.quality, -1.0)
            baseline = world.table.models[int(dear.argmax())].name
            at_the_boundary(world, baseline, MARGIN).write(folders[name])
            cases.append(Case(table=name, baseline=baseline, margin=MARGIN, alpha=ALPHA))
        bench = Bench(folders=folders, n_seeds=options.n_seeds, n_jobs=options.n_jobs, plans=(options.plan,))
        comparison = replace(bench.comparison(bench.contenders(), BOUNDARY_SHARES), cases=cases)
        return false_certificates("boundary worlds", run(comparison, "boundary worlds"))


if __name__ == "__main__":
    sys.exit(main())
