from decimal import Decimal

import numpy as np

from modelsearch.core.market import Tier
from modelsearch.search.rankers.tier_order import TierOrder
from modelsearch.testing.factories import make_endpoint, make_market, make_rates, make_view

NAN = float("nan")
TIERS = (
    Tier(name="premium", min_usd_per_mtok=Decimal(10), max_usd_per_mtok=None),
    Tier(name="budget", min_usd_per_mtok=Decimal(0), max_usd_per_mtok=Decimal(1)),
    Tier(name="medium", min_usd_per_mtok=Decimal(1), max_usd_per_mtok=Decimal(10)),
)


def test_tiers_are_half_open_bands_of_price() -> None:
    prices = {"m00": 20.0, "m01": 0.99, "m02": 1.0, "m03": None}
    endpoints = {e.id: e for name, usd in prices.items() if (e := make_endpoint(name, rates=make_rates(usd, usd)))}
    market = make_market(4, endpoints=endpoints, tiers=TIERS)
    merit = TierOrder().rank(make_view(np.full((4, 1), NAN), market=market))
    np.testing.assert_array_equal(merit, [-2.0, 0.0, -1.0, NAN])


def test_without_tiers_there_is_no_opinion() -> None:
    assert np.isnan(TierOrder().rank(make_view(np.full((2, 1), NAN)))).all()
