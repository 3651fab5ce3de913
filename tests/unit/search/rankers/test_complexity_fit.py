from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.ids import ModelId
from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.search.rankers.complexity_fit import ComplexityFit, fit
from modelsearch.testing.factories import make_market, make_view

NAN = float("nan")
BAND = ComplexityBand(below=1.01, min_params_b=7, max_params_b=13)


@pytest.mark.parametrize(("size_b", "merit"), [(7, 1.0), (13, 1.0), (3.5, 0.5), (26, 0.5)])
def test_fit_falls_off_on_both_sides(size_b: float, merit: float) -> None:
    assert fit(size_b, BAND) == pytest.approx(merit)


def test_open_ends_have_no_side() -> None:
    assert fit(1e6, replace(BAND, max_params_b=None)) == 1.0
    assert fit(0.1, replace(BAND, min_params_b=None)) == 1.0


def test_unknown_size_has_no_opinion() -> None:
    market = make_market(2, complexity=ComplexityRule(weights={"label_entropy": 1.0}, bands=(BAND,)))
    sizes = {"m00": 10.0, "m01": None}
    models = {ModelId(n): replace(market.models[ModelId(n)], params_b=b) for n, b in sizes.items()}
    merit = ComplexityFit().rank(make_view(np.full((2, 4), NAN), market=replace(market, models=models)))
    np.testing.assert_array_equal(merit, [1.0, NAN])


def test_without_a_rule_there_is_no_opinion() -> None:
    assert np.isnan(ComplexityFit().rank(make_view(np.full((2, 4), NAN)))).all()
