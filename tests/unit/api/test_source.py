from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from modelsearch.api.source import open_source, read_baseline_outcomes, with_market
from modelsearch.core.errors import BaselineError, OptionError, TaskFileError
from modelsearch.core.ids import EndpointId
from modelsearch.taskfile.overrides import TaskOverrides
from modelsearch.testing.factories import make_rates, make_task
from tests.unit.api.shop import Shop


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


@pytest.mark.parametrize(
    ("value", "told"),
    [("half \ud800", "no valid Unicode"), (float("nan"), "not JSON compliant"), ({"a": {1}}, "not JSON serializable")],
)
def test_items_that_cannot_be_kept_are_told(shop: Shop, stack: ExitStack, value: Any, told: str) -> None:
    items = tuple(replace(item, input=value) if item.id == "i0002" else item for item in make_task(4).items)
    request = shop.request(task=None, is_inline=True)
    with pytest.raises(TaskFileError, match=f"item 'i0002': .*{told}"):
        open_source(request, shop.opening().settings, stack, task=make_task(4, items=items))
