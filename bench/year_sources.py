"""What two sources tell of a simulated market each day, taken in by the guards and rules of a real sync.

The provider's own listing, and a collection of prices that follows it a day later. One of them errs on the days on
which the year says so. A provider that answers nobody is missing in its listing too. A sync that is held waits a day,
until a person has looked and lets it pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from modelsearch.catalog.reconcile import reconciled
from modelsearch.catalog.sources import models_dev
from modelsearch.catalog.sync_guards import Refused, checked, moved
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Listing, Offering

OWN = "pool"
SYNC_HOUR = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a listing says of one model, USD per Mtok; `quoted` is the factor by which a wrong quote is off."""

    name: str
    input_usd: float
    output_usd: float
    revision: str
    last_day: date | None
    quoted: float = 1.0
    is_down: bool = False


@dataclass(kw_only=True)
class Sources:
    """The synced catalogue of one year.

    Attributes:
        state: in force; `held`: what waits for a person since the last sync.
        n_held, n_refused: syncs held, listings refused.
    """

    state: CatalogState = field(default_factory=lambda: CatalogState(observed_at=datetime(1970, 1, 1, tzinfo=UTC)))
    held: CatalogState | None = None
    before: tuple[Told, ...] = ()
    n_held: int = 0
    n_refused: int = 0

    def sync(self, day: date, told: tuple[Told, ...]) -> Mapping[EndpointId, Offering]:
        """One sync a day; the offerings in force after it."""
        now = datetime(day.year, day.month, day.day, tzinfo=UTC) + SYNC_HOUR
        if self.held is not None:
            self.state, self.held = self.held, None
        listings = list(self._taken(now, told))
        after = reconciled(listings, self.state)
        if moved(self.state, after).is_too_much:
            self.held, self.n_held = after, self.n_held + 1
        else:
            self.state = after
        self.before = told
        return self.state.offerings

    def _taken(self, now: datetime, told: tuple[Told, ...]) -> Iterator[Listing]:
        """The listings that the guards let in; on even days the provider errs, on odd ones the collection."""
        is_own_wrong = now.toordinal() % 2 == 0
        late = {each.name: each for each in self.before}
        own = [_offering(each, OWN, now.date(), is_wrong=is_own_wrong) for each in told if not each.is_down]
        other = [
            _offering(
                replace(late.get(each.name, each), quoted=each.quoted),
                models_dev.SOURCE,
                now.date(),
                is_wrong=not is_own_wrong,
            )
            for each in told
        ]
        for source, offerings in ((OWN, own), (models_dev.SOURCE, other)):
            listing = Listing(source=source, observed_at=now, sha256=f"{now:%Y%m%d}", offerings=tuple(offerings))
            found = checked(listing, self.state)
            if isinstance(found, Refused):
                self.n_refused += 1
            else:
                yield found


def price_of(offering: Offering, kind: str) -> float | None:
    """USD per Mtok in force; None = unknown."""
    found = next((rate.usd for rate in offering.rates if rate.kind == kind), None)
    return None if found is None else float(found)


def _offering(told: Told, source: str, day: date, *, is_wrong: bool) -> Offering:
    factor = told.quoted if is_wrong else 1.0
    prices = (("input", told.input_usd), ("output", told.output_usd))
    return Offering(
        endpoint_id=EndpointId(told.name),
        model_id=ModelId(told.name),
        provider_id=ProviderId(OWN),
        wire_name=told.name,
        source=source,
        rates=tuple(
            Rate(kind=kind, usd=Decimal(f"{usd * factor:.9g}"), observed_at=day, source=source)  # type: ignore[arg-type]
            for kind, usd in prices
        ),
        revision=told.revision,
        deprecated_on=told.last_day,
    )
