"""`make bench-screen`: what the free filters remove, how often the truly best candidate goes with them, what is saved.

    python -m bench.screen [RESULTS.parquet]

Ten recorded tables, 3 baselines each, margin 0.02, dressed as the catalogue knows them; the law of size is fitted
without the table. Per filter and for phase 1: share of the pool and of X removed, and of the cases with something to
find, the share whose truly best candidate (the cheapest one that is good enough) left. The same for pruners once the
first 16, 64 or 256 items of everybody are bought, at one look each. Then the true cost reduction of
accepted recommendations (not the baseline) of the default plan: from RESULTS as `modelsearch compare` writes them, or
else of one search per case, 10 % of X, seed 0. Holds if phase 1 of the default plan and each of its filters lose the
best in at most 5 % of the cases. Exit 77 without the data.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.make_catalogs import CATALOGS
from bench.make_scaling import PENALTIES, rule_from
from bench.scaling_pairs import tables_in
from bench.screen_dynamic import PRUNERS, bought_views
from bench.screen_market import Dressing, catalog_rules, dressed, unbought
from bench.screen_saved import tell_saved
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.cases import ALPHA, MARGIN, baselines_of
from modelsearch.compare.metrics import best_saving, feasible
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.market import Market, ScalingRule
from modelsearch.core.plan import Phase
from modelsearch.core.search import SearchView, Setting
from modelsearch.search.loop import decide_move
from modelsearch.search.plan import make_plan

DATA = CATALOGS.parent.parent / "shared" / "data" / "outcomes"
PLAN = "balanced"
MOST_LOST = 0.05
MIN_SAVING = 0.01
SKIPPED = 77
Spec = str | dict[str, dict[str, float]]
SCREENS: Mapping[str, tuple[Spec, ...]] = {
    "tiering (cheaper_tiers)": ("cheaper_tiers",),
    "tiering, own tier too": ({"cheaper_tiers": {"n_steps": 0}},),
    "cost (price_ceiling)": ("price_ceiling",),
    "cost, list prices at their word": ({"price_ceiling": {"list_slack": 1.0}},),
    "task (task_requirements)": ("task_requirements",),
    "task, strict kind": ("task_requirements",),
    "host (cheapest_endpoint)": ("cheapest_endpoint",),
    "size (quality_ceiling)": ("quality_ceiling",),
    "efficiency_floor": ("efficiency_floor",),
    "brief's phase 1 (tiers, cost, task)": ("cheaper_tiers", "price_ceiling", "task_requirements"),
    "all quick wins": ("task_requirements", "price_ceiling", "cheaper_tiers", "cheapest_endpoint", "quality_ceiling"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What a screen did to one case; `is_lost` None = there was nothing to find."""

    name: str
    pool_share: float
    spend_share: float
    is_lost: bool | None


def main() -> int:
    if not DATA.is_dir():
        print(f"skipped: needs {DATA}")
        return SKIPPED
    print(f"command: python -m bench.screen {' '.join(sys.argv[1:])}; margin {MARGIN}; seed 0")
    tables = tables_in(DATA)
    rules = {t.name: rule_from([other for other in tables if other.name != t.name], PENALTIES[-1:]) for t in tables}
    fields, market, is_held = [Field(table) for table in tables], catalog_rules(), True
    for is_cost_known in (False, True):
        print(f"\n{'true mean costs' if is_cost_known else 'list prices at guessed tokens'}, nothing bought:")
        found = [s for field in fields for s in screened(field, market, rules[field.name], is_cost_known=is_cost_known)]
        is_held &= tell(found, default_names())
    print("\npruners, everybody bought to a depth:")
    tell([s for field in fields for s in pruned(field, market, rules[field.name])], set())
    results = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    tell_saved(results, {field.name: DATA / field.name for field in fields}, PLAN)
    print("\nthe brief says 60-80 % of the search space removed, 70-90 % of the cost saved")
    print(f"bench-screen {'holds' if is_held else 'DOES NOT HOLD'}: best candidate lost in at most {MOST_LOST:.0%}")
    return 0 if is_held else 1


