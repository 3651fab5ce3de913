from dataclasses import replace
from pathlib import Path

from modelsearch.catalog.load import load_market
from modelsearch.catalog.write_files import write_catalogs
from modelsearch.core.market import Market
from tests.unit.catalog.offerings import DAY

CATALOGS = Path(__file__).parents[3] / "catalogs"


def bare(market: Market) -> Market:
    """Without what a folder for an emulated market leaves out."""
    families = {
        i: replace(f, lineage=None, characteristics=frozenset(), strengths=frozenset())
        for i, f in market.families.items()
    }
    kinds = {i: replace(k, prefers=frozenset(), avoids=frozenset()) for i, k in market.task_kinds.items()}
    return replace(market, families=families, task_kinds=kinds, specialisations=(), scaling=None)


def test_the_installed_catalogue_is_read_back_as_it_was(tmp_path: Path) -> None:
    market = load_market(CATALOGS, as_of=DAY)
    write_catalogs(market, tmp_path)
    again = load_market(tmp_path, as_of=DAY)
    assert again.providers == market.providers
    assert again.models == market.models
    for name, endpoint in market.endpoints.items():
        assert set(again.endpoints[name].rates) == set(endpoint.rates)
        assert replace(again.endpoints[name], rates=endpoint.rates) == endpoint
    assert bare(again) == replace(bare(market), endpoints=again.endpoints)
