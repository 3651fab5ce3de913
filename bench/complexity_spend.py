"""What the order by `complexity_fit` changes in a plan's spend: the money until the first good candidate is bought.

The recorded tables hold no texts, so no complexity can be read off them. What can be measured is what each band of the
catalogue would do, whichever a score chose: candidates in the order of the rankers of plans cheap and thorough, each
bought on all items, until one is truly within the margin and cheaper than the baseline. The best and the worst band of
each case bound what any score could gain or lose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bench.make_catalogs import CATALOGS
from bench.screen_market import Dressing, dressed
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.aggregate import Mean, clustered_mean
from modelsearch.compare.cases import ALPHA, MARGIN, baselines_of
from modelsearch.compare.metrics import feasible
from modelsearch.compare.tables import Asked, Field, read_field
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import ComplexityBand, ComplexityRule, Market
from modelsearch.core.plan import Phase
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.fold import Fold
from modelsearch.search.loop import decide_move
from modelsearch.search.plan import make_plan
from modelsearch.search.probes import by_prior

RANKER = "complexity_fit"
PLAN_RANKERS = ("weighted_objectives", RANKER, "tier_order")
WITHOUT = "without"


@dataclass(frozen=True, kw_only=True)
class Spends:
    """(n_cases,) share of X until the first good candidate, by way of ordering; `tables` names each case's table."""

    share: Mapping[str, Floats]
    tables: Sequence[str]

    def gain(self, way: str) -> Mean:
        """Share of X that a way saves against the order without complexity, clustered by table."""
        return clustered_mean(self.share[WITHOUT] - self.share[way], self.tables)

    def bounds(self, ways: Sequence[str]) -> tuple[Mean, Mean]:
        """The same for the best and the worst of some ways, chosen for each case in hindsight."""
        found, base = np.array([self.share[way] for way in ways]), self.share[WITHOUT]
        best, worst = base - found.min(axis=0), base - found.max(axis=0)
        return clustered_mean(best, self.tables), clustered_mean(worst, self.tables)


def plans_that_rank_by_it() -> list[str]:
    """Names of the shipped plans with a phase that is ordered by `complexity_fit`."""
    plans = {path.stem: read_plan(path.stem, path.parent) for path in sorted((CATALOGS / "plans").glob("*.yaml"))}
    return [name for name, plan in plans.items() if any(RANKER in p.get("rankers", ()) for p in plan["phases"])]


@dataclass(kw_only=True)
class _Order:
    """A sampler that buys nothing and keeps the order that it was given."""

    found: tuple[CandidateId, ...] = field(default=())

    def ask(self, view: SearchView) -> Sequence[Probe]:
        self.found = by_prior(view)
        return ()


def spends(folders: Sequence[Path], market: Market, bands: Mapping[str, ComplexityBand]) -> Spends:
    """Every case of the tables, ordered without complexity and with each band."""
    share: dict[str, list[float]] = {WITHOUT: [], **{name: [] for name in bands}}
    tables = []
    for folder in folders:
        table = read_field(folder)
        for baseline in baselines_of(table):
            if not has_good(table, baseline):
                continue
            tables.append(table.name)
            for way, found in share.items():
                found.append(spend_share(table, baseline, market, bands.get(way)))
    return Spends(share={way: np.array(found) for way, found in share.items()}, tables=tables)


def good(table: Field, baseline: str) -> np.typing.NDArray[np.bool_]:
    """(n_models,) truly within the margin and cheaper."""
    is_cheaper = table.cost_usd < table.cost_usd[table.rows[baseline]]
    return np.asarray(feasible(table, baseline, MARGIN) & is_cheaper, dtype=np.bool_)


def has_good(table: Field, baseline: str) -> bool:
    """Whether there is something to find."""
    return bool(good(table, baseline).any())


def spend_share(table: Field, baseline: str, market: Market, band: ComplexityBand | None) -> float:
    """Share of X until the first good candidate is bought whole."""
    asked = Asked(baseline=baseline, budget_share=1.0, margin=MARGIN, alpha=ALPHA)
    setting = dressed(table, asked, Dressing(rules=market))
    if band is not None:
        rule = ComplexityRule(weights={}, bands=(replace(band, below=1.01),))
        setting = replace(setting, market=replace(setting.market, complexity=rule))
    order, is_good, usd = _Order(), good(table, baseline), 0.0
    rankers = [name for name in PLAN_RANKERS if band is not None or name != RANKER]
    plan = make_plan({"name": "order", "phases": [{"name": "order", "rankers": rankers}]})
    phase: Phase = replace(plan.phases[0], sampler=order)
    decide_move(Fold(setting).view(), phase)
    for candidate_id in order.found:
        row = table.rows[str(candidate_id)]
        usd += float(table.table.cost_usd[row].sum())
        if is_good[row]:
            break
    return usd / table.exhaustive_usd
