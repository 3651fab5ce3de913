"""What was read of all sources against what is in force: put in force, held for a person, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from modelsearch.api.catalog_reading import Syncing
from modelsearch.api.observing import count_sync
from modelsearch.api.publishing import shared_folder
from modelsearch.catalog.diff import changes, fingerprint_of
from modelsearch.catalog.price_rows import new_rows
from modelsearch.catalog.reconcile import reconciled
from modelsearch.catalog.sync_guards import Refused, checked, moved
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import ProviderId
from modelsearch.core.offering import CatalogRecord, CatalogState, ModelChange
from modelsearch.core.sync_report import SourceRead, SourceReport, SyncEnd, SyncReport
from modelsearch.settings import Settings
from modelsearch.store.catalog_json import Held
from modelsearch.store.catalog_store import CatalogStore
from modelsearch.store.payloads import forget_payloads

NOTHING = CatalogState(observed_at=datetime(1970, 1, 1, tzinfo=UTC))
"""What is known before the first sync."""


def settle(begun: Syncing, reads: Sequence[SourceRead]) -> SyncReport:
    """Compare what was read with what is in force, alone, and put it in force or hold it.

    Args:
        begun: the sync.
        reads: each source once.

    Raises:
        StoreError: the synced catalogue cannot be read or written; what was in force is so still.
    """
    store = begun.store
    with shared_folder(begun.settings, begun.settings.synced_catalog), store.locked():
        report = _settled(begun, reads, store)
    forget_payloads(store.payloads, begun.now)
    count_sync(begun.settings, report)
    return report


def held_sync(settings: Settings) -> SyncReport | None:
    """The sync that waits for a person, with what it would change; None where none does.

    Raises:
        StoreError: the synced catalogue cannot be read.
    """
    store = CatalogStore(settings.synced_catalog)
    held = store.held()
    if held is None:
        return None
    return _Found(record=store.record(), after=held.state, now=held.held_at).told("held", (), held.reason)


def release(settings: Settings, *, is_accepted: bool, now: datetime | None = None) -> SyncReport:
    """A person's word on a state that is held: in force, or turned down for good.

    Args:
        settings: where the synced catalogue is.
        is_accepted: put it in force.
        now: the moment, with a time zone; by default the clock's.

    Raises:
        OptionError: nothing is held.
        StoreError: the synced catalogue cannot be read or written.
    """
    store, moment = CatalogStore(settings.synced_catalog), now or datetime.now(UTC)
    with shared_folder(settings, settings.synced_catalog), store.locked():
        held = store.held()
        if held is None:
            message = "catalog release: nothing is held (`modelsearch catalog sync` says when something is)"
            raise OptionError(message)
        found = _Found(record=store.record(), after=held.state, now=moment)
        if is_accepted:
            report = found.accepted(store)
        else:
            store.reject_held()
            report = found.told("rejected", (), "a person has turned it down")
    count_sync(settings, report, is_read=False)
    return report


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A state that may come into force, beside the one that is."""

    record: CatalogRecord | None
    after: CatalogState
    now: datetime

    @property
    def before(self) -> CatalogState:
        return NOTHING if self.record is None else self.record.state

    @cached_property
    def changes(self) -> tuple[ModelChange, ...]:
        """What is news: an endpoint at a provider that was never listed before is only known from now on."""
        return tuple(c for c in self._all if not self._is_first_sight(c))

    @property
    def n_first_seen(self) -> int:
        return sum(map(self._is_first_sight, self._all))

    def accepted(self, store: CatalogStore, sources: tuple[SourceReport, ...] = ()) -> SyncReport:
        """Put it in force."""
        rows = new_rows(self.record.prices if self.record else (), self.after, self.now.date())
        store.accept(self.after, rows, self.changes)
        return self.told("accepted" if self.changes or self.n_first_seen else "unchanged", sources)

    def told(self, end: SyncEnd, sources: tuple[SourceReport, ...], reason: str = "") -> SyncReport:
        """The report of an end."""
        is_in_force = end in ("accepted", "unchanged")
        return SyncReport(
            observed_at=self.after.observed_at,
            end=end,
            sources=sources,
            changes=self.changes,
            n_endpoints=_n_live(self.after if is_in_force else self.before),
            n_first_seen=self.n_first_seen if is_in_force else 0,
            reason=reason,
            problems=self.after.problems,
            n_disputed=len((self.after if is_in_force else self.before).disputed()),
        )

    @cached_property
    def _all(self) -> tuple[ModelChange, ...]:
        return changes(self.before, self.after, self.now.date())

    def _is_first_sight(self, change: ModelChange) -> bool:
        source = self.after.offerings[change.endpoint_id].source if change.kind == "appeared" else ""
        return bool(source) and (change.provider_id not in self._providers or source not in self.before.readings)

    @cached_property
    def _providers(self) -> frozenset[ProviderId]:
        return frozenset(each.provider_id for each in self.before.offerings.values())


def _settled(begun: Syncing, reads: Sequence[SourceRead], store: CatalogStore) -> SyncReport:
    record = store.record()
    before = NOTHING if record is None else record.state
    judged = [_judged(begun, read, before) for read in reads]
    sources = tuple(read.report for read in judged)
    listings = [read.listing for read in judged if read.listing is not None]
    if not listings:
        reason = "no source could be used" if sources else "there is no source to read"
        return SyncReport(
            observed_at=begun.now,
            end="failed",
            sources=sources,
            n_endpoints=_n_live(before),
            reason=reason,
            n_disputed=len(before.disputed()),
        )
    found = _Found(record=record, after=reconciled(listings, before), now=begun.now)
    if begun.now <= before.observed_at:
        return found.told("stale", sources, f"the one in force is of {before.observed_at:%Y-%m-%d %H:%M:%S} UTC")
    fingerprint = fingerprint_of(found.after)
    if store.is_rejected(fingerprint):
        return found.told("rejected", sources, "a person has turned the same down before")
    move = moved(before, found.after)
    if move.is_too_much:
        store.hold(Held(state=found.after, fingerprint=fingerprint, reason=move.reason, held_at=begun.now))
        return found.told("held", sources, move.reason)
    return found.accepted(store, sources)


def _judged(begun: Syncing, read: SourceRead, before: CatalogState) -> SourceRead:
    """What was read, or why it cannot be right."""
    if read.listing is None:
        return read
    is_taken = read.report.name in begun.taken
    found = checked(read.listing, before, market=begun.market, is_released=is_taken)
    if isinstance(found, Refused):
        return SourceRead(report=replace(read.report, end="refused", error=found.reason))
    report = replace(read.report, n_offerings=len(found.offerings), problems=found.problems)
    return SourceRead(report=report, listing=found)


def _n_live(state: CatalogState) -> int:
    return sum(each.is_live for each in state.offerings.values())
