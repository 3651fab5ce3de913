"""A market that changes from sync to sync: what is in force is never too cheap, the history tells all of it once."""

import asyncio
import json
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.api.catalog_reading import Syncing, read_source
from modelsearch.api.catalog_settling import settle
from modelsearch.api.catalog_sources import emulated_sources
from modelsearch.catalog.overlay import overlaid
from modelsearch.catalog.price import prices_at
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.sync_report import SyncReport
from modelsearch.emulator.listings import listed_pages
from modelsearch.emulator.shelf import Shelf
from modelsearch.testing.factories import make_rates
from tests.unit.api.listed_world import LIKE, ROUTER, URL, ListedWorld, small_market
from tests.unit.catalog.offerings import NOW

PROVIDERS = (ROUTER, ProviderId("groq"))
_NAMES = st.sampled_from([f"{p}/{'acme/' if p == ROUTER else ''}m-{n}" for p in PROVIDERS for n in range(6)])
STEPS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(["acme/nova", "acme/luna"]), st.integers(1, 90)),
    st.tuples(st.just("reprice"), _NAMES, st.integers(1, 90)),
    st.tuples(st.just("remove"), _NAMES, st.just(0)),
    st.tuples(st.just("break"), st.sampled_from(["openrouter", "groq", "models.dev"]), st.just(0)),
)
HOURS = st.lists(st.tuples(st.lists(STEPS, max_size=3), st.integers(1, 30)), min_size=2, max_size=6)


class Life:
    """A listed world whose market of files is its own."""

    def __init__(self, home: Path) -> None:
        self.files = small_market()
        self.world = ListedWorld(home=home, shelf=Shelf(self.files))
        self.now = NOW

    def step(self, what: str, name: str, number: int) -> None:
        shelf = self.world.shelf
        try:
            if what == "add":
                shelf.add(LIKE, (ROUTER, name), {"rates": make_rates(float(number), float(number))})
            elif what == "reprice":
                shelf.reprice(EndpointId(name), {"input": Decimal(number), "output": Decimal(number)})
            elif what == "remove":
                shelf.remove(EndpointId(name))
            else:
                self.world.broken[name] = httpx.Response(404)
        except OptionError:
            pass  # it is there already, or is not there any more

    def sync(self, n_hours: int) -> SyncReport:
        self.now += timedelta(hours=n_hours)
        pages = json.dumps(listed_pages(self.world.shelf)).encode()
        begun = Syncing(
            settings=self.world.settings,
            market=self.files,
            sources=emulated_sources(URL, pages),
            now=self.now,
            transport_factory=lambda _: httpx.MockTransport(self.world.answer),
        )
        reads = [asyncio.run(read_source(begun, spec)) for spec in begun.sources]
        self.world.broken.clear()
        return settle(begun, reads)

    def market(self) -> Market:
        record = self.world.store.record()
        return self.files if record is None else overlaid(self.files, record)

    def listed_usd(self, endpoint_id: EndpointId) -> Decimal | None:
        for provider_id in PROVIDERS:
            for each in self.world.shelf.at(provider_id):
                if each.endpoint.id == endpoint_id:
                    return input_usd(self.world.shelf.market, each.endpoint.id, self.now, self.world.shelf)
        return None


def input_usd(market: Market, endpoint_id: EndpointId, at: datetime, shelf: Shelf | None = None) -> Decimal | None:
    endpoint = market.endpoints.get(endpoint_id)
    if shelf is not None:
        sold = (each.endpoint for provider_id in PROVIDERS for each in shelf.at(provider_id))
        endpoint = next(each for each in sold if each.id == endpoint_id)
        endpoint = replace(endpoint, rates=tuple(replace(rate, valid_from=NOW.date()) for rate in endpoint.rates))
    return None if endpoint is None else prices_at(endpoint, at=at, prompt_tokens=1)["input"]


@settings(max_examples=12, deadline=None)
@given(hours=HOURS)
def test_no_price_in_force_is_below_what_is_listed_and_the_history_tells_it_all(
    hours: list[tuple[list[tuple[str, str, int]], int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        life.sync(1)
        assert life.world.store.history() == ()
        first = set(state_of(life))
        for steps, n_hours in hours:
            is_broken = any(what == "break" for what, _, _ in steps)
            for what, name, number in steps:
                life.step(what, name, number)
            report = life.sync(n_hours)
            if report.end in {"accepted", "unchanged"} and not is_broken:
                assert_not_too_cheap(life)
        live = set(first)
        for change in life.world.store.history():
            if change.kind == "appeared":
                assert change.endpoint_id not in live
                live.add(change.endpoint_id)
            elif change.kind == "gone":
                live.remove(change.endpoint_id)
        assert live == set(state_of(life))


def state_of(life: Life) -> list[EndpointId]:
    state = life.world.store.state()
    return [] if state is None else [i for i, each in state.offerings.items() if each.is_live]


def assert_not_too_cheap(life: Life) -> None:
    market = life.market()
    for endpoint_id in state_of(life):
        listed = life.listed_usd(endpoint_id)
        paid = input_usd(market, endpoint_id, life.now)
        if listed is not None and paid is not None:
            assert paid >= listed, f"{endpoint_id}: {paid} in force, {listed} listed"
