import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.evaluate.label_bias import MIN_PAIRS, label_bias_warning, leanings

LABELS = ("yes", "no")


def test_what_is_said_too_often_is_told_with_its_numbers() -> None:
    targets = ["yes", "no"] * 50
    answers = ["yes"] * 75 + ["no"] * 25
    warning = label_bias_warning("m00", "m00", leanings(answers, targets, LABELS))
    assert warning is not None
    assert warning.code == "label_bias"
    assert "m00 says 'yes' to 75% of 100 items of which 50% are it, and 'no' to 25% of 50%" in warning.message
    assert "reversed" in warning.message
    assert "calibrated" in warning.message


def test_uneven_targets_that_are_met_are_no_leaning() -> None:
    targets = ["yes"] * 90 + ["no"] * 10
    found = leanings([*targets], targets, LABELS)
    assert [each.excess for each in found] == [0.0, 0.0]
    assert label_bias_warning("m00", "m00", found) is None


@pytest.mark.parametrize("n", [0, MIN_PAIRS - 1])
def test_too_few_answers_say_nothing(n: int) -> None:
    assert leanings(["yes"] * n, ["no"] * n, LABELS) == []
    assert label_bias_warning("m00", "m00", []) is None


def test_no_answer_is_left_out_and_an_open_task_says_nothing() -> None:
    assert leanings([None] * 100, ["no"] * 100, LABELS) == []
    assert leanings(["a"] * 100, ["a"] * 100, [f"l{n}" for n in range(40)]) == []


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_honest_mistakes_warn_of_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = rng.choice(["a", "b", "c"], 60)
    wrong = rng.choice(["a", "b", "c"], 60)
    answers = np.where(rng.random(60) < 0.7, targets, wrong)
    found = leanings(list(answers), list(targets), ["a", "b", "c"])
    assert sum(each.excess for each in found) == pytest.approx(0.0)
    assert label_bias_warning("m00", "m00", found) is None
