from typing import Any

import pytest

from bench.yardsticks import SHARES, best_of, verdicts
from modelsearch.compare.aggregate import standings
from tests.unit.compare.rows import make_row


def make_rows(ours: float, theirs: float) -> list[dict[str, Any]]:
    """Us, and two settings of a yardstick of which the second is 0.1 worse, on three tables."""
    plans = {"balanced": ours, "ucb_e:a 1": theirs, "ucb_e:a 4 (point)": theirs - 0.1}
    return [
        make_row(plan=plan, table=table, seed=seed, budget_share=share, net_captured=captured + 0.01 * seed)
        for plan, captured in plans.items()
        for table in ("one", "two", "three")
        for seed in (0, 1)
        for share in SHARES
    ]


def test_the_best_setting_counts() -> None:
    assert best_of(standings(make_rows(0.9, 0.5)), "ucb_e", 0.1).plan == "ucb_e:a 1"


@pytest.mark.parametrize(("theirs", "n_behind"), [(0.5, 0), (0.9, 4), (0.95, 4)])
def test_ahead_means_with_the_whole_interval(theirs: float, n_behind: int) -> None:
    assert len(list(verdicts(make_rows(0.9, theirs), "balanced", ["ucb_e"]))) == n_behind
