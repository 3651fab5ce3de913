import pytest

from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.evaluate.prompt_order import MIN_LATE_CHARS, late_text_warning
from modelsearch.testing.factories import make_task

RULES = "Rule. " * 300


def task(user: str, n_items: int = 5) -> TaskSpec:
    return make_task(n_items, prompts=(Prompt(id="default", user=user),))  # type: ignore[arg-type]


def test_rules_after_the_input_are_told_with_their_length() -> None:
    warning = late_text_warning(task("{{ input }}\n" + RULES))
    assert warning is not None
    assert "1800 characters" in warning.message
    assert warning.code == "shared-text-late"


@pytest.mark.parametrize(
    "user",
    [
        RULES + "{{ input }}",
        "{{ input }} Rule.",
        RULES * 2 + "{{ input }}" + RULES,
        "{{ input }}" + "x" * (MIN_LATE_CHARS - 20),
    ],
)
def test_rules_before_the_input_or_too_short_to_cache_are_fine(user: str) -> None:
    assert late_text_warning(task(user)) is None


def test_one_item_shares_nothing() -> None:
    assert late_text_warning(task("{{ input }}\n" + RULES, n_items=1)) is None
