"""What kind of task targets look like."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_kind import class_labels, folded, guess_kind, output_limit, parsed, spellings

LONG = "a text of a good many words, much longer than what is said of it in the end by anybody who reads it"


@pytest.mark.parametrize(
    ("targets", "kind", "scorer"),
    [
        (["a", "b", "c"] * 5, "classification", "choice"),
        ([0, 1] * 10, "classification", "choice"),
        (["C", "C++", "C#"] * 5, "classification", {"name": "exact", "strip_punctuation": False}),
        ([{"a": at} for at in range(9)], "extraction", "json_fields"),
        ([["x", "y"], {"a": 1}], "extraction", "json_f1"),
        ([str(at * 7.5) for at in range(20)], "reasoning", "numeric"),
        (["1,200", "-3", "40 %", "17", "9"], "reasoning", "numeric"),
        ([f"name {at}" for at in range(20)], "extraction", "exact"),
        ([f"def f{at}():\n    return {at}" for at in range(20)], "coding", "exact"),
        ([f"the gist, number {at}, in a few words only" for at in range(20)], "summarisation", "token_f1"),
        ([f"{LONG} {at} {LONG}" for at in range(20)], "creative_writing", "token_f1"),
    ],
)
def test_usual_targets(targets: Sequence[Json], kind: str, scorer: object) -> None:
    found = guess_kind(targets, [LONG] * len(targets))
    assert (found.kind, found.scorer) == (kind, scorer)
    assert found.because


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Refund", "refund ", "REFUND", "order-status", "Order Status", "x"]), min_size=6))
def test_each_target_has_exactly_one_label(texts: list[str]) -> None:
    labels = class_labels(texts)
    if labels:
        assert len({folded(label) for label in labels}) == len(labels)
        assert {folded(text) for text in texts} == {folded(label) for label in labels}


def test_the_commonest_class_and_the_commonest_spelling_come_first() -> None:
    assert class_labels(["b", "Red", "red", "Red", "b", "red ", "Red"]) == ("Red", "b")
    assert spellings(["Order Status", "order-status", "Order Status"]) == {"order status": "Order Status"}


def test_texts_that_hardly_repeat_are_no_classes() -> None:
    assert class_labels(["a", "b", "c", "d"]) == ()
    assert class_labels(["only"] * 9) == ()


def test_json_in_a_text_is_read_and_other_texts_stay() -> None:
    assert parsed('{"a": 1}') == {"a": 1}
    for text in ("{not json}", "[]", "{}", "plain", '"quoted"'):
        assert parsed(text) == text


def test_room_for_an_answer_grows_with_the_longest_target() -> None:
    assert output_limit(["yes", "no"]) == 64
    assert output_limit(["x" * 900]) == 1024
    assert output_limit(["x" * 90_000]) == 8192
