import math
from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.api.finish import result_of
from modelsearch.api.session import Opening, open_session
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.contenders import Contender
from modelsearch.compare.search import searched
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.plan import Phase, Plan
from modelsearch.search.filters.price_ceiling import PriceCeiling
from modelsearch.search.plan import make_plan
from modelsearch.search.samplers.round_robin import RoundRobin
from tests.unit.api.small import make_request, make_settings
from tests.unit.api.small import make_table as make_small
from tests.unit.compare.fields import make_field, make_table, sweep

SHARES = (0.1, 0.3, 1.0)


async def test_the_whole_money_finds_the_answer_and_is_never_overspent() -> None:
    rows = await searched(make_field(), sweep(), Asked(baseline="m0", budget_share=1.0), SHARES)
    assert [row["budget_share"] for row in rows] == list(SHARES)
    assert not any(row["is_over_budget"] for row in rows)
    last = rows[-1]
    assert (last["recommended"], last["verdict"], last["net_captured"]) == ("m2", "certified", 1.0)
    assert last["net_captured_certified"] == 1.0
    assert last["search_efficiency"] == pytest.approx(2 / 5)
    assert last["n_calls"] == last["n_candidates_tested"] * 50 + 50  # type: ignore[operator]
    assert last["front_hypervolume_share"] == pytest.approx(1.0)
    assert last["spend_share"] == pytest.approx(1.0)


async def test_an_earlier_stop_spends_less_and_close_to_its_share() -> None:
    rows = await searched(make_field(), sweep(step_items=1), Asked(baseline="m0", budget_share=1.0), SHARES)
    for row in rows:
        assert 0.8 * float(row["budget_share"]) < float(row["spend_share"]) <= float(row["budget_share"]) + 1e-12  # type: ignore[arg-type]


async def test_one_long_search_says_at_each_share_what_shorter_ones_say() -> None:
    field, shares = make_field(), (0.2, 0.4)
    long = await searched(field, sweep(step_items=1), Asked(baseline="m0", budget_share=0.4), shares)
    for share, row in zip(shares, long, strict=True):
        (short,) = await searched(field, sweep(step_items=1), Asked(baseline="m0", budget_share=share), (share,))
        assert short["recommended"] == row["recommended"]
        assert float(str(short["spend_usd"])) == pytest.approx(float(str(row["spend_usd"])), rel=0.1)


async def test_an_imported_baseline_costs_nothing() -> None:
    asked = Asked(baseline="m0", budget_share=1.0, is_baseline_imported=True)
    (row,) = await searched(make_field(), sweep(), asked, (1.0,))
    assert row["recommended"] == "m2"
    assert row["n_calls"] == 5 * 50
    assert float(str(row["spend_share"])) < 0.6  # the baseline is half of the whole cost


async def test_without_latencies_there_is_no_time_to_solution() -> None:
    asked = Asked(baseline="m0", budget_share=0.3)
    (known,) = await searched(make_field(), sweep(), asked, (0.3,))
    (unknown,) = await searched(Field(make_table(has_latency=False)), sweep(), asked, (0.3,))
    assert float(str(known["time_to_solution_s"])) > 0
    assert math.isnan(float(str(unknown["time_to_solution_s"])))


async def test_where_nothing_is_cheaper_the_baseline_is_kept() -> None:
    phases = (Phase(name="screen", filters=(PriceCeiling(max_share=0.001),)), Phase(name="all", sampler=RoundRobin()))
    contender = Contender(name="screened", plan=Plan(name="screened", phases=phases))
    (row,) = await searched(make_field(), contender, Asked(baseline="m0", budget_share=0.1), (0.1,))
    assert (row["recommended"], row["net_captured"], row["n_calls"]) == ("m0", 0.0, 0)


async def test_each_rule_has_a_row_of_its_own() -> None:
    contender = replace(sweep(), rules=("house", "point"))
    rows = await searched(make_field(), contender, Asked(baseline="m0", budget_share=1.0), (1.0,))
    assert [(row["plan"], row["recommended"]) for row in rows] == [("sweep", "m2"), ("sweep (point)", "m2")]


@pytest.mark.parametrize("seed", [0, 4])
async def test_in_memory_is_the_very_search_that_the_product_runs(tmp_path: Path, seed: int) -> None:
    request = make_request(tmp_path, seed=seed)
    async with open_session(request, Opening(settings=make_settings(tmp_path))) as session:
        for phase in session.plan.phases:
            await session.run_phase(phase)
        result = result_of(session)
    contender = Contender(name="small", plan=make_plan(read_plan(request.plan, tmp_path)))
    (row,) = await searched(Field(make_small()), contender, Asked(baseline="m0", budget_share=0.8, seed=seed), (0.8,))
    assert row["recommended"] == result.recommendation.candidate_id
    assert row["verdict"] == result.recommendation.certainty
    assert row["spend_usd"] == float(result.spend.settled_usd)
    assert row["n_calls"] == result.spend.n_calls
