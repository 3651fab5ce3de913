"""Guards of a sync: which listing is taken in, and which outcome a person has to see first. Pure.

A source is refused as a whole where its payload, though readable, cannot be what it was: nothing in it, more than a
fifth of its rows or of its prices gone at once, most of its prices out of all proportion. What was known of a refused
source stays. A sync that moves more than 15 % of the catalogue is held: it may be true, but not for a machine to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from modelsearch.catalog.price_rows import condition_of, in_force
from modelsearch.catalog.rate_guards import Guarded, Table, guarded
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market, Rate
from modelsearch.core.offering import CatalogState, Listing, Offering, Reading

MAX_LOST_SHARE = 0.2
MAX_LOST_ROWS = 2
"""Of a short listing; one of three rows that loses one has lost a third, and nothing happened."""
MAX_MOVED_SHARE = 0.15
MIN_MOVED = 10
"""Fewer are no flood, however small the catalogue."""
SMALL_CHANGE = Decimal("0.05")
_OVERDUE_AFTER = timedelta(days=31)
_MIN_QUARANTINED = 5
_MAX_QUARANTINED_SHARE = 0.5
_MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A listing that is not taken in; what is known of its source stays in force."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How much of the catalogue a sync moves.

    Attributes:
        n_known: endpoints on sale before it.
        n_appeared: without those of sources that were never read before.
        n_repriced: by 5 % or more under any condition, whether or not it is told yet.
        n_other: behind whose name another model stands now.
        n_ending: that got another last day.
    """

    n_known: int
    n_appeared: int = 0
    n_gone: int = 0
    n_repriced: int = 0
    n_other: int = 0
    n_ending: int = 0

    @property
    def n_moved(self) -> int:
        """All of them."""
        return self.n_appeared + self.n_gone + self.n_repriced + self.n_other + self.n_ending

    @property
    def is_too_much(self) -> bool:
        """Whether a person has to see it first."""
        return self.n_known > 0 and self.n_moved > max(MIN_MOVED, MAX_MOVED_SHARE * self.n_known)

    @property
    def reason(self) -> str:
        """For people."""
        return (
            f"{self.n_moved} of {self.n_known} endpoints move at once ({self.n_appeared} appear, {self.n_gone} go, "
            f"{self.n_repriced} cost 5 % more or less, {self.n_other} are another model now, {self.n_ending} get "
            f"another last day), more than {MAX_MOVED_SHARE:.0%}: held until a person has looked; "
            "prices and models stay as they were"
        )


def checked(
    listing: Listing, before: CatalogState, *, market: Market | None = None, is_released: bool = False
) -> Listing | Refused:
    """The listing with prices that can be used, or why nothing of it can be.

    Args:
        listing: as an adapter made it.
        before: the state in force, whose prices and numbers of rows it is held against.
        market: of the catalogue's files: its prices are held against where `before` has none.
        is_released: a person has looked: lost rows and jumps of prices are taken as they are told.
    """
    offerings, problems = _once(listing.offerings)
    overdue = [each.endpoint_id for each in offerings if _is_overdue(each, listing.observed_at.date())]
    problems += [f"{listing.source}: {i}: listed long after its last day: that day is not believed" for i in overdue]
    plausible = [replace(each, deprecated_on=None) if each.endpoint_id in overdue else each for each in offerings]
    found = [_guarded(each, before, None if is_released else market, is_released) for each in plausible]
    refused = next(_refusals(listing.source, found, before, is_released), None)
    if refused is not None:
        return Refused(source=listing.source, reason=refused)
    told = [*listing.problems, *problems, *(problem for each in found for problem in each.problems)]
    return replace(listing, offerings=tuple(each.offering for each in found), problems=tuple(told[:_MAX_PROBLEMS]))


def reading_of(offerings: tuple[Offering, ...]) -> Reading:
    """How much of what is on sale a source tells."""
    live = [each for each in offerings if each.is_live]
    return Reading(n_rows=len(live), n_priced=sum(is_priced(each) for each in live))


def is_priced(offering: Offering) -> bool:
    """Whether input and output have a known price."""
    known = {rate.kind for rate in offering.rates if rate.usd is not None and rate.processing == "standard"}
    return {"input", "output"} <= known


def moved(before: CatalogState, after: CatalogState) -> Moved:
    """How much lies between two states; nothing where there was none before."""
    old, new = _live(before), _live(after)
    if not old:
        return Moved(n_known=0)
    both = old.keys() & new.keys()
    repriced = {i for i in both if largest_change(_latest(before, i), _latest(after, i)) >= SMALL_CHANGE}
    other = {i for i in both - repriced if _is_other(old[i], new[i])}
    ending = {i for i in both - repriced - other if _is_ending(old[i], new[i])}
    appeared = [i for i in new.keys() - old.keys() if new[i].source in before.readings]
    return Moved(
        n_known=len(old),
        n_appeared=len(appeared),
        n_gone=len(old.keys() - new.keys()),
        n_repriced=len(repriced),
        n_other=len(other),
        n_ending=len(ending),
    )


