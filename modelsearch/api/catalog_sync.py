"""A sync of the catalogue: every source read on its own, guarded, joined, and put in force or held for a person.

Whatever goes wrong, the last good catalogue stays in force: a source that cannot be had or read changes nothing of what
it said before, and a state that moves too much waits for `modelsearch catalog release`.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

from modelsearch.api.catalog_reading import begin_sync, read_source
from modelsearch.api.catalog_settling import settle
from modelsearch.catalog.listed_sources import SourceSpec
from modelsearch.core.sync_report import SyncReport
from modelsearch.providers.client import TransportFactory
from modelsearch.settings import Settings


async def sync_catalog(
    settings: Settings,
    *,
    sources: Sequence[SourceSpec] | None = None,
    now: datetime | None = None,
    transport_factory: TransportFactory | None = None,
    emulator_url: str | None = None,
    taken: Collection[str] = (),
) -> SyncReport:
    """Read all sources and put what they say in force.

    Args:
        settings: where catalogue, keys and the synced catalogue are.
        sources: by default all that are known of the catalogue's providers.
        now: the moment of the sync, with a time zone; by default the clock's.
        transport_factory: any httpx transport, for tests or special networks.
        emulator_url: read the pages of a running emulator instead.
        taken: sources whose lost rows and jumps of prices a person has looked at, and takes.

    Raises:
        InputError: the catalogue's own files, or the emulator, cannot be used.
        StoreError: the synced catalogue cannot be read or written.
    """
    begun = await begin_sync(
        settings,
        sources=sources,
        now=now,
        transport_factory=transport_factory,
        emulator_url=emulator_url,
        taken=taken,
    )
    reads = await asyncio.gather(*(read_source(begun, spec) for spec in begun.sources))
    return await asyncio.to_thread(settle, begun, reads)
