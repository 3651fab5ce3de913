import numpy as np
import pytest

from bench.transfer import PAST, faults_of, rank_correlation, table_differences
from modelsearch.compare.aggregate import Mean
from modelsearch.compare.search import Row


def row(table: str, plan: str, captured: float, seed: int = 0) -> Row:
    return {
        "table": table, "baseline": "b", "seed": seed, "plan": plan, "budget_share": 0.02, "net_captured": captured,
    }  # fmt: skip


def test_a_table_tells_what_the_past_gained_there_and_one_with_nothing_to_capture_is_left_out() -> None:
    rows = [row("one", "p", 0.2), row("one", "p" + PAST, 0.5), row("two", "p", np.nan), row("two", "p" + PAST, np.nan)]
    assert table_differences(rows, "p", 0.02) == pytest.approx({"one": 0.3})


def test_it_holds_only_ahead_with_the_whole_interval_and_with_no_table_harmed() -> None:
    ahead = Mean(mean=0.05, low=0.01, high=0.09, n=30)
    assert faults_of(ahead, {"one": 0.1, "two": -0.02}) == []
    assert len(faults_of(ahead, {"one": 0.1, "two": -0.021})) == 1
    assert len(faults_of(Mean(mean=0.05, low=0.0, high=0.1, n=30), {"one": -0.5})) == 2
    assert len(faults_of(Mean(mean=np.nan, low=np.nan, high=np.nan, n=0), {})) == 1


def test_ranks_are_compared_where_there_is_a_value() -> None:
    assert rank_correlation(np.array([1.0, np.nan, 3.0, 4.0]), np.array([0.1, 0.9, 0.2, 0.3])) == pytest.approx(1.0)
