"""What the shipped plans promise each other: cheap spends less than the two that may spend all of the budget.

Balanced and thorough promise no order of spend: each stops when nothing more pays, and more sensors may end it sooner.
"""

import asyncio
from pathlib import Path
from statistics import median

import pytest

from modelsearch.api.finish import result_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, open_session
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.plan import Plan
from modelsearch.search.plan import make_plan
from modelsearch.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT.parent / "shared" / "data" / "outcomes"
CASES = {"textclass__technology_EN": "grok-3", "zeroeval__crux": "gpt-4o-2024-08-06"}
PLANS = ("cheap", "balanced", "thorough")


def plan_of(name: str) -> Plan:
    return make_plan(read_plan(name, ROOT / "catalogs" / "plans"))


def most_share(plan: Plan) -> float:
    """Share of the budget that a plan can spend at most."""
    left = 1.0
    for phase in plan.phases:
        left *= 1.0 - (phase.spend_share if phase.sampler is not None else 0.0)
    return 1.0 - left


def test_cheap_has_a_limit_below_the_budget_and_the_others_have_not() -> None:
    assert most_share(plan_of("cheap")) == pytest.approx(0.6)
    assert [most_share(plan_of(name)) for name in PLANS[1:]] == [1.0, 1.0]


def test_each_plan_looks_further_than_the_one_before() -> None:
    rounds = [sum(phase.max_rounds for phase in plan_of(name).phases) for name in PLANS]
    votes = [sum(len(phase.combiners) for phase in plan_of(name).phases) for name in PLANS]
    assert rounds == sorted(set(rounds))
    assert votes == [0, 2, 3]


@pytest.mark.slow
@pytest.mark.skipif(not all((TABLES / name).is_dir() for name in CASES), reason="needs the recorded tables")
def test_cheap_spends_less_than_the_others_on_recorded_tables(tmp_path: Path) -> None:
    spend_share = {plan: [searched(tmp_path, plan, *case) for case in CASES.items()] for plan in PLANS}
    cheap, balanced, thorough = (median(spend_share[plan]) for plan in PLANS)
    assert cheap < 0.9 * min(balanced, thorough)
    assert max(balanced, thorough) <= 1.0


def searched(home: Path, plan: str, table: str, baseline: str) -> float:
    """What one search settled, as a share of its budget."""
    request = SearchRequest(baseline=baseline, recorded=TABLES / table, budget_share=0.1, plan=plan, seed=0)

    async def run() -> float:
        async with open_session(request, Opening(settings=read_settings(project=home))) as session:
            for phase in session.plan.phases:
                await session.run_phase(phase)
            result = result_of(session)
            return float(result.spend.settled_usd / result.budget_usd)

    return asyncio.run(run())
