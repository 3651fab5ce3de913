"""What happened between two states of the catalogue: models appeared, repriced, deprecated, gone, moved. Pure.

What a state does not say is unknown and never a change: a price list that ceases to be told, or a revision told for
the first time, is no news. A price told for the first time is, for only now can the endpoint be bought.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from modelsearch.core.ids import EndpointId, Json, sha256_hex
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, ChangeKind, ModelChange, Offering

PriceTable: TypeAlias = dict[str, Decimal | None]
MOVABLE = ("model_id", "quantization", "region", "revision")
"""What stands behind a name: where one of them changes, what was measured of the endpoint holds no more."""


def changes(before: CatalogState, after: CatalogState, day: date) -> tuple[ModelChange, ...]:
    """Everything that happened, by endpoint id; at most one change of a kind for each.

    Args:
        before: the state in force until now.
        after: the state from now on.
        day: on which it was seen; it is part of each change's id.

    Returns:
        Nothing for equal states. Facts are plain JSON, amounts are text.
    """
    old, new = _live(before.settled()), _live(after.settled())
    found: list[ModelChange] = []
    for endpoint_id in sorted(old.keys() | new.keys()):
        if endpoint_id not in old:
            found.append(_change("appeared", new[endpoint_id], day, dict(_offer(new[endpoint_id]))))
        elif endpoint_id not in new:
            found.append(_change("gone", old[endpoint_id], day, dict(_offer(old[endpoint_id]))))
        else:
            found += _between(old[endpoint_id], new[endpoint_id], day)
    return tuple(found)


def price_table(rates: tuple[Rate, ...]) -> PriceTable:
    """USD by condition in words ("input", "output batch", "input over 200000", "input utc 0100-0400").

    Of several rows of one condition the newest holds.
    """
    newest = sorted(rates, key=lambda rate: (rate.valid_from, rate.observed_at))
    return {condition(rate): rate.usd for rate in newest}


def condition(rate: Rate) -> str:
    """Under which condition a rate holds, in words."""
    marks = [
        rate.kind,
        "" if rate.processing == "standard" else rate.processing,
        f"over {rate.min_prompt_tokens}" if rate.min_prompt_tokens else "",
        "utc {}-{}".format(*rate.utc_window) if rate.utc_window else "",
    ]
    return " ".join(filter(None, marks))


def blended_usd(table: Mapping[str, Decimal | None]) -> Decimal | None:
    """3 parts input and 1 part output, in USD per Mtok; None where either is unknown."""
    paid_in, paid_out = table.get("input"), table.get("output")
    return None if paid_in is None or paid_out is None else (3 * paid_in + paid_out) / 4


def _live(offerings: Mapping[EndpointId, Offering]) -> dict[EndpointId, Offering]:
    return {endpoint_id: offering for endpoint_id, offering in offerings.items() if offering.is_live}


def _between(old: Offering, new: Offering, day: date) -> Iterator[ModelChange]:
    """What happened to an endpoint that is still there."""
    was, now = price_table(old.rates), price_table(new.rates)
    if now and was != now:
        yield _change("repriced", new, day, _repriced(was, now))
    if new.deprecated_on is not None and new.deprecated_on != old.deprecated_on:
        facts: dict[str, Json] = {
            "deprecated_on": _text(new.deprecated_on),
            "deprecated_on_before": _text(old.deprecated_on),
        }
        yield _change("deprecated", new, day, facts)
    moved = [name for name in MOVABLE if _has_moved(getattr(old, name), getattr(new, name))]
    if moved:
        yield _change("alias_moved", new, day, _moved(old, new, moved))


def _moved(old: Offering, new: Offering, names: list[str]) -> dict[str, Json]:
    sides: dict[str, Json] = {
        side: {name: str(getattr(each, name)) for name in names} for side, each in (("before", old), ("after", new))
    }
    return {"moved": list[Json](names), **sides}


def _has_moved(old: str | None, new: str | None) -> bool:
    return bool(old) and bool(new) and old != new


def _repriced(was: PriceTable, now: PriceTable) -> dict[str, Json]:
    """Both price lists, and by which share 3 parts input and 1 part output rose (negative = fell)."""
    before, after = blended_usd(was), blended_usd(now)
    rise = None if before is None or after is None or not before else round(float((after - before) / before), 6)
    return {"prices_before": _plain(was), "prices": _plain(now), "rise_share": rise}


def _offer(offering: Offering) -> Iterator[tuple[str, Json]]:
    """What a source says of an endpoint, without moments of observation."""
    yield "prices", _plain(price_table(offering.rates))
    for name in ("context_tokens", "max_output_tokens", "quantization", "region"):
        yield name, getattr(offering, name)
    for name in ("released", "deprecated_on"):
        yield name, _text(getattr(offering, name))
    yield "revision", offering.revision


def _plain(table: PriceTable) -> dict[str, Json]:
    return {name: None if usd is None else f"{usd.normalize():f}" for name, usd in sorted(table.items())}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _change(kind: ChangeKind, offering: Offering, day: date, facts: Mapping[str, Json]) -> ModelChange:
    return ModelChange(
        kind=kind,
        endpoint_id=offering.endpoint_id,
        model_id=offering.model_id,
        provider_id=offering.provider_id,
        day=day,
        facts=facts,
    )


def fingerprint_of(state: CatalogState) -> str:
    """Hash of what a state says is on sale (64 hex digits), whenever it was observed and whoever said so."""
    return sha256_hex({i: [each.model_id, dict(_offer(each))] for i, each in _live(state.offerings).items()})
