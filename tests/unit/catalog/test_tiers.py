from datetime import UTC, datetime
from decimal import Decimal

import pytest

from modelsearch.catalog.tiers import tier_of
from modelsearch.core.market import Rate, Tier
from modelsearch.testing.factories import make_endpoint

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TIERS = (
    Tier(name="low", min_usd_per_mtok=Decimal(0), max_usd_per_mtok=Decimal(1)),
    Tier(name="high", min_usd_per_mtok=Decimal(1), max_usd_per_mtok=None),
)


@pytest.mark.parametrize(("usd", "name"), [("0", "low"), ("0.999", "low"), ("1", "high"), ("99", "high")])
def test_a_band_holds_its_minimum_and_not_its_maximum(usd: str, name: str) -> None:
    endpoint = make_endpoint(
        rates=(Rate(kind="input", usd=Decimal(usd)), Rate(kind="output", usd=Decimal(usd))),
    )
    tier = tier_of(endpoint, TIERS, NOW)
    assert tier is not None
    assert tier.name == name


def test_an_unknown_price_has_no_tier() -> None:
    assert tier_of(make_endpoint(rates=(Rate(kind="input", usd=None),)), TIERS, NOW) is None


def test_a_price_beyond_every_band_has_no_tier() -> None:
    endpoint = make_endpoint(rates=(Rate(kind="input", usd=Decimal(2)), Rate(kind="output", usd=Decimal(2))))
    assert tier_of(endpoint, TIERS[:1], NOW) is None
