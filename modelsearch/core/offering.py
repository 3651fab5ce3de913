"""What sources say is on sale: a model at a provider as one source lists it, and what has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from modelsearch.core.ids import EndpointId, Json, ModelId, ProviderId, sha256_hex
from modelsearch.core.market import Rate

ChangeKind = Literal["appeared", "repriced", "deprecated", "gone", "alias_moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """A model at a provider as one source lists it. None = this source does not say.

    Attributes:
        rates: empty = the source gives no prices, which is not free.
        revision: what stands behind the name today (a dated slug, the target of an alias, a version); "" = unknown.
        is_live: False where the source says that it answers no more.
    """

    endpoint_id: EndpointId
    model_id: ModelId
    provider_id: ProviderId
    wire_name: str
    source: str
    rates: tuple[Rate, ...] = ()
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] | None = None
    quantization: str | None = None
    region: str | None = None
    released: date | None = None
    deprecated_on: date | None = None
    revision: str = ""
    is_live: bool = True
    is_open_weights: bool | None = None
    params_b: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One source as read at one moment.

    Attributes:
        sha256: of the raw payload, which is kept under it.
        problems: rows that were left out or put right, told for people.
    """

    source: str
    observed_at: datetime
    sha256: str
    offerings: tuple[Offering, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How much a source told when it was last accepted: what its next listing is held against."""

    n_rows: int
    n_priced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A change of price that is not told as one yet: small, or too young to know that it stays.

    Attributes:
        told: the rates before it.
        seen: the rates as listed now, since `since`; meanwhile the dearer of both are in force.
    """

    told: tuple[Rate, ...]
    seen: tuple[Rate, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogState:
    """What is on sale by all sources together, each endpoint once.

    Attributes:
        observed_at: of the newest listing in it.
        offerings: with the prices in force, never too low.
        absent: how many syncs in a row an endpoint that is still in `offerings` was missing.
        readings: of each source, as last accepted.
        unsettled: changes of price that are in force as far as they are rises, and not told yet.
        former: what the provider itself listed before its newest price; a source that still says so is late.
        problems: what was left out, put right or is in dispute, told for people.
    """

    observed_at: datetime
    offerings: Mapping[EndpointId, Offering] = field(default_factory=dict)
    absent: Mapping[EndpointId, int] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    unsettled: Mapping[EndpointId, Unsettled] = field(default_factory=dict)
    former: Mapping[EndpointId, tuple[Rate, ...]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def disputed(self) -> tuple[tuple[EndpointId, Rate], ...]:
        """Prices in force on which sources differ, of whatever is on sale, by endpoint."""
        return tuple(
            (endpoint_id, rate)
            for endpoint_id, offering in sorted(self.offerings.items())
            for rate in offering.rates
            if rate.is_disputed and offering.is_live
        )

    def settled(self) -> Mapping[EndpointId, Offering]:
        """The offerings with prices as told: what changes are measured between."""
        waiting = {i: replace(self.offerings[i], rates=each.told) for i, each in self.unsettled.items()}
        return {**self.offerings, **waiting}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """Something happened to an endpoint.

    Attributes:
        day: on which it was seen.
        facts: before and after, as plain values, for people and for templates of automations.
    """

    kind: ChangeKind
    endpoint_id: EndpointId
    model_id: ModelId
    provider_id: ProviderId
    day: date
    facts: Mapping[str, Json] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same for the same change, however often it is seen or told."""
        return sha256_hex([self.kind, self.endpoint_id, self.day.isoformat(), dict(self.facts)])[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One row of an endpoint's price history: rows are appended, never edited.

    Attributes:
        rate: `valid_from` is the day on which it was first seen.
        is_listed: False = from that day on the source names no price of this condition any more; `rate.usd` is None.
    """

    endpoint_id: EndpointId
    rate: Rate
    is_listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRecord:
    """All that the syncs have come to: what a market is overlaid with.

    Attributes:
        prices: the history, oldest first.
        gone: what was once on sale and is no more, with its last day in `deprecated_on`.
    """

    state: CatalogState
    prices: tuple[PriceRow, ...] = ()
    gone: Mapping[EndpointId, Offering] = field(default_factory=dict)
