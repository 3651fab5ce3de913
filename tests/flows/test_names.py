import pytest

from flows.names import MAX_CHARS, new_model_told, night_told, nightly_told, search_told
from modelsearch.testing.hostile import PAYLOADS


def test_a_search_says_what_it_is_of_and_what_it_may_cost() -> None:
    asked = {"task": "/srv/my/classification.yaml", "baseline": "openrouter/openai/gpt-4o", "budget_usd": "5"}
    assert search_told(asked) == "search classification vs gpt-4o, 5 USD"
    assert search_told(asked, is_resumed=True) == "go on with search classification vs gpt-4o, 5 USD"
    assert search_told({**asked, "is_emulated": True}).endswith(", 5 USD, emulated")
    recorded = {"recorded": "data/zeroeval__gsm", "baseline": "m0", "budget_share": 0.1}
    assert search_told(recorded) == "search zeroeval__gsm vs m0, 10 % of its cost"
    assert search_told({}) == "search a task given inline vs its baseline"


def test_nights_and_newcomers() -> None:
    assert night_told("triage", "2026-11-24") == "night of triage, 2026-11-24"
    assert night_told("triage", "2026-11-24", "p/new") == "night of triage, 2026-11-24, new model p/new"
    assert nightly_told("2026-11-24", "") == "nightly 2026-11-24, all tasks"
    assert nightly_told("2026-11-24", "triage", "2") == "nightly 2026-11-24, triage, 2 USD in all"
    assert new_model_told("p/new") == "test new model p/new for all tasks"


@pytest.mark.parametrize("text", [*PAYLOADS, "x" * 500])
def test_names_are_short_and_hold_no_control_characters(text: str) -> None:
    name = search_told({"task": text, "baseline": text, "budget_usd": text})
    assert name.isprintable()
    assert len(name) < 4 * MAX_CHARS
