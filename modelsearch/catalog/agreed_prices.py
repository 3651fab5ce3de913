"""One price list of what several sources say an endpoint costs. Pure.

The first source in rank that tells a price has the word. Where another differs by more than 2 %, the higher price is
taken for budgets and marked as disputed, unless that other source still says what the provider itself said before its
newest price: it is late, not of another opinion. genai-prices is not asked about what the provider itself tells.

What the provider tells itself is whole; what others tell is filled up from lower sources: longer prompts and hours
that cost more, cached tokens. Batch comes from whoever tells it, rises with the standard price and never passes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from modelsearch.catalog.price_rows import Condition, condition_of
from modelsearch.catalog.rate_guards import Table, usd_at
from modelsearch.catalog.sources import genai_prices
from modelsearch.core.market import Rate, RateKind

DISPUTE = Decimal("0.02")
OPINIONS = frozenset({genai_prices.SOURCE})
"""Kept by hand and weeks late: a second opinion on what others say, none on what the provider itself tells."""
_PLACES = Decimal("1e-12")
_PLAIN: tuple[RateKind, ...] = ("input", "output")
_Found: TypeAlias = dict[Condition, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one source says; `is_own` where it is the provider itself."""

    source: str
    table: Table
    is_own: bool = False


def claim_of(source: str, rates: Sequence[Rate], *, is_own: bool) -> Claim:
    """The claim that a source makes by its rates."""
    table = {condition_of(rate): replace(rate, source=source) for rate in rates}
    return Claim(source=source, table=table, is_own=is_own)


def agreed(claims: Sequence[Claim], former: Table) -> tuple[tuple[Rate, ...], tuple[str, ...]]:
    """The rates that follow from all claims, and the disputes in words.

    Args:
        claims: best source first; each tells at least one rate.
        former: what the provider itself told before its newest price.

    Returns:
        No rates where there is no claim.
    """
    if not claims:
        return (), ()
    found: _Found = {}
    problems: list[str] = []
    standard = [key for claim in claims for key in claim.table if key.processing == "standard"]
    for key in sorted(dict.fromkeys(standard), key=_order):
        rate = _standard(key, claims, former, found)
        if rate is not None:
            found[key] = rate
            problems += _dispute(rate, key, claims)
    if not _is_plain_known(found):
        return tuple(found.values()), tuple(problems)
    found.update(_processed(claims, found))
    return tuple(found.values()), tuple(problems)


def _order(key: Condition) -> tuple[bool, bool, int, str]:
    """Plain conditions before those that are held against them, input before what costs at most as much."""
    return (
        key.min_prompt_tokens > 0 or key.utc_window is not None,
        key.kind not in _PLAIN,
        key.min_prompt_tokens,
        repr(key),
    )


def _standard(key: Condition, claims: Sequence[Claim], former: Table, found: _Found) -> Rate | None:
    """The rate under one condition; None = nobody may tell it, or it would be too low."""
    telling = [claim for claim in claims if key in claim.table]
    top = telling[0]
    if top is not claims[0] and not _may_fill(key, top, claims, found):
        return None
    rate = top.table[key]
    if rate.usd is None and top.is_own:
        return rate
    heard = [claim for claim in telling if not (top.is_own and claim.source in OPINIONS)]
    known = [each for claim in heard if (each := claim.table[key]).usd is not None]
    return _settled(known, former.get(key)) if known else rate


def _may_fill(key: Condition, top: Claim, claims: Sequence[Claim], found: _Found) -> bool:
    """Whether a lower source may tell a condition that the best one does not."""
    if claims[0].is_own:
        return key.kind in _PLAIN and _is_plain(key)
    if _is_plain(key):
        return True
    base, usd = usd_at(found, Condition(key.kind)), top.table[key].usd
    return base is not None and usd is not None and usd >= base


def _is_plain(key: Condition) -> bool:
    return key.min_prompt_tokens == 0 and key.utc_window is None


def _settled(known: Sequence[Rate], former: Rate | None) -> Rate:
    """The first one, or the highest of those that differ and are not merely late."""
    first = known[0]
    others = [rate for rate in known[1:] if not _is_near(rate, first) and not (former and _is_near(rate, former))]
    if not others:
        return first
    highest = max((first, *others), key=_usd)
    names = "+".join(dict.fromkeys((first.source, *(rate.source for rate in others))))
    return replace(highest, source=names, is_disputed=True)


def _is_near(a: Rate, b: Rate) -> bool:
    return abs(_usd(a) - _usd(b)) <= DISPUTE * max(_usd(a), _usd(b))


def _usd(rate: Rate) -> Decimal:
    return Decimal(0) if rate.usd is None else rate.usd


def _dispute(rate: Rate, key: Condition, claims: Sequence[Claim]) -> Iterator[str]:
    if rate.is_disputed and "+" in rate.source:
        said = ", ".join(f"{c.source} {usd:f}" for c in claims if (usd := usd_at(c.table, key)) is not None)
        length = f" over {key.min_prompt_tokens}" if key.min_prompt_tokens else ""
        yield f"{key.kind}{length}: {said}: the higher is used"


def _is_plain_known(found: _Found) -> bool:
    return all(usd_at(found, Condition(kind)) is not None for kind in _PLAIN)


def _processed(claims: Sequence[Claim], found: Mapping[Condition, Rate]) -> _Found:
    """Batch and other processing, of the first source that tells it: raised with the standard price, never above."""
    processed: _Found = {}
    for claim in claims:
        for key, rate in claim.table.items():
            if key.processing != "standard" and key not in processed and rate.usd is not None:
                raised = _raised(rate, key, claim.table, found)
                if raised is not None:
                    processed[key] = raised
    whole = {key.processing for key in processed if key.kind == "input" and _is_plain(key)}
    whole &= {key.processing for key in processed if key.kind == "output" and _is_plain(key)}
    return {key: rate for key, rate in processed.items() if key.processing in whole}


def _raised(rate: Rate, key: Condition, theirs: Table, found: Mapping[Condition, Rate]) -> Rate | None:
    plain = key._replace(processing="standard")
    ours = usd_at(found, plain) or usd_at(found, plain._replace(kind="input"))
    was = usd_at(theirs, plain)
    if ours is None or rate.usd is None:
        return None
    if was and ours > was * (1 + DISPUTE):
        usd = (rate.usd * ours / was).quantize(_PLACES).normalize() + 0
        rate = replace(rate, usd=usd, is_disputed=True)
    return rate if _usd(rate) <= ours else None
