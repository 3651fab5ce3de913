"""A small market with catalogue pages, all in this process: what a sync reads, and what goes wrong with it."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx

from modelsearch.api.catalog_sources import emulated_sources
from modelsearch.api.catalog_sync import sync_catalog
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Market, Provider
from modelsearch.core.sync_report import SyncReport
from modelsearch.emulator.app import WIRES
from modelsearch.emulator.listings import Listings, listed_pages
from modelsearch.emulator.shelf import Shelf
from modelsearch.settings import Settings, read_settings
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.testing.factories import make_endpoint, make_market, make_provider
from tests.unit.catalog.offerings import NOW

URL = "http://127.0.0.1:1"
ROUTER = ProviderId("openrouter")
LIKE = EndpointId("openrouter/acme/m-1")


def small_market(n_models: int = 20) -> Market:
    """A router and a provider of the installed catalogue, with made-up models."""
    providers = {p.id: p for p in (_provider("openrouter"), _provider("groq"))}
    endpoints = [
        replace(
            make_endpoint(f"m-{n}", wire_name=f"acme/m-{n}" if provider == ROUTER else f"m-{n}"),
            id=EndpointId(f"{provider}/acme/m-{n}" if provider == ROUTER else f"{provider}/m-{n}"),
            provider_id=provider,
        )
        for provider in providers
        for n in range(n_models)
    ]
    return make_market(providers=providers, endpoints={each.id: each for each in endpoints})


def _provider(name: str) -> Provider:
    return replace(make_provider(), id=ProviderId(name), name=name, dialect="openai_chat")


@dataclass(kw_only=True)
class ListedWorld:
    """Pages over a shelf; `broken` answers in place of some of them, by source."""

    home: Path
    shelf: Shelf = field(default_factory=lambda: Shelf(small_market()))
    broken: dict[str, httpx.Response] = field(default_factory=dict)
    n_hours: int = 0

    @property
    def settings(self) -> Settings:
        return read_settings({"MODELSEARCH_HOME": str(self.home)})

    @property
    def store(self) -> CatalogStore:
        return CatalogStore(self.settings.synced_catalog)

    async def sync(self, *taken: str) -> SyncReport:
        """A sync, an hour after the one before."""
        pages = json.dumps(listed_pages(self.shelf)).encode()
        self.n_hours += 1
        return await sync_catalog(
            self.settings,
            sources=emulated_sources(URL, pages),
            now=NOW + timedelta(hours=self.n_hours),
            transport_factory=lambda _: httpx.MockTransport(self.answer),
            taken=taken,
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        source = request.url.path.split("/")[2] if request.url.path.startswith("/p/") else "models.dev"
        if source in self.broken:
            return self.broken[source]
        wires = dict.fromkeys(self.shelf.market.providers, WIRES["openai_chat"])
        answer = Listings(self.shelf, wires, None).answer(request.url.path, {}, b"")
        return httpx.Response(answer.status, content=answer.body, headers={"content-type": "application/json"})