def largest_change(was: tuple[Rate, ...], now: tuple[Rate, ...]) -> Decimal:
    """The largest share by which a price moved under any condition; one that comes, goes or is unknown counts as 1.

    Nothing told on either side is no change.
    """
    if not was or not now:
        return Decimal(0)
    old, new = ({condition_of(rate): rate.usd for rate in rates} for rates in (was, now))
    return max(_change(old.get(key), new.get(key)) for key in old.keys() | new.keys())


def _change(was: Decimal | None, now: Decimal | None) -> Decimal:
    if was == now:
        return Decimal(0)
    return abs(now - was) / was if was and now is not None else Decimal(1)


def _guarded(offering: Offering, before: CatalogState, market: Market | None, is_released: bool) -> Guarded:
    old = before.offerings.get(offering.endpoint_id)
    kept, in_force_now = ((), ()) if old is None else (_latest(before, offering.endpoint_id), old.rates)
    known: Table = {}
    if not is_released:
        known = {condition_of(rate): rate for rate in in_force_now} or _of_files(offering.endpoint_id, before, market)
    return guarded(offering, known, kept)


def _of_files(endpoint_id: EndpointId, before: CatalogState, market: Market | None) -> Table:
    endpoint = None if market is None else market.endpoints.get(endpoint_id)
    return {} if endpoint is None else in_force(endpoint.rates, before.observed_at.date())


def _once(offerings: tuple[Offering, ...]) -> tuple[list[Offering], list[str]]:
    """Each endpoint once: of two rows that differ the dearer one, in dispute."""
    found: dict[EndpointId, Offering] = {}
    problems = []
    for each in offerings:
        other = found.get(each.endpoint_id)
        if other is None:
            found[each.endpoint_id] = each
        elif other != each:
            dearer = max(other, each, key=_weight)
            disputed = tuple(replace(rate, is_disputed=True) for rate in dearer.rates)
            found[each.endpoint_id] = replace(dearer, rates=disputed)
            problems.append(f"{each.source}: {each.endpoint_id}: listed twice, and not alike: the dearer row is used")
    return list(found.values()), problems


def _is_overdue(offering: Offering, today: date) -> bool:
    """Whether it is on sale though it ended long ago: one of the two is wrong, and nobody is to leave it for that."""
    last_day = offering.deprecated_on
    return offering.is_live and last_day is not None and today - last_day > _OVERDUE_AFTER


def _weight(offering: Offering) -> tuple[bool, Decimal]:
    known = [rate.usd for rate in offering.rates if rate.usd is not None and rate.usd.is_finite()]
    return bool(known), sum(known, Decimal(0))


def _refusals(source: str, found: list[Guarded], before: CatalogState, is_released: bool) -> Iterator[str]:
    now = reading_of(tuple(each.offering for each in found))
    if now.n_rows == 0:
        yield "nothing is listed: the last good listing stays in force"
    if is_released:
        return
    was = before.readings.get(source, Reading(n_rows=0))
    for noun, n_was, n_now in (("rows", was.n_rows, now.n_rows), ("rows with prices", was.n_priced, now.n_priced)):
        if n_was - n_now > max(MAX_LOST_ROWS, MAX_LOST_SHARE * n_was):
            yield (
                f"{n_now} {noun}, {n_was} before: more than {MAX_LOST_SHARE:.0%} are gone at once: "
                "the last good listing stays in force until a person has looked"
            )
    n_out = sum(each.is_quarantined for each in found)
    if n_out >= _MIN_QUARANTINED and n_out > _MAX_QUARANTINED_SHARE * len(found):
        yield (
            f"{n_out} of {now.n_rows} rows have prices out of all proportion ({_first_problem(found)}): "
            "the unit of the source may have changed: the last good listing stays in force until a person has looked"
        )


def _first_problem(found: list[Guarded]) -> str:
    return next(each.problems[-1] for each in found if each.is_quarantined).partition(": its prices")[0]


def _live(state: CatalogState) -> Mapping[EndpointId, Offering]:
    return {i: each for i, each in state.offerings.items() if each.is_live}


def _latest(state: CatalogState, endpoint_id: EndpointId) -> tuple[Rate, ...]:
    """Rates as last listed, whether in force or not."""
    waiting = state.unsettled.get(endpoint_id)
    return state.offerings[endpoint_id].rates if waiting is None else waiting.seen


def _is_ending(old: Offering, new: Offering) -> bool:
    return new.deprecated_on is not None and new.deprecated_on != old.deprecated_on


def _is_other(old: Offering, new: Offering) -> bool:
    pairs = ((old.revision, new.revision), (old.quantization, new.quantization), (old.model_id, new.model_id))
    return any(was and now and was != now for was, now in pairs)
