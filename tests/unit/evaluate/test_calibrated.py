import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.outcome import Reply, Status, TokenLogprob, Usage
from modelsearch.core.task import Item
from modelsearch.evaluate.calibrated import (
    MAX_WEIGHT,
    WITHOUT_CONTENT,
    content_free_items,
    label_shares,
    leaning_of,
    recalibrated,
)
from modelsearch.testing.factories import make_items, make_task

LABELS = ("positive", "negative")


def told(*others: tuple[str, float], lead: tuple[str, ...] = ()) -> tuple[TokenLogprob, ...]:
    pieces = tuple((text, math.log(p)) for text, p in others)
    return (*(TokenLogprob(text, 0.0) for text in lead), TokenLogprob(pieces[0][0], pieces[0][1], pieces))


def reply(*others: tuple[str, float]) -> Reply:
    return Reply(text=others[0][0], status=Status.OK, usage=Usage(), logprobs=told(*others))


def test_labels_are_found_by_the_piece_that_begins_them_whatever_stands_around_it() -> None:
    found = label_shares(told((" **Pos", 0.6), ("negative", 0.2), ("the", 0.2), lead=("\n",)), LABELS)
    assert found is not None
    np.testing.assert_allclose(found, [0.75, 0.25])


@pytest.mark.parametrize(
    "tokens",
    [
        (),
        (TokenLogprob("positive", -0.1),),
        told(("The", 0.95), ("positive", 0.05)),
        told(("order_", 0.9), ("x", 0.1)),
    ],
)
def test_where_no_label_is_told_surely_enough_there_are_no_shares(tokens: tuple[TokenLogprob, ...]) -> None:
    labels = ("order_status", "order_refund") if tokens and tokens[0].text == "order_" else LABELS
    assert label_shares(tokens, labels) is None


def test_a_leaning_is_taken_out_and_the_answer_turns_where_it_was_all_that_spoke() -> None:
    leaning = leaning_of([np.array([0.9, 0.1]), np.array([0.7, 0.3])])
    np.testing.assert_allclose(leaning, [0.8, 0.2])
    turned = recalibrated(reply(("positive", 0.6), ("negative", 0.4)), leaning, LABELS)
    assert turned.text == "negative"
    assert math.exp(turned.logprobs[0].logprob) == pytest.approx(2.0 / 2.75)
    assert recalibrated(reply(("positive", 0.9), ("negative", 0.1)), leaning, LABELS).text == "positive"
    whole = reply(("Well", 1.0))
    assert recalibrated(whole, leaning, LABELS) is whole


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=2), st.lists(st.floats(0.001, 1.0), min_size=2, max_size=2))
def test_an_even_leaning_changes_no_answer_and_a_weight_is_limited(p: list[float], lean: list[float]) -> None:
    pieces = sorted(zip(LABELS, [each / sum(p) for each in p], strict=True), key=lambda pair: -pair[1])
    even = recalibrated(reply(*pieces), leaning_of([np.array([0.5, 0.5])]), LABELS)
    assert even.text == pieces[0][0] or p[0] == pytest.approx(p[1])
    leaning = leaning_of([np.array(lean) / sum(lean)])
    assert 0.5 / leaning.min() <= MAX_WEIGHT + 1e-9


def test_items_without_content_keep_the_shape_of_an_input() -> None:
    assert [item.input for item in content_free_items(make_task(2))] == list(WITHOUT_CONTENT)
    shaped = Item(id=make_items(1)[0].id, input={"text": "hello", "options": ["a", "b"], "n": 3}, target="a")
    first = content_free_items(make_task(1, items=(shaped,)))[0]
    assert first.input == {"text": "N/A", "options": ["a", "b"], "n": 3}
