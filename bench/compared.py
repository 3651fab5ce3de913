"""What the benches of plans share: the recorded tables, the options, and one way to run a comparison."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.cli_compare import contenders_of
from modelsearch.compare.cases import cases_of
from modelsearch.compare.contenders import Contender
from modelsearch.compare.run import Comparison, compare
from modelsearch.compare.search import Row

SKIPPED = 77
TABLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "outcomes"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The options of a bench, as given or by default."""

    folders: dict[str, Path]
    n_seeds: int
    n_jobs: int
    plans: tuple[str, ...]

    def told(self, name: str) -> str:
        """Command, seeds and data in one line."""
        return (
            f"{name}: {len(self.folders)} tables of ../shared/data/outcomes ({', '.join(self.folders)}), 3 baselines "
            f"each, seeds 0 to {self.n_seeds - 1}, margin 0.02, alpha 0.05, plan {', '.join(self.plans)}"
        )

    def contenders(self) -> tuple[Contender, ...]:
        """Everybody named in `plans`."""
        return tuple(each for name in self.plans for each in contenders_of(name))

    def comparison(self, contenders: Sequence[Contender], shares: Sequence[float]) -> Comparison:
        """Those contenders on these tables."""
        return Comparison(
            folders=self.folders,
            cases=cases_of(list(self.folders.values())),
            contenders=contenders,
            shares=shares,
            seeds=range(self.n_seeds),
            n_jobs=self.n_jobs,
        )


def read_options(name: str, n_seeds: int) -> Bench | None:
    """The options of the command line; None where the tables are not there, which is told."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}")
    parser.add_argument("--seeds", type=int, default=n_seeds)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--plan", default="balanced", help="by comma; the first is the one that must hold")
    parser.add_argument("--tables", default="", help="only these, by comma")
    given = parser.parse_args()
    wanted = {each for each in given.tables.split(",") if each}
    folders = {folder.name: folder for folder in sorted(TABLES.glob("*")) if not wanted or folder.name in wanted}
    if not folders:
        print("skipped: needs recorded tables in ../shared/data/outcomes")
        return None
    return Bench(folders=folders, n_seeds=given.seeds, n_jobs=given.jobs, plans=tuple(given.plan.split(",")))


def run(comparison: Comparison, told: str, *, is_imported: bool = False, is_cost_known: bool = False) -> list[Row]:
    """The rows of a comparison, and how long it took."""
    started_s = time.monotonic()
    rows = compare(replace(comparison, is_baseline_imported=is_imported, is_cost_known=is_cost_known))
    sys.stderr.write(f"{told}: {len(rows)} rows in {time.monotonic() - started_s:.0f} s\n")
    return rows
