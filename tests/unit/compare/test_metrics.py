import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.compare import metrics
from modelsearch.compare.tables import Truth
from tests.unit.compare.fields import make_field

FIELD = make_field()


def cost(name: str) -> float:
    return float(FIELD.cost_usd[FIELD.rows[name]])


def test_the_cheapest_feasible_captures_all_and_the_baseline_nothing() -> None:
    best = Truth(quality=0.88, cost_usd=cost("m2"))
    assert metrics.net_captured(FIELD, "m0", best, 0.02) == 1.0
    assert metrics.net_captured(FIELD, "m0", Truth(quality=0.9, cost_usd=cost("m0")), 0.02) == 0.0
    assert metrics.best_saving(FIELD, "m0", 0.02) == pytest.approx(1 - cost("m2") / cost("m0"))


def test_worse_than_margin_and_slack_is_minus_one() -> None:
    assert metrics.net_captured(FIELD, "m0", Truth(quality=0.8, cost_usd=cost("m3")), 0.02) == -1.0
    assert metrics.net_captured(FIELD, "m0", Truth(quality=0.8, cost_usd=cost("m3")), 0.1) == 1.0


def test_within_the_slack_is_right_but_no_certificate() -> None:
    near = Truth(quality=0.9 - 0.02 - 0.004, cost_usd=cost("m2"))
    assert not metrics.is_wrong(FIELD, "m0", near, 0.02)
    assert metrics.is_below_margin(FIELD, "m0", near, 0.02)


def test_nothing_to_capture_counts_only_when_wrong() -> None:
    assert math.isnan(metrics.net_captured(FIELD, "m2", Truth(quality=0.88, cost_usd=cost("m2")), 0.02))
    assert metrics.net_captured(FIELD, "m2", Truth(quality=0.3, cost_usd=cost("m5")), 0.02) == -1.0


def test_a_dearer_choice_captures_nothing() -> None:
    assert metrics.net_captured(FIELD, "m1", Truth(quality=0.9, cost_usd=cost("m0")), 0.02) == 0.0


def test_efficiency_counts_the_good_among_the_tested() -> None:
    assert metrics.search_efficiency(FIELD, "m0", ["m0", "m1", "m2", "m3", "m5"], 0.02) == 0.5
    assert math.isnan(metrics.search_efficiency(FIELD, "m0", ["m0"], 0.02))


def test_the_whole_front_has_the_whole_volume_and_less_has_less() -> None:
    names = [model.name for model in FIELD.table.models]
    whole = metrics.front_hypervolume_share(FIELD, names)
    assert whole == pytest.approx(1.0)
    assert 0 < metrics.front_hypervolume_share(FIELD, ["m2"]) < whole
    assert metrics.front_hypervolume_share(FIELD, []) == 0.0


def test_the_seeming_front_leaves_out_who_is_beaten() -> None:
    quality, cost_usd = np.array([0.9, 0.9, 0.5]), np.array([2.0, 1.0, 0.5])
    assert metrics.seeming_front(["a", "b", "c"], quality, cost_usd) == ["b", "c"]
    assert metrics.seeming_front([], np.zeros(0), np.zeros(0)) == []


def test_calls_in_flight_together_take_as_long_as_the_busiest_lane() -> None:
    assert metrics.makespan_s([1.0] * 64) == 2.0
    assert metrics.makespan_s([3.0, 1.0, 1.0], n_in_flight=2) == 3.0
    assert metrics.makespan_s([]) == 0.0


@given(st.lists(st.floats(0, 10), max_size=40), st.integers(1, 8))
def test_makespan_is_between_the_mean_load_and_the_sum(latencies_s: list[float], n_in_flight: int) -> None:
    found = metrics.makespan_s(latencies_s, n_in_flight)
    low = max(sum(latencies_s) / n_in_flight, max(latencies_s, default=0.0))
    assert low - 1e-9 <= found <= sum(latencies_s) + 1e-9
