"""The sources of a sync, each downloaded, kept and read on its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from modelsearch.api.catalog_sources import emulated_sources, pages_spec, sources_of
from modelsearch.api.keys import keys_of
from modelsearch.catalog.listed_sources import SourceSpec
from modelsearch.catalog.load import load_market
from modelsearch.core.errors import CatalogError, FetchError, InputError, OptionError
from modelsearch.core.ids import ProviderId
from modelsearch.core.market import Market
from modelsearch.core.sync_report import SourceEnd, SourceRead, SourceReport
from modelsearch.providers.client import TransportFactory
from modelsearch.providers.fetch import fetch_source
from modelsearch.settings import Settings
from modelsearch.store.catalog_store import CatalogStore


@dataclass(frozen=True, kw_only=True)
class Syncing:
    """A sync under way: what is read, and with what.

    Attributes:
        now: the moment of all its observations.
        taken: sources of which a person has said that lost rows and jumps of prices are true.
        transport_factory: any httpx transport, for tests or special networks.
    """

    settings: Settings
    market: Market
    sources: tuple[SourceSpec, ...]
    now: datetime
    taken: frozenset[str] = frozenset()
    keys: Mapping[ProviderId, str] = field(default_factory=dict, repr=False)
    transport_factory: TransportFactory | None = None

    @property
    def store(self) -> CatalogStore:
        """Where it is kept."""
        return CatalogStore(self.settings.synced_catalog)


async def begin_sync(
    settings: Settings,
    *,
    sources: Sequence[SourceSpec] | None = None,
    now: datetime | None = None,
    transport_factory: TransportFactory | None = None,
    emulator_url: str | None = None,
    taken: Collection[str] = (),
) -> Syncing:
    """What a sync reads, before anything of it is read; arguments and errors as of `sync_catalog`."""
    moment = now or datetime.now(UTC)
    market = load_market(settings.catalogs, as_of=moment.date())
    if emulator_url:
        sources = emulated_sources(emulator_url, await _pages(emulator_url, transport_factory))
    return Syncing(
        settings=settings,
        market=market,
        sources=tuple(sources_of(market) if sources is None else sources),
        now=moment,
        taken=frozenset(taken),
        keys=keys_of(market, settings),
        transport_factory=transport_factory,
    )


async def _pages(url: str, transport_factory: TransportFactory | None) -> bytes:
    """What an emulator tells of its catalogue pages."""
    try:
        return await fetch_source(pages_spec(url), transport_factory=transport_factory)
    except CatalogError as error:
        told = str(error).partition(": ")[2].partition(": what it said before")[0]
        message = f"--emulator-url {url}: no emulator answers there ({told}): start one with `modelsearch emulate`"
        raise OptionError(message) from error


async def read_source(begun: Syncing, spec: SourceSpec) -> SourceRead:
    """One source, downloaded, kept and read; whatever goes wrong with it is told, not raised.

    Args:
        begun: the sync.
        spec: one of its sources.

    Raises:
        FileWriteError: the payload cannot be kept: the disk is full or may not be written to.
    """
    provider = None if spec.provider_id is None else begun.market.providers[spec.provider_id]
    key = None if spec.provider_id is None else begun.keys.get(spec.provider_id)
    if provider is not None and provider.key_env and spec.is_key_needed and key is None:
        return _unread(spec, "no_key", f"{provider.key_env} is not set")
    try:
        body = await fetch_source(spec, provider, key, transport_factory=begun.transport_factory)
    except (FetchError, InputError) as error:
        return _unread(spec, "failed", _of(spec, error))
    sha256 = begun.store.keep_payload(body)
    try:
        listing = spec.listing_of(body, observed_at=begun.now)
    except CatalogError as error:
        return _unread(spec, "refused", _of(spec, error), sha256)
    n_offerings = len(listing.offerings)
    return SourceRead(
        report=SourceReport(name=spec.name, end="read", n_offerings=n_offerings, sha256=sha256), listing=listing
    )


def _unread(spec: SourceSpec, end: SourceEnd, error: str, sha256: str = "") -> SourceRead:
    return SourceRead(report=SourceReport(name=spec.name, end=end, error=error, sha256=sha256))


def _of(spec: SourceSpec, error: Exception) -> str:
    """What is wrong, without the name of the source, which stands beside it."""
    return str(error).removeprefix(f"source {spec.name}: ").partition(": what it said before")[0]
