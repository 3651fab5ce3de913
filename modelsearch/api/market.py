"""The market that real work sees: the catalogue's files with what syncs have found upon them."""

from datetime import date
from pathlib import Path

from modelsearch.catalog.load import load_market
from modelsearch.catalog.overlay import overlaid
from modelsearch.core.market import Market
from modelsearch.settings import Settings
from modelsearch.store.catalog_store import CatalogStore


def market_in_force(settings: Settings, day: date, folder: Path | None = None) -> Market:
    """The market of a day; the files alone where no sync was ever accepted.

    Args:
        settings: where the catalogue and its syncs are.
        day: for which the market is wanted.
        folder: of catalogue files, in place of the installed ones.

    Raises:
        CatalogError: a file is missing or invalid.
        StoreError: what the syncs have found cannot be read; old prices are not used in silence.
    """
    market = load_market(folder or settings.catalogs, as_of=day)
    record = CatalogStore(settings.synced_catalog).record()
    return market if record is None else overlaid(market, record)
