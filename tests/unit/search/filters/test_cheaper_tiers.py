from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.market import Tier
from modelsearch.search.filters.cheaper_tiers import CheaperTiers
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")
FLOORS = (0, 100, 300)
TIERS = tuple(Tier(name=f"t{n}", min_usd_per_mtok=Decimal(low), max_usd_per_mtok=None) for n, low in enumerate(FLOORS))
COSTS = [0.04, 0.02, 0.012, 0.006, NAN]
"""Blended about 389, 194, 117, 58 USD per Mtok: tiers 2, 1, 1, 0 and none."""


def _dropped(n_steps: int = 1, baseline: int = 0, *, has_tiers: bool = True) -> list[str]:
    market = make_market(5, list_cost_usd=COSTS, tiers=TIERS if has_tiers else ())
    view = make_view(np.full((5, 4), NAN), list_cost_usd=COSTS, market=market, baseline=baseline)
    return [str(drop.candidate_id) for drop in CheaperTiers(n_steps=n_steps).drop(view)]


def test_only_lower_tiers_and_unknown_prices_stay() -> None:
    assert _dropped(baseline=0) == []
    assert _dropped(baseline=1) == ["m00", "m02"]
    assert _dropped(2, baseline=0) == ["m01", "m02"]


def test_with_no_step_the_own_tier_stays() -> None:
    assert _dropped(0, baseline=1) == ["m00"]
    assert _dropped(0, baseline=3) == ["m00", "m01", "m02"]


def test_without_a_lower_tier_nobody_goes() -> None:
    assert _dropped(baseline=3) == []
    assert _dropped(2, baseline=1) == []
    assert _dropped(baseline=4) == []
    assert _dropped(baseline=1, has_tiers=False) == []


def test_the_reason_names_both_tiers() -> None:
    market = make_market(5, list_cost_usd=COSTS, tiers=TIERS[::-1])
    view = make_view(np.full((5, 4), NAN), list_cost_usd=COSTS, market=market, baseline=1)
    assert [drop.reason for drop in CheaperTiers().drop(view)] == [
        "in price tier t2, the baseline is in t1",
        "in price tier t1, the baseline is in t1",
    ]


def test_parameters_are_checked() -> None:
    with pytest.raises(PlanError, match="n_steps of CheaperTiers"):
        CheaperTiers(n_steps=-1)
