"""What came of a catalogue sync, source by source."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelsearch.core.nights import Alarm
from modelsearch.core.offering import Listing, ModelChange

SourceEnd = Literal["read", "refused", "failed", "no_key"]
SyncEnd = Literal["accepted", "unchanged", "held", "rejected", "failed", "stale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What came of one source.

    Attributes:
        end: read; refused = it was read, but cannot be right; failed = it could not be had; no_key = not asked.
        sha256: of the payload, kept under it; "" = there is none.
        problems: rows that were left out or put right.
        error: why it was not used, in one line without secrets.
    """

    name: str
    end: SourceEnd
    n_offerings: int = 0
    sha256: str = ""
    problems: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """A source as read, and its listing where there is one."""

    report: SourceReport
    listing: Listing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What came of a sync.

    Attributes:
        end: accepted; unchanged = nothing new; held = waits for a person; rejected = a person has turned the same
            down before; failed = no source could be used; stale = a later sync was quicker.
        changes: that are in force now, or that would be, of a state that is held.
        n_endpoints: on sale by the state in force.
        n_first_seen: endpoints at providers that no source had listed before: known now, and no news.
        reason: of whatever end is not accepted or unchanged.
        problems: disputes between sources, and what was put right of them.
        n_disputed: prices in force on which sources differ; the higher one counts.
    """

    observed_at: datetime
    end: SyncEnd
    sources: tuple[SourceReport, ...] = ()
    changes: tuple[ModelChange, ...] = ()
    n_endpoints: int = 0
    n_first_seen: int = 0
    reason: str = ""
    problems: tuple[str, ...] = ()
    n_disputed: int = 0

    @property
    def n_by_kind(self) -> Mapping[str, int]:
        """How many changes of each kind."""
        return Counter(change.kind for change in self.changes)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """What a person should see of it: no sync in force, and each source that could not be used."""
        day = self.observed_at.date()
        codes = {"held": "held_sync", "failed": "failed_sync"}
        found = []
        if self.end in codes:
            n_changes = {f"n_{kind}": float(n) for kind, n in self.n_by_kind.items()}
            message = f"the catalogue stays as it was: {self.reason}"
            found.append(Alarm(code=codes[self.end], subject="catalog", day=day, message=message, evidence=n_changes))
        for source in self.sources:
            if source.end in ("refused", "failed"):
                message = f"source {source.name} {source.end}, what it said before stays in force: {source.error}"
                found.append(Alarm(code=f"{source.end}_source", subject=source.name, day=day, message=message))
        return tuple(found)
