from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import SearchView
from modelsearch.search.filters.efficiency_floor import EfficiencyFloor
from modelsearch.testing.factories import make_view
from tests.unit.search.filters.test_quality_ceiling import RULE
from tests.unit.search.test_ceilings import market

NAN = float("nan")
COSTS = [0.01, 0.009, 0.009, 0.001]


def _view(n_bought: int = 100, costs: list[float] | None = None) -> SearchView:
    """The baseline is always right, m01 half the time, m02 as good, m03 half the time for a tenth."""
    right = np.arange(100) % 2 * 1.0
    score = np.vstack([np.ones(100), right, np.ones(100), right])
    score[:, n_bought:] = NAN
    return make_view(score, cost_usd=costs or COSTS)


def _dropped(view: SearchView, min_ratio: float = 1.0) -> list[str]:
    return [str(drop.candidate_id) for drop in EfficiencyFloor(min_ratio=min_ratio).drop(view)]


def test_who_gives_less_for_the_money_goes_with_the_numbers() -> None:
    (drop,) = EfficiencyFloor().drop(_view())
    assert drop.candidate_id == "m01"
    assert drop.evidence["quality_high"] == pytest.approx(0.5)
    assert drop.evidence["cost_low_usd_per_1k"] == pytest.approx(9.0)
    assert drop.evidence["floor_quality_per_usd"] == pytest.approx(98.0)


def test_a_higher_ratio_asks_for_a_saving() -> None:
    assert _dropped(_view(), min_ratio=1.2) == ["m01", "m02"]
    assert _dropped(_view(), min_ratio=0.5) == []


def test_little_data_unknown_cost_and_free_candidates_stay() -> None:
    assert _dropped(_view(n_bought=4)) == []
    assert _dropped(_view(costs=[0.0, 0.0, 0.0, 0.0])) == []
    assert _dropped(_view(costs=[0.01, 0.0, 0.0, 0.0])) == []


def test_before_anything_is_bought_of_it_the_law_is_its_ceiling() -> None:
    score = np.vstack([np.ones(40), np.full((2, 40), NAN)])
    law = replace(RULE, intercept=-0.5)
    view = make_view(score, list_cost_usd=[0.01, 0.01, 0.009], market=market([None, 0.1, 0.1], law))
    ratio = 1.2 * float(np.exp(1.96))
    assert _dropped(view, min_ratio=ratio) == ["m01", "m02"]
    assert _dropped(view, min_ratio=0.01) == []
    unknown = make_view(score, list_cost_usd=[0.01, 0.01, 0.009], market=market([None, None, None], law))
    assert _dropped(unknown, min_ratio=1.0) == []


def test_parameters_are_checked() -> None:
    with pytest.raises(PlanError, match="min_ratio of EfficiencyFloor"):
        EfficiencyFloor(min_ratio=0.0)
