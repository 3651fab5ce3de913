import pytest

from modelsearch.catalog.listed_sources import SOURCES, SourceSpec
from modelsearch.catalog.sources.payload import MAX_BYTES
from modelsearch.core.errors import CatalogError
from tests.unit.catalog.offers import NOW
from tests.unit.catalog.sources.payloads import providers_of_the_catalogue


def test_names_are_unique_and_providers_are_those_of_the_catalogue() -> None:
    names = [spec.name for spec in SOURCES]
    assert len(names) == len(set(names)) == 10
    assert {spec.provider_id for spec in SOURCES if spec.provider_id} <= providers_of_the_catalogue()


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.name)
def test_a_providers_own_listing_is_named_after_it_and_others_are_read_in_the_open(spec: SourceSpec) -> None:
    if spec.provider_id is None:
        assert spec.url.startswith("https://")
        assert not spec.headers
    else:
        assert spec.name == spec.provider_id
        assert spec.url.startswith("/models")
    assert spec.max_bytes <= MAX_BYTES


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.name)
def test_every_reader_refuses_what_is_no_listing_and_names_its_source(spec: SourceSpec) -> None:
    with pytest.raises(CatalogError, match=f"source {spec.name}: "):
        spec.listing_of(b'{"error": "down"}', observed_at=NOW)


def test_a_source_without_a_reader_says_so() -> None:
    with pytest.raises(CatalogError, match="no reader"):
        SourceSpec(name="x", url="https://x.test").listing_of(b"[]", observed_at=NOW)
