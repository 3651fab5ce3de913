"""`make bench-transfer`: priors from the other nine tables against none, leave one table out.

Each of the ten public tables is searched with the default plan twice, seed by seed: knowing nothing of the past, and
knowing what the other nine tables say of its models. First the past alone: how well it ranks the models of the table
that it has not seen, beside list price, and how often its 95 % intervals hold. Then the searches: holds where the
paired difference in net captured saving at 2 % of X is above 0 with its whole 95 % interval, clustered by table, and no
table loses more than 0.02 in the mean. Exit code 0 only then, 77 without the data.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from bench.compared import SKIPPED, read_options, run
from modelsearch.compare.aggregate import Mean, column, grouped, paired_difference
from modelsearch.compare.past import past_of
from modelsearch.compare.search import Row
from modelsearch.core.ids import CandidateId
from modelsearch.core.past import PastTask
from modelsearch.core.search import Floats
from modelsearch.decide.past_quality import NewTask, expected_of

N_SEEDS = 5
SHARES = (0.02, 0.05)
JUDGED = 0.02
MAX_LOSS = 0.02
PAST = " and past"


def main() -> int:
    """Compare, and say by the exit code whether the past helps and never harms."""
    bench = read_options("transfer", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-transfer"))
    tell_past(bench.folders)
    name = bench.plans[0]
    comparison = bench.comparison(bench.contenders(), SHARES)
    rows = run(comparison, "without a past")
    past = replace(comparison, past=tuple(bench.folders.values()))
    rows += [{**row, "plan": f"{row['plan']}{PAST}"} for row in run(past, "with the other tables as the past")]
    for share in SHARES:
        tell_tables(rows, name, share)
    ahead = paired_difference(rows, name + PAST, name, JUDGED)
    faults = faults_of(ahead, table_differences(rows, name, JUDGED))
    print(f"transfer: {'; '.join(faults) if faults else 'holds'}")
    return 1 if faults else 0


def tell_past(folders: Mapping[str, Path]) -> None:
    """Print how well the other tables rank each table's models."""
    past = {name: past_of(folder) for name, folder in folders.items()}
    print("\nrank correlation with the truth of the left-out table: of what the others let expect, of list price alone")
    ranked = [tell_ranking(past[name], [past[other] for other in folders if other != name]) for name in folders]
    by_past, by_price = np.mean(ranked, axis=0)
    print(f"  mean over tables: {by_past:.3f}, price {by_price:.3f}")


def tell_ranking(table: PastTask, others: Sequence[PastTask]) -> tuple[float, float]:
    """Print and return the rank correlations on one table."""
    models = {CandidateId(str(row)): found.model for row, found in enumerate(table.models)}
    expected = expected_of(others, NewTask(traits=table.traits, models=models))
    truth = np.array([found.quality for found in table.models])
    price = np.array([found.model.usd_per_mtok or np.nan for found in table.models], dtype=np.float64)
    by_price = rank_correlation(price, truth)
    if expected is None:
        return 0.0, by_price
    by_past = rank_correlation(expected.quality, truth)
    lines = {found.model.name.line for other in others for found in other.models}
    seen = np.mean([found.model.name.line in lines for found in table.models])
    off = np.abs((expected.quality - expected.quality.mean()) - (truth - truth.mean()))
    print(
        f"  {table.id}: {by_past:.3f}, price {by_price:.3f}; {len(truth)} models, of {seen:.0%} a version is known; "
        f"95 % intervals hold for {np.mean(off <= 1.96 * expected.sd):.0%}"
    )
    return by_past, by_price


def rank_correlation(values: Floats, truth: Floats) -> float:
    """Spearman's, over models with a value."""
    known = ~np.isnan(values)
    return float(spearmanr(values[known], truth[known]).statistic)


def tell_tables(rows: Sequence[Row], name: str, share: float) -> None:
    """Print every table with and without the past, and the paired difference over all."""
    ahead = paired_difference(rows, name + PAST, name, share)
    print(f"\nat {share:g} of X: {name} with the past ahead by {told(ahead)}")
    for plan in (name, name + PAST):
        own = [row for row in rows if row["plan"] == plan and row["budget_share"] == share]
        captured, wrong = np.nanmean(column(own, "net_captured")), np.nanmean(column(own, "is_wrong"))
        print(f"  {plan}: net captured {captured:.3f}, wrong {wrong:.1%}")
    for table, difference in table_differences(rows, name, share).items():
        print(f"  {table}: {difference:+.3f}")


def table_differences(rows: Sequence[Row], name: str, share: float) -> dict[str, float]:
    """Mean net captured saving with the past minus without, by table; tables with nothing to capture left out."""
    found = {}
    for (table,), some in grouped([row for row in rows if row["budget_share"] == share], "table").items():
        difference = paired_difference(some, name + PAST, name, share).mean
        if not np.isnan(difference):
            found[table] = difference
    return found


def faults_of(ahead: Mean, differences: Mapping[str, float]) -> list[str]:
    """What is missing, in words."""
    faults = [] if ahead.low > 0 else [f"NOT AHEAD: {told(ahead)}"]
    harmed = [f"{table} {loss:+.3f}" for table, loss in differences.items() if loss < -MAX_LOSS]
    return [*faults, *([f"HARMED: {', '.join(harmed)}"] if harmed else [])]


def told(mean: Mean) -> str:
    return f"{mean.mean:+.3f} ({mean.low:+.3f} to {mean.high:+.3f}, {mean.n} searches)"


if __name__ == "__main__":
    sys.exit(main())
