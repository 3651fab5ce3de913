import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.compare.aggregate import by_table, calibration, clustered_mean, paired_difference, standings
from tests.unit.compare.rows import make_row, make_rows


def test_a_standing_counts_what_there_was_to_capture() -> None:
    found = {(each.plan, each.budget_share): each for each in standings(make_rows())}
    assert list(found) == [("a", 0.05), ("a", 0.1), ("b", 0.05), ("b", 0.1)]
    good, bad = found["a", 0.05], found["b", 0.05]
    assert (good.captured.mean, good.captured.n, good.n_searches) == (0.25, 2, 4)
    assert bad.captured.mean == pytest.approx((0.25 * 2 - 2) / 4)
    assert (bad.wrong_share, bad.worst_table, bad.worst_table_captured) == (0.5, "two", -1.0)
    assert bad.spread == pytest.approx(np.std([0.25, -1.0], ddof=1))
    assert math.isnan(good.spread)


def test_the_interval_is_that_of_as_many_tables_not_searches() -> None:
    few = clustered_mean(np.array([0.0, 1.0]), ["a", "b"])
    many = clustered_mean(np.array([0.0] * 50 + [1.0] * 50), ["a"] * 50 + ["b"] * 50)
    assert (many.low, many.high) == pytest.approx((few.low, few.high))
    assert math.isnan(clustered_mean(np.array([0.0, 1.0]), ["a", "a"]).low)
    assert clustered_mean(np.array([np.nan]), ["a"]).n == 0


@given(st.lists(st.integers(-100, 100).map(lambda n: n / 100), min_size=3, max_size=12))
def test_one_value_a_table_gives_the_usual_interval(values: list[float]) -> None:
    found = clustered_mean(np.array(values), [str(n) for n in range(len(values))])
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    assert found.mean == pytest.approx(np.mean(values), abs=1e-12)
    assert 1.95 * error - 1e-9 <= found.mean - found.low <= 4.4 * error + 1e-9
    assert found.high - found.mean == pytest.approx(found.mean - found.low, abs=1e-9)


def test_calibration_bins_hold_what_was_stated() -> None:
    rows = [
        make_row(p_right=p, is_wrong=wrong) for p, wrong in ((0.55, False), (0.52, True), (1.0, False), (0.3, True))
    ]
    bins = {each.low: each for each in calibration([*rows, make_row(p_right=math.nan), make_row(p_right=None)])}
    assert (bins[0.5].n, bins[0.5].right_share) == (2, 0.5)
    assert bins[0.5].stated == pytest.approx(0.535)
    assert (bins[0.9].n, bins[0.9].right_share) == (1, 1.0)
    assert (bins[0.0].n, bins[0.0].right_share) == (1, 0.0)
    assert sum(each.n for each in bins.values()) == 4


def test_means_by_table() -> None:
    found = by_table(make_rows())
    assert found["one", "a", 0.1] == 0.5
    assert math.isnan(found["two", "a", 0.1])


def test_a_paired_difference_counts_a_wrong_choice_where_the_other_had_nothing_to_win() -> None:
    found = paired_difference(make_rows(), "a", "b", 0.05)
    assert (found.mean, found.n) == (0.5, 4)  # 0 on table one, 0 - (-1) on table two
    assert paired_difference(make_rows(), "a", "b", 0.1).n == 2
