from dataclasses import replace

import pytest

from modelsearch.core.ids import ItemId
from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.core.task import Item, TaskSpec
from modelsearch.search.complexity import band_of, complexity_features, task_complexity
from modelsearch.testing.factories import make_task

WEIGHTS = {
    "avg_input_length": 0.1,
    "vocab_diversity": 0.2,
    "label_entropy": 0.2,
    "reasoning_keywords": 0.3,
    "domain_specificity": 0.2,
}
BANDS = (
    ComplexityBand(below=0.3, min_params_b=7, max_params_b=13),
    ComplexityBand(below=0.7, min_params_b=13, max_params_b=70),
    ComplexityBand(below=1.01, min_params_b=70, max_params_b=None),
)
RULE = ComplexityRule(weights=WEIGHTS, bands=BANDS, reasoning_words=("why", "step by step"))


def _task(texts: list[str], targets: list[str]) -> TaskSpec:
    pairs = enumerate(zip(texts, targets, strict=True))
    return make_task(items=tuple(Item(id=ItemId(str(n)), input=text, target=target) for n, (text, target) in pairs))


def test_all_features_are_shares() -> None:
    features = complexity_features(make_task(50), RULE.reasoning_words)
    assert set(features) == set(WEIGHTS)
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
    features = complexity_features(replace(task, prompts=(prompt,)), RULE.reasoning_words)
    assert features["reasoning_keywords"] == 1.0


def test_weights_are_renormalised_over_known_names() -> None:
    task = make_task(20)
    only = ComplexityRule(weights={"label_entropy": 0.2, "unheard_of": 0.8}, bands=BANDS)
    assert task_complexity(task, only) == pytest.approx(complexity_features(task, ())["label_entropy"])
    assert task_complexity(task, ComplexityRule(weights={}, bands=BANDS)) == 0.0


@pytest.mark.parametrize(("complexity", "floor"), [(0.0, 7), (0.3, 13), (0.69, 13), (0.7, 70), (1.0, 70), (2.0, 70)])
def test_bands_are_half_open(complexity: float, floor: float) -> None:
    band = band_of(complexity, RULE)
    assert band is not None
    assert band.min_params_b == floor


def test_no_bands_no_band() -> None:
    assert band_of(0.5, ComplexityRule(weights=WEIGHTS, bands=())) is None
