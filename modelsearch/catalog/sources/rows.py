"""What all adapters share: a listing of rows, and prices of one source as rates. Pure.

An adapter's row is an `Offering`, a problem in words (the row is left out), or None (nothing that could be searched).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from modelsearch.catalog.sources.fields import number_of
from modelsearch.core.errors import CatalogError
from modelsearch.core.market import Processing, Rate, RateKind
from modelsearch.core.offering import Listing, Offering

MAX_ROWS = 50_000
MAX_PROBLEMS = 50
MAX_KNOWN_USD = Decimal(10) ** 12
"""Above it a number is no price of anything; between it and what a price can be it is for the guards to tell."""
_PLACES = Decimal("1e-12")
_PAID_APART: frozenset[RateKind] = frozenset({"input", "output"})


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Under which condition prices hold."""

    processing: Processing = "standard"
    min_prompt_tokens: int = 0
    utc_window: tuple[str, str] | None = None


@dataclass(slots=True, kw_only=True)
class PriceReader:
    """Prices of one row in USD per Mtok, and what is wrong with them.

    Attributes:
        where: the row, for messages.
        is_free: 0 is a price here.
    """

    source: str
    observed_on: date
    where: str
    is_free: bool = False
    problems: list[str] = field(default_factory=list)

    def rates(self, prices: Mapping[RateKind, object], when: When | None = None) -> tuple[Rate, ...]:
        """One rate for each price that is told; one that cannot be a price is of unknown price.

        0 for input or output is no price; 0 for anything else means that it is not billed apart.
        """
        found = []
        for kind, value in prices.items():
            if value is None:
                continue
            usd = self._usd(kind, value)
            if usd == 0 and not (self.is_free and kind in _PAID_APART):
                if kind not in _PAID_APART:
                    continue
                usd = None
            found.append(self._rate(kind, usd, when or When()))
        return tuple(found)

    def _rate(self, kind: RateKind, usd: Decimal | None, when: When) -> Rate:
        return Rate(
            kind=kind,
            usd=usd,
            processing=when.processing,
            min_prompt_tokens=when.min_prompt_tokens,
            utc_window=when.utc_window,
            observed_at=self.observed_on,
            source=self.source,
        )

    def _usd(self, kind: RateKind, value: object) -> Decimal | None:
        number = number_of(value)
        if number is None or not 0 <= number <= MAX_KNOWN_USD:
            self.problems.append(f"{self.where}: {kind}: expected a price >= 0, got {str(value)[:40]!r}: it is unknown")
            return None
        return number.quantize(_PLACES).normalize() + 0


def checked_rows(rows: object, source: str, expected: str) -> list[object]:
    """The rows, if they are a list of a length that a catalogue can have.

    Raises:
        CatalogError: they are not.
    """
    if not isinstance(rows, list) or len(rows) > MAX_ROWS:
        got = f"{len(rows)} rows" if isinstance(rows, list) else type(rows).__name__
        message = (
            f"source {source}: expected {expected} of at most {MAX_ROWS} rows, got {got}: "
            "the last good catalogue stays in force; look at the source"
        )
        raise CatalogError(message)
    return rows


def listing(
    source: str, body: bytes, observed_at: datetime, found: Iterable[Offering | str | None], notes: Iterable[str] = ()
) -> Listing:
    """The listing of what an adapter found.

    Args:
        source: its name.
        body: raw, for the hash.
        observed_at: when it was read, with a time zone.
        found: as adapters tell it.
        notes: problems of rows that are in all the same; read last.
    """
    each = list(found)
    problems = [*(one for one in each if isinstance(one, str)), *notes]
    if len(problems) > MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], f"{source}: and {len(problems) - MAX_PROBLEMS} more problems"]
    return Listing(
        source=source,
        observed_at=observed_at,
        sha256=hashlib.sha256(body).hexdigest(),
        offerings=tuple(one for one in each if isinstance(one, Offering)),
        problems=tuple(problems),
    )


def unnamed(source: str, value: object) -> str:
    """The problem of a row that has no usable id."""
    return f"{source}: a row was left out: expected an id of at most 200 plain characters, got {str(value)[:40]!r}"
