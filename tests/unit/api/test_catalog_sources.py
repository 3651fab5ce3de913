import json
from dataclasses import replace

import pytest

from modelsearch.api.catalog_sources import emulated_sources, pages_spec, sources_of
from modelsearch.core.errors import OptionError
from modelsearch.emulator.listing_shapes import SHAPES
from modelsearch.emulator.listings import Listings, listed_pages
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.wire_openai import OpenAiWire
from tests.unit.api.listed_world import ROUTER, URL, small_market
from tests.unit.catalog.offerings import NOW


def test_only_listings_of_the_markets_own_providers_are_read() -> None:
    market = small_market()
    names = [spec.name for spec in sources_of(market)]
    assert names == ["openrouter", "models.dev", "genai-prices", "groq"]
    without = replace(market, providers={ROUTER: market.providers[ROUTER]})
    assert "groq" not in [spec.name for spec in sources_of(without)]


def test_every_page_of_the_emulator_is_read_under_the_names_of_its_providers() -> None:
    shelf = Shelf(small_market(3))
    listings = Listings(shelf, dict.fromkeys(shelf.market.providers, OpenAiWire()), None)
    specs = emulated_sources(URL + "/", json.dumps(listed_pages(shelf)).encode())
    assert [spec.name for spec in specs] == ["openrouter", "groq", "models.dev"]
    for spec in specs:
        listing = spec.listing_of(listings.answer(spec.url.removeprefix(URL), {}, b"").body, observed_at=NOW)
        found = {each.endpoint_id for each in listing.offerings}
        assert listing.problems == ()
        assert found == {i for i in shelf.market.endpoints if spec.name in (i.split("/")[0], "models.dev")}
        assert {each.source for each in listing.offerings} == {spec.name}


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_provider_of_another_name_is_read_in_each_shape(shape: str) -> None:
    shelf = Shelf(small_market(3))
    page = [{"provider": "mine", "shape": shape, "path": "/p/mine/models"}]
    (spec,) = emulated_sources(URL, json.dumps(page).encode())
    body = json.dumps(SHAPES[shape](shelf, list(shelf.at("groq"))), default=float).encode()
    listing = spec.listing_of(body, observed_at=NOW)
    assert {each.endpoint_id for each in listing.offerings} == {"mine/m-0", "mine/m-1", "mine/m-2"}
    assert {each.provider_id for each in listing.offerings} == {"mine"}


@pytest.mark.parametrize("told", [b"<html>", b'{"error": 1}', b"[1]", b"7", b'[{"provider": "x"}]'])
def test_what_is_no_emulator_is_told(told: bytes) -> None:
    with pytest.raises(OptionError, match="expected a running `modelsearch emulate`"):
        emulated_sources(URL, told)


def test_the_page_that_lists_pages_is_at_the_emulator() -> None:
    assert pages_spec(URL + "/").url == f"{URL}/__emulator/listing/sources"
