from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.api.market import market_in_force
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import open_source
from modelsearch.catalog.load import load_market
from modelsearch.catalog.price_rows import new_rows
from modelsearch.core.errors import StoreError
from modelsearch.core.ids import EndpointId
from modelsearch.settings import Settings, read_settings
from modelsearch.store.catalog_store import CatalogStore
from tests.unit.catalog.offerings import DAY, offering, rates, state

NEW, CUT = EndpointId("openai/gpt-99"), EndpointId("openai/gpt-4o-mini")
TASK = Path(__file__).parents[3] / "catalogs" / "examples" / "classification.yaml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"MODELSEARCH_HOME": str(tmp_path / "home")})


@pytest.fixture
def synced(settings: Settings) -> Settings:
    """A home in which a sync has found a new model and a cut."""
    found = state(offering(NEW), offering(CUT, model_id="gpt-4o-mini", rates=rates("0.01", "0.02")))
    CatalogStore(settings.synced_catalog).accept(found, new_rows((), found, DAY), ())
    return settings


def test_without_a_sync_the_market_is_that_of_the_files(settings: Settings) -> None:
    assert market_in_force(settings, DAY) == load_market(settings.catalogs, as_of=DAY)
    assert not settings.synced_catalog.exists()


def test_a_search_sees_what_syncs_have_found(synced: Settings) -> None:
    request = SearchRequest(baseline=CUT, task=TASK, budget_usd=Decimal(1))
    with ExitStack() as stack:
        source = open_source(request, synced, stack)
    assert NEW in {candidate.endpoint_id for candidate in source.candidates}
    assert source.market.families[source.market.models[source.market.endpoints[NEW].model_id].family].id == "gpt"
    paid = {rate.usd for rate in source.market.endpoints[CUT].rates if rate.valid_from == DAY}
    assert paid >= {Decimal("0.01"), Decimal("0.02")}


def test_a_made_up_world_stays_as_it_is(settings: Settings, synced: Settings, tmp_path: Path) -> None:
    request = SearchRequest(baseline="", task=TASK, budget_usd=Decimal(1), is_emulated=True)
    plain = read_settings({"MODELSEARCH_HOME": str(tmp_path / "other")})
    with ExitStack() as stack:
        endpoints = [open_source(request, each, stack).market.endpoints for each in (synced, plain)]
    assert endpoints[0] == endpoints[1]


def test_a_synced_catalogue_that_cannot_be_read_is_no_reason_to_use_old_prices(synced: Settings) -> None:
    (synced.synced_catalog / "current.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        market_in_force(synced, DAY + timedelta(days=1))