def default_filters() -> tuple[Spec, ...]:
    """The filters of the default plan before its first call."""
    data = read_plan(PLAN, CATALOGS / "plans")
    found: list[Spec] = []
    for phase in data["phases"]:
        if phase.get("sampler"):
            break
        found += phase.get("filters", ())
    return tuple(found)


def default_names() -> set[str]:
    """The screens that must hold: phase 1 of the default plan, and each of its filters by itself."""
    singles = {name for name, filters in SCREENS.items() if all(spec in default_filters() for spec in filters)}
    return {f"phase 1 of {PLAN}", *singles} - {"task, strict kind"}


def screened(field: Field, market: Market, scaling: ScalingRule, *, is_cost_known: bool) -> Iterator[Screened]:
    """Every screen on every case of a table."""
    for baseline in baselines_of(field):
        asked = Asked(baseline=baseline, budget_share=0.1, margin=MARGIN, alpha=ALPHA, is_cost_known=is_cost_known)
        setting = dressed(field, asked, Dressing(rules=market, scaling=scaling))
        for name, filters in {**SCREENS, f"phase 1 of {PLAN}": default_filters()}.items():
            view = unbought(setting, is_kind_strict=name == "task, strict kind")
            yield judged(name, field, setting, dropped(view, filters))


def pruned(field: Field, market: Market, scaling: ScalingRule) -> Iterator[Screened]:
    """Every pruner at every depth on every case of a table."""
    for baseline in baselines_of(field):
        asked = Asked(baseline=baseline, budget_share=0.1, margin=MARGIN, alpha=ALPHA)
        for depth, view in bought_views(field, asked, Dressing(rules=market, scaling=scaling)):
            for name in PRUNERS:
                yield judged(f"{depth} items: {name}", field, view.setting, dropped(view, (name,)))


def dropped(view: SearchView, filters: Sequence[Spec]) -> set[str]:
    """Who leaves, one filter after the other."""
    plan = make_plan({"name": "screen", "phases": [{"name": "screen", "filters": list(filters)}]})
    phase: Phase = plan.phases[0]
    return {str(drop.candidate_id) for drop in decide_move(view, phase).drops}


def judged(name: str, field: Field, setting: Setting, gone: set[str]) -> Screened:
    """Against the truth of the whole table."""
    baseline, table = str(setting.baseline_id), field.table
    rows = [field.rows[model] for model in gone]
    is_good = feasible(field, baseline, setting.task.margin)
    best = int(np.argmin(np.where(is_good, field.cost_usd, np.inf)))
    has_best = best_saving(field, baseline, setting.task.margin) >= MIN_SAVING
    return Screened(
        name=name,
        pool_share=len(gone) / (len(table.models) - 1),
        spend_share=float(table.cost_usd[rows].sum() / table.exhaustive_usd),
        is_lost=table.models[best].name in gone if has_best else None,
    )


def tell(found: Sequence[Screened], required: set[str]) -> bool:
    """One line per screen; whether all required ones hold."""
    is_held = True
    print(f"{'screen':38} pool removed  X removed  best lost  (cases)")
    for name in dict.fromkeys(each.name for each in found):
        rows = [each for each in found if each.name == name]
        losses = [each.is_lost for each in rows if each.is_lost is not None]
        lost = float(np.mean(losses))
        pool, spend = (float(np.mean(v)) for v in ([r.pool_share for r in rows], [r.spend_share for r in rows]))
        is_bad = lost > MOST_LOST
        is_held &= not (is_bad and name in required)
        mark = "" if not is_bad else "  TOO MANY" if name in required else "  (not in the default plan)"
        print(f"{name:38} {pool:12.1%} {spend:10.1%} {lost:10.1%}  ({sum(losses)} of {len(losses)}){mark}")
    return is_held


if __name__ == "__main__":
    sys.exit(main())
