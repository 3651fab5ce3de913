import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.api.request import SearchRequest, budget_of
from modelsearch.core.errors import BudgetError, InputError, OptionError
from modelsearch.taskfile.overrides import TaskOverrides

TASK = Path("/tasks/task.yaml")
TABLE = Path("/tables/one")


@pytest.mark.parametrize(
    ("parts", "error", "told"),
    [
        ({}, OptionError, "either a task spec or --recorded"),
        ({"task": TASK, "recorded": TABLE, "budget_usd": Decimal(1)}, OptionError, "not both"),
        ({"task": TASK, "is_inline": True, "budget_usd": Decimal(1)}, OptionError, "not both"),
        ({"task": TASK}, BudgetError, "exactly one of"),
        ({"recorded": TABLE, "budget_usd": Decimal(1), "budget_share": 0.1}, BudgetError, "exactly one of"),
        ({"task": TASK, "budget_share": 0.1}, BudgetError, "needs --recorded"),
        ({"recorded": TABLE, "budget_share": 0.0}, BudgetError, r"\(0, 1\], got 0.0"),
        ({"recorded": TABLE, "budget_share": 1.01}, BudgetError, r"got 1.01"),
        ({"recorded": TABLE, "budget_share": float("nan")}, BudgetError, "got nan"),
        ({"task": TASK, "budget_usd": Decimal(0)}, BudgetError, "above 0, got 0"),
        ({"task": TASK, "budget_usd": Decimal(-3)}, BudgetError, "got -3"),
        ({"task": TASK, "budget_usd": Decimal("NaN")}, BudgetError, "got NaN"),
        ({"task": TASK, "budget_usd": Decimal("Infinity")}, BudgetError, "got Infinity"),
        ({"task": TASK, "budget_usd": Decimal(1), "max_calls": 0}, BudgetError, "--max-calls: must be at least 1"),
    ],
)
def test_a_request_that_cannot_be_run_is_refused(parts: dict[str, Any], error: type[InputError], told: str) -> None:
    with pytest.raises(error, match=told) as caught:
        SearchRequest(baseline="m", **parts)
    assert caught.value.exit_code == 2


def test_a_budget_is_read_exactly() -> None:
    assert budget_of("0.10") == budget_of(0.1) == Decimal("0.1")
    assert budget_of(None) is None
    with pytest.raises(BudgetError, match="got 'ten'"):
        budget_of("ten")


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
sets = st.none() | st.frozensets(names, max_size=4)
overrides = st.builds(
    TaskOverrides,
    margin=st.none() | st.floats(0, 1),
    max_cost_usd_per_1k=st.none() | st.decimals(min_value=0, max_value=9, places=3),
    weights=st.none() | st.dictionaries(st.sampled_from(["cost", "quality"]), st.floats(0, 1)),
    providers=sets,
    needs=sets,
    include=st.none() | st.lists(names, max_size=2).map(tuple),
    is_kind_strict=st.none() | st.booleans(),
)
requests = st.builds(
    SearchRequest,
    baseline=names,
    task=st.just(TASK),
    is_emulated=st.booleans(),
    emulator_url=st.none() | names,
    budget_usd=st.decimals(min_value="0.001", max_value=100, places=6),
    plan=names,
    seed=st.integers(0, 2**40),
    overrides=overrides,
    baseline_outcomes=st.none() | st.just(Path("/x/y.jsonl")),
)


@given(requests)
def test_a_request_survives_its_journey_through_json(request: SearchRequest) -> None:
    text = json.dumps(request.to_json())
    assert SearchRequest.from_json(json.loads(text)) == request
    assert json.dumps(SearchRequest.from_json(json.loads(text)).to_json()) == text


def test_paths_become_absolute_so_that_a_resume_works_from_any_folder() -> None:
    told = SearchRequest(baseline="m", task=Path("task.yaml"), budget_usd=Decimal(1)).to_json()["task"]
    assert told == str(Path.cwd() / "task.yaml")


def test_what_a_newer_version_added_is_left_out() -> None:
    request = SearchRequest(baseline="m", task=TASK, budget_usd=Decimal(1))
    assert SearchRequest.from_json({**request.to_json(), "is_new": True}) == request
