import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.past import past_quality_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Session, open_session
from modelsearch.api.source import open_source
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import RunId
from modelsearch.store.layout import RunDir
from tests.unit.api.shop import Shop
from tests.unit.compare.fields import make_table, written
from tests.unit.store.test_past_tasks import write_run

LATER = RunId("20260301-000000-abcdef")


async def _opened(shop: Shop, run: RunDir, changes: dict[str, Any]) -> Session:
    async with open_session(shop.request(**changes), shop.opening(run=run)) as session:
        return session


def opened(shop: Shop, name: RunId = LATER, **changes: Any) -> Session:
    """A search that is begun and goes no further."""
    return asyncio.run(_opened(shop, RunDir(shop.run.root, name), changes))


def finished(shop: Shop) -> None:
    search(shop.request(), shop.opening())


def test_the_first_search_of_a_project_knows_nothing_and_the_second_what_the_first_found(shop: Shop) -> None:
    assert opened(shop, RunId("20250101-000000-abcdef")).setting.past_quality == {}
    finished(shop)
    setting = opened(shop).setting
    assert set(setting.past_quality) == {candidate.id for candidate in setting.candidates}
    assert opened(shop, RunId("20260302-000000-abcdef"), past=()).setting.past_quality == {}


def test_a_resumed_run_expects_what_it_expected_whatever_was_found_since(shop: Shop) -> None:
    first = opened(shop, RunId("20250101-000000-abcdef"))
    finished(shop)
    again = opened(shop, RunId("20250101-000000-abcdef"))
    assert again.setting == first.setting
    assert again.fingerprint == first.fingerprint


def test_made_up_models_teach_nothing_of_real_ones(shop: Shop) -> None:
    write_run(shop.run.root, is_emulated=True)
    assert opened(shop).setting.past_quality == {}


def test_what_is_named_is_learnt_from_in_place_of_own_runs(shop: Shop, tmp_path: Path) -> None:
    finished(shop)
    folder = written(tmp_path, "told")
    named = opened(shop, past=(folder,)).setting.past_quality
    own = opened(shop, RunId("20260302-000000-abcdef")).setting.past_quality
    assert named != own
    with pytest.raises(OptionError, match=r"--past .*nothing"):
        opened(shop, RunId("20260303-000000-abcdef"), past=(tmp_path / "nothing",))


def test_a_replayed_table_learns_only_from_what_is_named(shop: Shop, tmp_path: Path) -> None:
    finished(shop)
    table, other = written(tmp_path, "table"), written(tmp_path, "other", seed=1)
    request = SearchRequest(baseline="m0", recorded=table, budget_share=0.5)
    with ExitStack() as stack:
        settings = shop.opening().settings
        source = open_source(request, settings, stack)
        assert past_quality_of(request, source, settings) == {}
        found = past_quality_of(replace(request, past=(other,)), source, settings)
    assert min(found, key=lambda name: found[name]) == make_table().models[-1].name
    assert set(found) == {model.name for model in make_table().models}
