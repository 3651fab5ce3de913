from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from modelsearch.api.night_hours import cheaper_from
from modelsearch.core.market import Endpoint, Rate
from modelsearch.testing.factories import make_endpoint

PEAKS = (("0100", "0400"), ("0600", "1000"))


def at(text: str, day: int = 24) -> datetime:
    return datetime(2026, 11, day, int(text[:2]), int(text[2:]), tzinfo=UTC)


def peaked(name: str = "m00", windows: tuple[tuple[str, str], ...] = PEAKS) -> Endpoint:
    """Twice the price in the windows."""
    plain = [Rate(kind=kind, usd=Decimal(1)) for kind in ("input", "output")]
    dear = [replace(rate, usd=Decimal(2), utc_window=window) for rate in plain for window in windows]
    return replace(make_endpoint(name), rates=(*plain, *dear))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("0000", None),
        ("0100", at("0400")),
        ("0359", at("0400")),
        ("0400", None),
        ("0730", at("1000")),
        ("1000", None),
        ("2300", None),
    ],
)
def test_a_peak_is_waited_out(now: str, until: datetime | None) -> None:
    assert cheaper_from([peaked()], at(now)) == until


def test_a_window_that_wraps_midnight_ends_tomorrow() -> None:
    assert cheaper_from([peaked(windows=(("2200", "0300"),))], at("2330")) == at("0300", 25)


def test_prices_of_all_hours_are_worth_no_wait() -> None:
    assert cheaper_from([make_endpoint("m00")], at("0200")) is None
    assert cheaper_from([], at("0200")) is None


def test_another_that_would_be_dearer_then_speaks_against_waiting() -> None:
    inverse = peaked("m01", (("0400", "2359"),))
    assert cheaper_from([peaked(windows=(("0100", "0400"),)), inverse], at("0200")) is None


def test_hours_of_other_places_are_read_in_utc() -> None:
    berlin = at("0200").astimezone(timezone(timedelta(hours=1)))
    assert cheaper_from([peaked()], berlin) == at("0400")
