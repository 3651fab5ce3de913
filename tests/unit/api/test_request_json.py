from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from modelsearch.api.request import SearchRequest
from modelsearch.taskfile.overrides import TaskOverrides

NAMES = frozenset(f"provider-{number}" for number in range(12))
REQUEST = SearchRequest(
    baseline="b", task=Path("task.yaml"), budget_usd=Decimal("0.10"), overrides=TaskOverrides(providers=NAMES)
)


def test_the_text_of_a_request_does_not_depend_on_the_order_of_sets() -> None:
    overrides = REQUEST.to_json()["overrides"]
    assert isinstance(overrides, dict)
    assert overrides["providers"] == sorted(NAMES)


def test_a_request_comes_back_from_its_text() -> None:
    back = SearchRequest.from_json(REQUEST.to_json())
    assert back.overrides == REQUEST.overrides
    assert back.budget_usd == REQUEST.budget_usd
    assert back.to_json() == REQUEST.to_json()


def test_where_a_search_learns_from_comes_back_as_folders_nothing_or_own_runs() -> None:
    for past in (None, (), (Path("/a"), Path("/b"))):
        back = SearchRequest.from_json(replace(REQUEST, past=past).to_json())
        assert back.past == past
