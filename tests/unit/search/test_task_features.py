from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item, TaskSpec
from modelsearch.search.task_features import complexity_features
from modelsearch.testing.factories import make_task

REASONING = ("why", "step by step")
SIZE_FREE = ("answer_variety", "answer_absence", "answer_length", "computed_number", "operands")


def _task(texts: list[str], targets: list[str]) -> TaskSpec:
    pairs = enumerate(zip(texts, targets, strict=True))
    return make_task(items=tuple(Item(id=ItemId(str(n)), input=text, target=target) for n, (text, target) in pairs))


def test_all_features_are_shares() -> None:
    features = complexity_features(make_task(50), REASONING)
    assert len(features) == 10
    assert all(0.0 <= value <= 1.0 for value in features.values())


def test_a_larger_data_set_is_no_harder() -> None:
    texts = [f"the cat number {n % 7} sat on the mat and looked at the dog" for n in range(40)]
    small = complexity_features(_task(texts, ["a", "b"] * 20), ())
    large = complexity_features(_task(texts * 5, ["a", "b"] * 100), ())
    assert large["vocab_diversity"] == pytest.approx(small["vocab_diversity"], abs=0.05)
    assert large["label_entropy"] <= small["label_entropy"]


def test_each_feature_sees_what_it_is_named_for() -> None:
    plain = _task(["a b"] * 10, ["x"] * 10)
    assert complexity_features(plain, ("why",))["label_entropy"] == 0.0
    own = _task(["a b"] * 10, [str(n) for n in range(10)])
    assert complexity_features(own, ())["label_entropy"] == pytest.approx(1.0)
    asks = _task(["tell me why", "no reason"] * 5, ["x"] * 10)
    assert complexity_features(asks, ("why",))["reasoning_keywords"] == pytest.approx(0.5)
    assert complexity_features(_task(["whyever"], ["x"]), ("why",))["reasoning_keywords"] == 0.0
    special = _task(["phosphorylation of p53 at Ser15"], ["x"])
    assert complexity_features(special, ())["domain_specificity"] > 0.9
    long = _task(["word " * 2000], ["x"])
    assert complexity_features(long, ())["avg_input_length"] == 1.0


def test_a_reasoning_prompt_makes_all_items_reason() -> None:
    task = make_task(4)
    prompt = replace(task.prompts[0], system="Think step by step.")
    features = complexity_features(replace(task, prompts=(prompt,)), REASONING)
    assert features["reasoning_keywords"] == 1.0


def test_variety_is_the_chance_that_two_items_differ() -> None:
    def variety(targets: list[str]) -> float:
        return complexity_features(_task(["a"] * len(targets), targets), ())["answer_variety"]

    assert variety(["x"]) == 0.0
    assert variety(["x", "x", "x"]) == 0.0
    assert variety(["x", "y"] * 2) == pytest.approx(4 / 6)
    assert variety(["x", "y"] * 500) == pytest.approx(0.5, abs=1e-3)
    assert variety(["x", "y", "z"]) == 1.0


def test_an_answer_that_stands_in_the_input_letter_for_letter_can_be_copied() -> None:
    def absence(text: str, target: str) -> float:
        return complexity_features(_task([text], [target]), ())["answer_absence"]

    assert absence("the password is forest.", "forest") == 0.0
    assert absence("forest", "FOREST") == 1.0
    assert absence("forester", "forest") == 1.0
    assert absence("12 + 5", "2") == 1.0


def test_a_number_is_computed_where_the_input_does_not_show_it() -> None:
    tasks = {"12 + 5": "17", "ticket 48213 is closed": "48213", "a red car": "red", "half of 3": "1.5"}
    computed = [complexity_features(_task([t], [a]), ())["computed_number"] for t, a in tasks.items()]
    assert computed == [1.0, 0.0, 0.0, 1.0]


def test_numbers_of_the_input_and_words_of_the_answer_count_up_to_a_limit() -> None:
    def both(text: str, target: str) -> list[float]:
        found = complexity_features(_task([text], [target]), ())
        return [found["operands"], found["answer_length"]]

    assert both("p53 or p21", "one") == [0.0, 0.0]
    assert both("1 2,000 3.5 -4 5 6 7 8", "w " * 32) == pytest.approx([1.0, 1.0])
    assert both("9 " * 100, "w " * 100) == [1.0, 1.0]


def test_no_items_have_no_features() -> None:
    assert set(complexity_features(_task([], []), REASONING).values()) == {0.0}


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=6)), min_size=1, max_size=8), st.integers(2, 4))
def test_any_text_has_features_and_repeating_the_items_adds_no_difficulty(rows: list[tuple[str, str]], n: int) -> None:
    texts, targets = [row[0] for row in rows], [row[1] for row in rows]
    once = complexity_features(_task(texts, targets), REASONING)
    often = complexity_features(_task(texts * n, targets * n), REASONING)
    assert all(0.0 <= value <= 1.0 for value in once.values())
    assert all(often[name] <= once[name] + 1e-9 for name in SIZE_FREE)
