from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.market import Tier
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.samplers.tier_ladder import TierLadder
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.15, 0.02, 0.01]
"""USD per item: rows 1 and 2 are of the middle tier, 3 and 4 of the lowest."""


def view_of(score: Floats, *, baseline: int = 0, has_tiers: bool = True) -> SearchView:
    market = make_market(len(COSTS), list_cost_usd=COSTS)
    bounds = [0.0, 0.05, 0.3]
    per_usd = 1e6 / 180 * 1.75  # blended USD per Mtok for each USD of an item, as the factories price it
    tiers = tuple(
        Tier(
            name=name,
            min_usd_per_mtok=Decimal(repr(low * per_usd)),
            max_usd_per_mtok=None if high is None else Decimal(repr(high * per_usd)),
        )
        for name, low, high in zip(("low", "middle", "high"), bounds, (*bounds[1:], None), strict=True)
    )
    market = replace(market, tiers=tiers if has_tiers else ())
    return make_view(score, list_cost_usd=COSTS, cost_usd=COSTS, market=market, baseline=baseline)


def score_of(*n_right: int | None, n_bought: int = 60, n_items: int = 200) -> Floats:
    columns = np.arange(n_items)
    rows = [
        np.full(n_items, NAN) if n is None else np.where(columns < n_bought, (columns < n) * 1.0, NAN) for n in n_right
    ]
    return np.array(rows)


def asked(strategy: TierLadder, view: SearchView) -> set[str]:
    return {str(probe.candidate_id) for probe in strategy.ask(view)} - {str(view.baseline_id)}


def test_it_begins_with_the_cheapest_tier() -> None:
    assert asked(TierLadder(), view_of(score_of(None, None, None, None, None))) == {"m03", "m04"}


def test_a_hopeless_tier_is_left_for_the_next() -> None:
    assert asked(TierLadder(), view_of(score_of(50, None, None, 5, 3))) == {"m01", "m02"}


def test_the_undecided_go_deeper_before_anybody_climbs() -> None:
    view = view_of(score_of(50, None, None, 47, 3))
    assert asked(TierLadder(), view) == {"m03"}
    assert max(len(probe.item_ids) for probe in TierLadder().ask(view)) == 60


def test_somebody_good_enough_ends_the_climb() -> None:
    assert asked(TierLadder(), view_of(score_of(50, None, None, 58, 3))) == set()


def test_with_a_deep_enough_look_the_undecided_stay_so_and_the_climb_goes_on() -> None:
    view = view_of(score_of(50, None, None, 47, 3))
    assert asked(TierLadder(max_items=60), view) == {"m01", "m02"}


def test_only_tiers_cheaper_than_the_baselines_are_climbed() -> None:
    blank = score_of(None, None, None, None, None)
    assert asked(TierLadder(), view_of(blank, baseline=1)) == {"m03", "m04"}
    assert asked(TierLadder(), view_of(score_of(None, 50, None, 5, 3), baseline=1)) == set()
    assert asked(TierLadder(), view_of(blank, baseline=3)) == set()


def test_without_tiers_there_is_no_ladder() -> None:
    assert asked(TierLadder(), view_of(score_of(None, None, None, None, None), has_tiers=False)) == set()


@pytest.mark.parametrize("bad", [{"p_enough": 0.4}, {"p_hopeless": 0.6}, {"max_items": 0}, {"growth": 1.0}])
def test_parameters_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=f"{next(iter(bad))} of TierLadder"):
        TierLadder(**bad)  # type: ignore[arg-type]
