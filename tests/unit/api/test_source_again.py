from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.begun import setting_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import open_source
from modelsearch.api.source_again import source_again
from modelsearch.core.errors import JournalError
from modelsearch.settings import read_settings
from modelsearch.store.recorded import write_recorded_table
from modelsearch.testing.factories import make_task
from tests.unit.api.small import make_request, make_settings, make_table


@pytest.fixture
def stack() -> Any:
    with ExitStack() as stack:
        yield stack


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
