"""`make bench-yardsticks`: the default plan against the field's usual ways, each at its best of three settings.

Exhaustive, random models, cost-filtered sweep, successive halving, UCB-E, the client's own naive Bayesian loop, Optuna
TPE and GPSampler (where installed), with our free features, prices and pairing, each setting under both decision rules
(cheapest within the margin by its mean; our own worth against the baseline). Ahead = the paired difference in net
captured saving, clustered by table, is above 0 with its whole 95 % interval at every spend from 2 % on. The last line
says whether it holds; exit code 0 only then, 77 without the data.
"""

import importlib.util
import sys
from collections.abc import Iterable, Sequence

from bench.compared import SKIPPED, read_options, run
from modelsearch.compare.aggregate import Mean, Standing, paired_difference, standings
from modelsearch.compare.peers import peers, yardstick_of
from modelsearch.compare.search import Row

N_SEEDS = 3
SHARES = (0.02, 0.05, 0.1, 0.2)
NEEDS = {"optuna_tpe": ("optuna",), "optuna_gp": ("optuna", "torch")}


def main() -> int:
    """Run everybody, compare, and say by the exit code who is ahead."""
    bench = read_options("yardsticks", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-yardsticks"))
    names = [name for name in peers() if is_installed(name)]
    left_out = sorted(set(peers()) - set(names))
    if left_out:
        print(f"left out, for their packages are not installed: {', '.join(left_out)}")
    ours = bench.plans[0]
    rows = run(bench.comparison(bench.contenders(), SHARES), ours)
    for name in names:
        rows += run(bench.comparison(peers()[name], SHARES), name)
    behind = list(verdicts(rows, ours, names))
    print(f"yardsticks: {ours} is {'ahead of all' if not behind else f'NOT AHEAD of {behind}'}")
    return 1 if behind else 0


def is_installed(name: str) -> bool:
    """Whether a yardstick's optional packages are there."""
    return all(importlib.util.find_spec(package) is not None for package in NEEDS.get(name, ()))


def verdicts(rows: Sequence[Row], ours: str, names: Sequence[str]) -> Iterable[str]:
    """Print how far ahead we are of each at each share; yields those that we are not ahead of."""
    found = standings(rows)
    for share in SHARES:
        mine = next(each for each in found if each.plan == ours and each.budget_share == share)
        print(f"\nat {share:g} of X: {ours} {mine.captured.mean:.3f} (wrong {mine.wrong_share:.1%})")
        for name in names:
            best = best_of(found, name, share)
            ahead = paired_difference(rows, ours, best.plan, share)
            print(f"  {told(best)}: ahead by {interval(ahead)}")
            if not ahead.low > 0:
                yield f"{name} at {share:g}"


def best_of(found: Iterable[Standing], name: str, share: float) -> Standing:
    """A yardstick's best setting and rule at one share."""
    own = [each for each in found if yardstick_of(each.plan) == name and each.budget_share == share]
    return max(own, key=lambda each: (each.captured.mean, each.plan))


def told(found: Standing) -> str:
    return f"{found.plan} {found.captured.mean:.3f} (wrong {found.wrong_share:.1%})"


def interval(mean: Mean) -> str:
    return f"{mean.mean:+.3f} ({mean.low:+.3f} to {mean.high:+.3f}, {mean.n} searches)"


if __name__ == "__main__":
    sys.exit(main())
