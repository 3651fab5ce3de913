"""All listings of a sync as one state: each endpoint once, every field by the source that knows it best. Pure.

Rank: the provider's own listing, models.dev, any other, genai-prices. A second opinion on prices alone (genai-prices)
brings no endpoint into being. What its own provider once listed is on sale as long as the provider lists it; an alias
that only models.dev knows, as long as that does. Absent twice in a row is gone. A source that was not read this time
says what it said last: a failed download neither removes an endpoint nor changes a price.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from modelsearch.catalog.agreed_prices import Claim, agreed, claim_of
from modelsearch.catalog.price_rows import condition_of
from modelsearch.catalog.settling import settled
from modelsearch.catalog.sources import genai_prices, models_dev, openrouter_models
from modelsearch.catalog.sync_guards import reading_of
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Listing, Offering, Reading, Unsettled

N_ABSENT_GONE = 2
_MAX_PROBLEMS = 200
_OPINION = genai_prices.SOURCE
_WHOLE_CAPABILITIES = frozenset({openrouter_models.SOURCE})
"""Sources that name every parameter an endpoint takes; others tell some abilities and are silent of the rest."""
_FIRST_TOLD = (
    "context_tokens",
    "max_output_tokens",
    "quantization",
    "region",
    "released",
    "is_open_weights",
    "params_b",
)


@dataclass(slots=True, kw_only=True)
class _Join:
    """One sync at work.

    Attributes:
        silent: sources that are known and were not read this time.
    """

    before: CatalogState
    now: datetime
    read: frozenset[str]
    silent: frozenset[str]
    offerings: dict[EndpointId, Offering] = field(default_factory=dict)
    absent: dict[EndpointId, int] = field(default_factory=dict)
    unsettled: dict[EndpointId, Unsettled] = field(default_factory=dict)
    former: dict[EndpointId, tuple[Rate, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, endpoint_id: EndpointId, told: Sequence[Offering]) -> None:
        """Take in one endpoint, told by some sources or by none."""
        old = self.before.offerings.get(endpoint_id)
        if self._is_present(old, told):
            self._merge(endpoint_id, old, told)
        elif old is not None and old.source in self.read:
            self._miss(endpoint_id, old)
        elif old is not None:
            self._carry(endpoint_id, old)

    def _is_present(self, old: Offering | None, told: Sequence[Offering]) -> bool:
        if any(_is_own(each) for each in told):
            return True
        if old is not None and _is_own(old):
            return old.source not in self.read and bool(told)
        return any(each.source != _OPINION for each in told)

    def _miss(self, endpoint_id: EndpointId, old: Offering) -> None:
        """Not listed where it was; a single time may be an accident of the listing."""
        n_absent = self.before.absent.get(endpoint_id, 0) + 1
        if n_absent < N_ABSENT_GONE:
            self._carry(endpoint_id, old)
            self.absent[endpoint_id] = n_absent

    def _carry(self, endpoint_id: EndpointId, old: Offering) -> None:
        """As it was."""
        self.offerings[endpoint_id] = old
        if endpoint_id in self.before.unsettled:
            self.unsettled[endpoint_id] = self.before.unsettled[endpoint_id]
        if endpoint_id in self.before.former:
            self.former[endpoint_id] = self.before.former[endpoint_id]
        if endpoint_id in self.before.absent:
            self.absent[endpoint_id] = self.before.absent[endpoint_id]

    def _merge(self, endpoint_id: EndpointId, old: Offering | None, told: Sequence[Offering]) -> None:
        waiting = self.before.unsettled.get(endpoint_id)
        latest = () if old is None else old.rates if waiting is None else waiting.seen
        former = self._former_of(endpoint_id, told, latest)
        claims = _ranked([*(_claim(each) for each in told if each.rates), *self._silent(old, told, latest)])
        listed, disputes = agreed(claims, {condition_of(rate): rate for rate in former})
        settling = settled(old, waiting, listed or latest, self.now)
        self.offerings[endpoint_id] = replace(_joined(old, told), rates=settling.rates)
        self.problems += [f"{endpoint_id}: {each}" for each in disputes]
        if settling.unsettled is not None:
            self.unsettled[endpoint_id] = settling.unsettled
        if former:
            self.former[endpoint_id] = former

    def _former_of(
        self, endpoint_id: EndpointId, told: Sequence[Offering], latest: tuple[Rate, ...]
    ) -> tuple[Rate, ...]:
        """What the provider itself listed before its newest prices, condition by condition."""
        former = self.before.former.get(endpoint_id, ())
        own = next((each for each in told if _is_own(each) and each.rates), None)
        if own is None:
            return former
        now = {condition_of(rate): rate.usd for rate in own.rates}
        was = {condition_of(rate): rate for rate in latest if rate.source == own.source}
        left = {key: rate for key, rate in was.items() if now.get(key) != rate.usd}
        return tuple(({condition_of(rate): rate for rate in former} | left).values())

    def _silent(self, old: Offering | None, told: Sequence[Offering], latest: tuple[Rate, ...]) -> list[Claim]:
        """What sources that were not read this time said last, as far as it is in force."""
        if old is None:
            return []
        heard = {each.source for each in told}
        rates: dict[str, list[Rate]] = {}
        for rate in latest:
            for source in rate.source.split("+"):
                if source in self.silent - heard:
                    rates.setdefault(source, []).append(rate)
        return [claim_of(source, each, is_own=source == old.provider_id) for source, each in rates.items()]


def reconciled(listings: Sequence[Listing], before: CatalogState) -> CatalogState:
    """The state that follows from all listings that were taken in.

    Args:
        listings: of one sync, each as `sync_guards.checked` gave it; of two of one source the later counts.
        before: the state in force.

    Returns:
        `before` as it is where there is no listing. Equal inputs give equal states, in whatever order they come.
    """
    if not listings:
        return before
    latest = {each.source: each for each in sorted(listings, key=lambda each: (each.observed_at, each.sha256))}
    now = max(each.observed_at for each in latest.values())
    read = frozenset(latest)
    join = _Join(before=before, now=now, read=read, silent=frozenset(before.readings) - read)
    told = _by_endpoint(latest.values())
    for endpoint_id in sorted(before.offerings.keys() | told.keys()):
        join.add(endpoint_id, sorted(told.get(endpoint_id, ()), key=_rank))
    readings: Mapping[str, Reading] = {name: reading_of(latest[name].offerings) for name in sorted(latest)}
    problems = [problem for name in sorted(latest) for problem in latest[name].problems]
    return CatalogState(
        observed_at=max(now, before.observed_at),
        offerings=join.offerings,
        absent=join.absent,
        readings={**before.readings, **readings},
        unsettled=join.unsettled,
        former=join.former,
        problems=tuple([*problems, *join.problems][:_MAX_PROBLEMS]),
    )


def _by_endpoint(listings: Iterable[Listing]) -> dict[EndpointId, list[Offering]]:
    told: dict[EndpointId, list[Offering]] = {}
    for listing in listings:
        for each in listing.offerings:
            told.setdefault(each.endpoint_id, []).append(each)
    return told


def _is_own(offering: Offering) -> bool:
    return offering.source == offering.provider_id


def _rank(offering: Offering) -> tuple[int, str]:
    return _rank_of(offering.source, is_own=_is_own(offering))


def _rank_of(source: str, *, is_own: bool) -> tuple[int, str]:
    if is_own:
        return 0, source
    return {models_dev.SOURCE: 1, _OPINION: 3}.get(source, 2), source


def _claim(offering: Offering) -> Claim:
    return claim_of(offering.source, offering.rates, is_own=_is_own(offering))


def _ranked(claims: Iterable[Claim]) -> list[Claim]:
    return sorted(claims, key=lambda claim: _rank_of(claim.source, is_own=claim.is_own))


def _joined(old: Offering | None, told: Sequence[Offering]) -> Offering:
    """Everything but prices; what nobody tells today stays as it was."""
    first, own = told[0], next((each for each in told if _is_own(each)), None)
    by_rank = [*told] if old is None else [*told, old]
    witness = old.source if own is None and old is not None and _is_own(old) else first.source
    return replace(
        first,
        source=witness,
        capabilities=_capabilities(by_rank, own),
        deprecated_on=own.deprecated_on if own is not None else _first(by_rank, "deprecated_on"),
        revision=_first(by_rank, "revision") or "",
        is_live=by_rank[-1].is_live if own is None and old is not None else first.is_live,
        **{name: _first(by_rank, name) for name in _FIRST_TOLD},
    )


def _first(by_rank: Sequence[Offering], name: str) -> Any:
    return next((value for each in by_rank if (value := getattr(each, name)) not in (None, "")), None)


def _capabilities(by_rank: Sequence[Offering], own: Offering | None) -> frozenset[str] | None:
    """All abilities that anybody tells, or those alone of a source that tells them all."""
    if own is not None and own.source in _WHOLE_CAPABILITIES and own.capabilities is not None:
        return own.capabilities
    known = [each.capabilities for each in by_rank if each.capabilities is not None]
    return frozenset().union(*known) if known else None
