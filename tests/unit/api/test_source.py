from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.begun import setting_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import open_source, read_baseline_outcomes, source_again, with_market
from modelsearch.core.errors import BaselineError, JournalError, OptionError, TaskFileError
from modelsearch.core.ids import EndpointId
from modelsearch.settings import read_settings
from modelsearch.store.recorded import write_recorded_table
from modelsearch.taskfile.overrides import TaskOverrides
from modelsearch.testing.factories import make_rates, make_task
from tests.unit.api.shop import Shop
from tests.unit.api.small import make_request, make_settings, make_table


@pytest.fixture
def stack() -> Any:
    with ExitStack() as stack:
        yield stack


def test_a_task_file_is_searched_over_the_catalogue(shop: Shop, stack: ExitStack) -> None:
    source = open_source(shop.request(), shop.opening().settings, stack)
    assert [candidate.id for candidate in source.candidates] == ["cheap/m", "dear/m", "mid/m"]
    assert source.baseline.id == "dear/m"
    assert source.list_cost_usd[source.baseline.id] == pytest.approx(20 * source.list_cost_usd[source.candidates[0].id])
    assert (source.table, source.is_replayed, source.is_emulated, source.origins) == (None, False, False, {})


def test_a_task_given_as_an_object_is_checked_and_overridden(shop: Shop, stack: ExitStack) -> None:
    request = shop.request(task=None, is_inline=True, overrides=TaskOverrides(margin=0.1))
    source = open_source(request, shop.opening().settings, stack, task=make_task(4))
    assert (source.task.id, source.task.margin) == ("task", 0.1)
    with pytest.raises(TaskFileError, match="no items"):
        open_source(request, shop.opening().settings, stack, task=make_task(4, items=()))


def test_names_that_nobody_has_are_told(shop: Shop, stack: ExitStack) -> None:
    request = shop.request(overrides=TaskOverrides(providers=frozenset({"chep"})))
    with pytest.raises(OptionError, match="did you mean 'cheap'"):
        open_source(request, shop.opening().settings, stack)


def test_other_prices_change_costs_and_nothing_else(shop: Shop, stack: ExitStack) -> None:
    source = open_source(shop.request(), shop.opening().settings, stack)
    mid = source.market.endpoints[EndpointId("mid/m")]
    dearer = replace(mid, rates=make_rates(4.0, 16.0))
    market = replace(source.market, endpoints={**source.market.endpoints, mid.id: dearer})
    again = with_market(source, market)
    assert again.list_cost_usd[source.candidates[2].id] == pytest.approx(
        2 * source.list_cost_usd[source.candidates[2].id]
    )
    assert again.prices.market == again.market == market
    assert (again.candidates, again.baseline, again.task) == (source.candidates, source.baseline, source.task)
    gone = replace(market.endpoints[EndpointId("dear/m")], rates=make_rates(None, None))
    with pytest.raises(BaselineError, match="price is unknown"):
        with_market(source, replace(market, endpoints={**market.endpoints, gone.id: gone}))


def test_no_file_of_known_answers_is_no_outcome(shop: Shop, stack: ExitStack) -> None:
    source = open_source(shop.request(), shop.opening().settings, stack)
    assert read_baseline_outcomes(None, source) == []
    assert len(read_baseline_outcomes(shop.write_known(3), source)) == 3


def test_a_table_that_was_exchanged_is_told(tmp_path: Path, stack: ExitStack) -> None:
    request = make_request(tmp_path)
    source = open_source(request, make_settings(tmp_path), stack)
    setting = setting_of(request, source)
    assert source_again(request, setting, stack).baseline == source.baseline
    for other in (make_table(5, 11), make_table(4, 12)):
        write_recorded_table(other, tmp_path / f"other-{len(other.models)}")
        with pytest.raises(JournalError, match="not those that the run was begun with"):
            source_again(replace(request, recorded=tmp_path / f"other-{len(other.models)}"), setting, stack)


def urls(market: Any) -> set[str]:
    return {provider.base_url.split("/p/")[0] for provider in market.providers.values()}


def test_an_emulated_table_is_the_same_market_at_another_address(tmp_path: Path, stack: ExitStack) -> None:
    request = make_request(tmp_path, is_emulated=True)
    source = open_source(request, make_settings(tmp_path), stack)
    again = source_again(request, setting_of(request, source), stack)
    assert again.market.endpoints == source.market.endpoints
    assert len(urls(again.market) | urls(source.market)) == 2
    assert again.origins == source.origins
    assert set(again.origins.values()) == {"emulator"}


def test_a_synthetic_world_is_made_again_without_a_catalogue(stack: ExitStack) -> None:
    task = make_task(12)
    request = SearchRequest(baseline="", is_inline=True, is_emulated=True, budget_usd=Decimal(1), seed=3)
    source = open_source(request, read_settings({}), stack, task=task)
    again = source_again(request, setting_of(request, source), stack)
    assert again.market.endpoints == source.market.endpoints
    assert again.baseline == source.baseline
    assert len(urls(again.market) | urls(source.market)) == 2
    named = replace(request, emulator_url="http://127.0.0.1:9")
    assert urls(source_again(named, setting_of(request, source), stack).market) == {"http://127.0.0.1:9"}
