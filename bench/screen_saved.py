"""What accepted recommendations really save: the second half of `bench.screen`."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from bench.make_catalogs import CATALOGS
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.cases import cases_of
from modelsearch.compare.contenders import Contender
from modelsearch.compare.run import Comparison, compare
from modelsearch.search.plan import make_plan

BUDGET_SHARE = 0.1
LARGE = 0.7


def tell_saved(results: Path | None, folders: Mapping[str, Path], plan: str) -> None:
    """Print median cost reduction and the share of large ones, by plan and share of X.

    Args:
        results: of `modelsearch compare`; None = one search per case is run now.
        folders: the tables, by name.
        plan: the default plan.
    """
    frame = pd.read_parquet(results) if results is not None else pd.DataFrame(searched(folders, plan))
    print(f"\ntrue cost reduction of recommendations other than the baseline ({results or 'one search per case'}):")
    for (name, share), rows in frame.groupby(["plan", "budget_share"]):
        accepted = rows[rows.recommended != rows.baseline]
        right = accepted[~accepted.is_wrong.astype(bool)]
        for label, some in (("all", accepted), ("right ones", right)):
            if len(some):
                saved = some.cost_reduction
                quarter, middle, most = saved.quantile([0.25, 0.5, 0.75])
                print(
                    f"{name} at {share:.0%} of X, {label}: {len(some)} of {len(rows)} searches, median {middle:.1%} "
                    f"({quarter:.1%} to {most:.1%}), at least {LARGE:.0%} in {(saved >= LARGE).mean():.1%}"
                )


def searched(folders: Mapping[str, Path], plan: str) -> list[dict[str, object]]:
    """One search per case by the default plan."""
    made = make_plan(read_plan(plan, CATALOGS / "plans"))
    comparison = Comparison(
        folders=dict(folders),
        cases=cases_of(list(folders.values())),
        contenders=[Contender(name=plan, plan=made)],
        shares=(BUDGET_SHARE,),
        seeds=range(1),
    )
    return [dict(row) for row in compare(comparison)]
