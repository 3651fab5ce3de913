import pytest

from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.search.complexity import band_of, task_complexity
from modelsearch.search.task_features import complexity_features
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
