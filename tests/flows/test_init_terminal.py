"""Questions in a terminal."""

import pytest

from flows.init_terminal import completed, count_of, is_yes, listed
from modelsearch.core.errors import OptionError


@pytest.mark.parametrize(
    ("text", "n"),
    [("-", None), ("50000", 50_000), ("50,000", 50_000), ("50k", 50_000), ("2M", 2_000_000), ("1_000", 1000)],
)
def test_counts_as_people_type_them(text: str, n: int | None) -> None:
    assert count_of(text) == n


@pytest.mark.parametrize("text", ["0", "-5", "many", "1.5", "k", "٣"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(OptionError, match="whole number"):
        count_of(text)


def test_yes_and_no() -> None:
    assert is_yes("Y")
    assert not is_yes("no")
    with pytest.raises(OptionError):
        is_yes("perhaps")


def test_names_by_comma() -> None:
    assert listed(" a, b ,,c") == ("a", "b", "c")


def test_tab_finds_beginnings_first_then_any_part() -> None:
    readline = pytest.importorskip("readline")
    before = readline.get_completer()
    with completed(["openai/gpt-4o", "openai/gpt-4o-mini", "mistral/small"]):
        complete = readline.get_completer()
        assert [complete("openai", at) for at in range(3)] == ["openai/gpt-4o", "openai/gpt-4o-mini", None]
        assert complete("mini", 0) == "openai/gpt-4o-mini"
    assert readline.get_completer() is before
