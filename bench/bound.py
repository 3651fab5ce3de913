"""`make bench-bound`: what a buyer could capture that knows nearly everything but who is good enough.

Two figures for recommendations without certificate, on the cases of `make bench-search`, scored alike, costs given:

- `informed buyer`, a strong reference and no bound: it is given for free what no search has: every model's true mean
  cost; how quality goes with price in the complete truth of the other nine tables (mean, spread and what models of a
  table share, by log cost; so nothing is learnt from this table's own models but what is bought); and the true
  covariance over items of all models of this table, so that its control variates and error bars are the best that
  linear ones can be. Its posterior is exact for normal scores, its choice maximises the expected score itself, slack
  included, and it buys by one-step lookahead jointly over all candidates. Lookahead of one step is not the optimum, and
  a normal prior by price is not all that nine tables tell; so something cleverer may capture more.
- `all for each`, a bound under the same belief: the same decision where every row was bought with the whole of the
  money, each for itself. Whatever a buyer of rows along the shared order does, adaptively or not, it has less than
  that; so in tables drawn from that prior no such buyer expects more (information relaxation). On ten fixed tables it
  is an estimate, with the spread over tables that is printed.

Models' names are used by neither. Prints both by share of X, the wrong ones, and each table; exit 0, 77 without data.
What was found of a table is kept in .modelsearch/bench/bound under a name made of this code and of what was asked.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bench.bound_belief import Belief
from bench.bound_buyer import Shop, all_for_each, bought, chosen
from bench.bound_prior import Pairs, cheaper_rows, pairs_of, told
from bench.compared import SKIPPED, Bench, read_options
from modelsearch.compare import metrics
from modelsearch.compare.aggregate import clustered_mean, column, grouped
from modelsearch.compare.cases import MARGIN, baselines_of
from modelsearch.compare.tables import Field, Truth, read_field
from modelsearch.evaluate.item_order import item_order
from modelsearch.store.comparisons import read_comparison, write_comparison

N_SEEDS = 1
ROOT = Path(__file__).resolve().parents[1]
SHARES = (0.01, 0.02, 0.05, 0.1)
INFORMED, EACH = "informed buyer", "all for each"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One table, all its baselines, shares and seeds."""

    folder: Path
    others: tuple[Path, ...]
    seeds: int


def main() -> int:
    """Print the two figures; 77 without the tables."""
    bench = read_options("bound", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-bound").rpartition(", plan")[0])
    rows = list(_run(bench))
    for (plan,), some in grouped(rows, "plan").items():
        print(f"\n{plan}")
        for (share,), own in grouped(some, "budget_share").items():
            tell(share, own)
    print("\nbound: told; the bars are those of make bench-search")
    return 0


def tell(share: float, rows: Sequence[Row]) -> None:
    """Print one share: mean with its interval by table, wrong ones, and each table."""
    mean = clustered_mean(column(rows, "net_captured"), [str(row["table"]) for row in rows])
    wrong, spent = np.mean(column(rows, "is_wrong")), np.mean(column(rows, "spend_share"))
    tables = grouped(rows, "table").items()
    by_table = {key[0]: column(own, "net_captured") for key, own in tables}
    told_tables = ", ".join(f"{n} {v[~np.isnan(v)].mean():.2f}" for n, v in by_table.items() if not np.isnan(v).all())
    print(
        f"  {share:.0%} of X: net captured {mean.mean:.3f} ({mean.low:.3f} to {mean.high:.3f} by table), "
        f"wrong {wrong:.1%}, spent {spent:.2%}; {told_tables}"
    )


def _run(bench: Bench) -> Iterator[Row]:
    folders = tuple(bench.folders.values())
    jobs = [
        Job(
            folder=folder,
            others=tuple(other for other in _all(folders) if other.name != folder.name),
            seeds=bench.n_seeds,
        )
        for folder in folders
    ]
    with ProcessPoolExecutor(bench.n_jobs, mp_context=get_context("spawn")) as pool:
        for path in pool.map(kept_rows, jobs):
            sys.stderr.write(f"{path.name}\n")
            yield from read_comparison(path)


def _all(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Every recorded table beside these: the prior knows them all."""
    return tuple(sorted(folder for folder in folders[0].parent.iterdir() if (folder / "outcomes.parquet").exists()))


def kept_rows(job: Job) -> Path:
    """The file of a table's rows, made if it is not there."""
    digest = hashlib.sha256(repr(job).encode())
    for source in sorted((ROOT / "bench").glob("bound*.py")):
        digest.update(source.read_bytes())
    path = ROOT / ".modelsearch" / "bench" / "bound" / f"{job.folder.name}-{digest.hexdigest()[:16]}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_comparison(path, table_rows(job))
    return path


def table_rows(job: Job) -> list[Row]:
    """All rows of one table."""
    with threadpool_limits(1):
        pairs = pairs_of([read_field(folder) for folder in job.others])
        field = read_field(job.folder)
        cases = [(name, seed) for name in baselines_of(field) for seed in range(job.seeds)]
        return [row for name, seed in cases for row in case_rows(field, pairs, name, seed)]


def case_rows(field: Field, pairs: Pairs, baseline: str, seed: int) -> Iterator[Row]:
    """Both buyers at each share of one case."""
    at = field.rows[baseline]
    rows = [at, *cheaper_rows(field, at)]
    shop = shop_of(field, pairs, rows, seed)
    for share in SHARES:
        usd = share * field.exhaustive_usd
        rng = np.random.default_rng([seed, at])
        beliefs: Mapping[str, Belief] = {INFORMED: bought(shop, usd, rng), EACH: all_for_each(shop, usd)}
        for plan, now in beliefs.items():
            row = rows[chosen(shop, now, rng)]
            truth = Truth(quality=float(field.quality[row]), cost_usd=float(field.cost_usd[row]))
            yield {
                "table": field.name,
                "baseline": baseline,
                "seed": seed,
                "plan": plan,
                "budget_share": share,
                "net_captured": metrics.net_captured(field, baseline, truth, MARGIN),
                "is_wrong": metrics.is_wrong(field, baseline, truth, MARGIN),
                "spend_share": shop.spend_usd(now.depth) / field.exhaustive_usd,
            }


def shop_of(field: Field, pairs: Pairs, rows: Sequence[int], seed: int) -> Shop:
    """What a buyer of these rows, the baseline first, is told and may buy, items in the shared order of a seed."""
    column_of = {item_id: at for at, item_id in enumerate(field.table.item_ids)}
    order = [column_of[str(item_id)] for item_id in item_order(field.task, seed)]
    cells = np.ix_(list(rows), order)
    paid = np.cumsum(field.table.cost_usd[cells], axis=1)
    return Shop(
        told=told(pairs, field, rows),
        score=np.asarray(field.table.score[cells], dtype=np.float64),
        paid_usd=np.concatenate([np.zeros((len(rows), 1)), paid], axis=1),
        cost_usd=np.asarray(field.cost_usd[list(rows)], dtype=np.float64),
        margin=MARGIN,
    )


if __name__ == "__main__":
    sys.exit(main())
