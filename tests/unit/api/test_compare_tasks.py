import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api import compare_tasks as module
from modelsearch.api.compare_tasks import TaskComparison, compare_tasks, row_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening
from modelsearch.core.errors import OptionError
from modelsearch.core.result import SearchResult
from modelsearch.store.comparisons import COMPARISON
from tests.unit.api.small import make_settings
from tests.unit.report.results import make_result


def make_comparison(**changes: Any) -> TaskComparison:
    plain: dict[str, Any] = {
        "tasks": [Path("a.yaml"), Path("b.yaml")], "baseline": "m0", "plans": ["cheap", "balanced"],
        "budgets_usd": [Decimal(1), Decimal(2)], "n_seeds": 2,
    }  # fmt: skip
    return TaskComparison(**(plain | changes))


def test_every_search_pays_for_itself_in_a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[SearchRequest, Path]] = []

    def searched(request: SearchRequest, opening: Opening) -> SearchResult:
        asked.append((request, opening.settings.home))
        return make_result()

    monkeypatch.setattr(module, "search", searched)
    rows = compare_tasks(make_comparison(), make_settings(tmp_path))
    assert len(rows) == len(asked) == 16
    assert len({home for _, home in asked}) == 16
    assert {request.budget_usd for request, _ in asked} == {Decimal(1), Decimal(2)}


def test_all_together_may_spend_the_sum() -> None:
    assert make_comparison().most_usd == Decimal(24)


def test_a_row_has_every_field_and_no_truth() -> None:
    row = row_of(make_result(), 3, Decimal(100))
    assert set(row) == {name for name, _, _ in COMPARISON}
    assert (row["seed"], row["net_captured"], row["is_wrong"]) == (3, None, None)
    assert 0 <= row["spend_share"] <= row["budget_share"] <= 1
    assert row["p_right"] is not None
    assert math.isnan(row["p_right"]) or 0 <= row["p_right"] <= 1


@pytest.mark.parametrize("changes", [{"tasks": []}, {"baseline": ""}, {"budgets_usd": []}])
def test_what_is_missing_is_told(changes: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="give task specs, --baseline ID and --budget-usd"):
        make_comparison(**changes)
