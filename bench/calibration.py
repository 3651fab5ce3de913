"""`make bench-calibration`: recommendations stated at probability p are right in at least p - 0.05 of the cases.

The default plan on the ten public tables at 1, 2, 5, 10 and 20 % of X. Each bin of stated probability from 0.5 on is
held against its mean; a bin of fewer than 20 recommendations is shown and does not count. The last line says whether
it holds; exit code 0 only then, 77 without the data.
"""

import sys
from collections.abc import Sequence

import numpy as np

from bench.compared import SKIPPED, read_options, run
from modelsearch.compare.aggregate import CalibrationBin, calibration
from modelsearch.compare.run import DEFAULT_SHARES
from modelsearch.compare.search import Row
from modelsearch.stats.intervals import wilson

N_SEEDS = 10
SLACK = 0.05
LEAST_P = 0.5
MIN_COUNTED = 20


def main() -> int:
    """Run the plan, print the bins, and say by the exit code whether they hold."""
    bench = read_options("calibration", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-calibration"))
    rows = run(bench.comparison(bench.contenders(), DEFAULT_SHARES), "calibration")
    mine = [row for row in rows if row["plan"] == bench.plans[0]]
    for share in DEFAULT_SHARES:
        told(f"at {share:g} of X", [row for row in mine if row["budget_share"] == share])
    bad = [each for each in told("at all spends", mine) if is_overconfident(each)]
    print(f"calibration: {'as stated' if not bad else f'{len(bad)} bins OVERCONFIDENT'}")
    return 1 if bad else 0


def told(name: str, rows: Sequence[Row]) -> list[CalibrationBin]:
    """Print the bins of some rows."""
    bins = [each for each in calibration(rows) if each.n]
    print(f"\n{name}: {sum(each.n for each in bins)} of {len(rows)} searches state a probability")
    for each in bins:
        low, high = wilson(np.array([each.right_share]), np.array([float(each.n)]))
        print(
            f"  stated {each.low:.1f} to {each.high:.1f}, mean {each.stated:.3f}: right {each.right_share:.3f} "
            f"({low[0]:.3f} to {high[0]:.3f} if independent), n = {each.n}"
        )
    return bins


def is_overconfident(each: CalibrationBin) -> bool:
    """Whether a bin that counts was right less often than it said."""
    return each.low >= LEAST_P and each.n >= MIN_COUNTED and each.right_share < each.stated - SLACK


if __name__ == "__main__":
    sys.exit(main())
