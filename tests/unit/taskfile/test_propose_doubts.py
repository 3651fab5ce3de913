"""What should be looked at before money is spent."""

import time
from collections.abc import Sequence

import pytest

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_doubts import Doubt, doubts_of, personal_columns
from modelsearch.taskfile.propose_kind import Kind
from tests.unit.taskfile.labelled import labelled

CLASSES = Kind(kind="classification", scorer="choice", because="", labels=("red", "green"))
FREE = Kind(kind="extraction", scorer="exact", because="")


def found(pairs: Sequence[tuple[str, Json]], kind: Kind = FREE) -> dict[str, Doubt]:
    return {each.code: each for each in doubts_of(labelled(pairs), kind)}


def clean(n_rows: int = 120) -> list[tuple[str, Json]]:
    return [(f"text {at} of its own", ("red", "green")[at % 2]) for at in range(n_rows)]


def test_clean_rows_raise_no_doubt() -> None:
    assert found(clean(), CLASSES) == {}


def test_few_rows_are_told() -> None:
    assert "says little about others" in found(clean(20), CLASSES)["few_items"].message


def test_the_same_input_with_two_targets_however_it_is_spaced() -> None:
    told = found([*clean(), ("Which one", "red"), ("which  one", "green")])["conflict"]
    assert told.n_rows == 2
    assert told.lines == (122, 123)


def test_inputs_that_name_their_own_class_leak_it() -> None:
    leaking = [(f"{text} #{target}", target) for text, target in clean()]
    assert found(leaking, CLASSES)["leak"].n_rows == 120
    # where inputs name other classes as often, the words are what the texts are about
    both = [(f"{text} red or green", target) for text, target in clean()]
    assert "leak" not in found(both, CLASSES)
    assert "leak" not in found(leaking, FREE)


def test_one_large_class_and_rare_ones() -> None:
    pairs = [(f"text {at}", "green" if at % 10 else "red") for at in range(100)] + [("another", "blue")]
    told = found(pairs, CLASSES)
    assert "89%" in told["imbalance"].message
    assert "'blue'" in told["rare_class"].message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to a.b+c@mail.example.org", "e-mail addresses"),
        ("call +49 (0)30 1234 5678 or", "phone numbers"),
        ("card 4111 1111 1111 1111", "card numbers"),
        ("to DE89 3704 0044 0532 0130 00 please", "bank accounts"),
    ],
)
def test_personal_data_is_counted_and_never_shown(text: str, kind: str) -> None:
    told = found([*clean(), (text, "red")], CLASSES)["personal_data"]
    assert f"{kind} in 1" in told.message
    assert told.lines == (122,)
    assert not any(word in told.message for word in text.split() if any(char.isdigit() for char in word) or "@" in word)


@pytest.mark.parametrize(
    "text", ["order 4111 1111 1111 1112", "DE00 3704 1144 0532 0130 11", "on 12.03.2026 at 10:30", "a@b"]
)
def test_what_only_looks_like_it_is_not_counted(text: str) -> None:
    assert "personal_data" not in found([*clean(), (text, "red")], CLASSES)


def test_long_inputs_are_told_with_the_longest() -> None:
    told = found([*clean(), ("x " * 40_000, "red")])["long_input"]
    assert told.n_rows == 1
    assert "about 20,000" in told.message


def test_hostile_texts_take_no_time() -> None:
    hostile = ["a" * 200_000, "1 " * 100_000, "+1" * 100_000, "@" * 100_000, "AA11" * 50_000]
    started_s = time.process_time()
    found([(text, "red") for text in hostile], CLASSES)
    assert time.process_time() - started_s < 5


def test_columns_about_persons() -> None:
    names = ("message", "E-Mail", "phone_no", "customer_name", "first name", "shipping address", "label")
    assert personal_columns(names) == names[1:6]
