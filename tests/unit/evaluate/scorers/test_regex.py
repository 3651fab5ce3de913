import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.regex import Regex

ITEM = Item(id=ItemId("i"), input="q", target="12 cm")


def test_the_last_match_stands_unless_the_first_is_asked_for() -> None:
    reply = "size: 10 cm\nno, size:  12   cm"
    assert Regex(pattern=r"size:\s*(.+)$").canonical(reply, ITEM) == "12 cm"
    assert Regex(pattern=r"size:\s*(.+)$", use_first=True).canonical(reply, ITEM) == "10 cm"
    assert Regex(pattern=r"size:\s*(.+)$").score("12 cm", ITEM) == 1.0
    assert Regex(pattern=r"size:\s*(.+)$").score("10 cm", ITEM) == 0.0


def test_groups_by_name_by_number_and_the_whole_match() -> None:
    assert Regex(pattern=r"(?P<n>\d+) (cm)", group="n").canonical("12 cm", ITEM) == "12"
    assert Regex(pattern=r"(\d+) (cm)", group=2).canonical("12 cm", ITEM) == "cm"
    assert Regex(pattern=r"\d+ cm").canonical("about 12 cm", ITEM) == "12 cm"


def test_case_on_request_and_no_match_is_no_answer() -> None:
    assert Regex(pattern="SIZE (.*)", ignore_case=True).score("12 cm", ITEM) == 1.0
    assert Regex(pattern="SIZE (.*)", ignore_case=True).canonical("size 12 CM", ITEM) == "12 cm"
    assert Regex(pattern="SIZE (.*)").canonical("size 12 cm", ITEM) is None


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "expected a regular expression"),
        (r"(a+)+$", "for ever"),
        (r"(?:x(?:a|b*)c)*", "for ever"),
        (r"((a*)|b){2,}", "for ever"),
    ],
)
def test_broken_and_dangerous_patterns_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        Regex(pattern=pattern)


@pytest.mark.parametrize("pattern", [r"(a{2,3})+", r"a+b+", r"(?:foo|bar)+", r"[^,]*,(\d+)"])
def test_harmless_repeats_pass(pattern: str) -> None:
    assert Regex(pattern=pattern).pattern == pattern


def test_a_group_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlanError, match="group: expected one of 0, 1, got 2"):
        Regex(pattern="(a)", group=2)
