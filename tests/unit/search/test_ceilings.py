from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.ids import ModelId
from modelsearch.core.market import Architecture, Family, Market, ScalingRule
from modelsearch.core.search import SearchView
from modelsearch.decide.pairs import paired
from modelsearch.search.ceilings import is_like_learnt, larger_kin, law_gap, lead, log_futility, offset_at
from modelsearch.search.paired_gaps import paired_gaps
from modelsearch.testing.factories import make_market, make_model, make_view

NAN = float("nan")
RULE = ScalingRule(
    knots_b=(8.0, 70.0),
    intercept=-0.1,
    slopes=(0.05, 0.02),
    offsets=((0.9, 0.01), (0.98, 0.04)),
    architectures={"dense": 0.0, "moe": 0.03},
    families={"lla": 0.01, "llama_x": 0.02},
    min_reference_b=70.0,
)


def market(sizes_b: list[float | None], rule: ScalingRule | None = RULE) -> Market:
    """Models m00, m01, ... of one family with these sizes."""
    plain = make_market(len(sizes_b), scaling=rule)
    models = {ModelId(f"m{n:02d}"): make_model(f"m{n:02d}", params_b=b) for n, b in enumerate(sizes_b)}
    return replace(plain, models=models)


def _view(sizes_b: list[float | None], rule: ScalingRule | None = RULE) -> SearchView:
    return make_view(np.full((len(sizes_b), 10), NAN), market=market(sizes_b, rule))


def test_the_lowest_level_that_reaches_is_taken() -> None:
    assert offset_at(RULE.offsets, 0.8) == 0.01
    assert offset_at(RULE.offsets, 0.98) == 0.04
    assert offset_at(RULE.offsets, 0.99) is None


@pytest.mark.parametrize(
    ("size_b", "architecture", "family", "gap"),
    [
        (8.0, "dense", "f", -0.06),
        (4.0, "dense", "f", -0.06 + 0.05 * np.log(0.5)),
        (700.0, "dense", "f", -0.06 + 0.02 * np.log(70 / 8)),
        (8.0, "moe", "f", -0.03),
        (8.0, "unknown", "f", -0.03),
        (8.0, "dense", "llama", -0.05),
        (8.0, "dense", "llama_x2", -0.04),
        (8.0, "dense", "child", -0.05),
    ],
)
def test_the_law_adds_size_architecture_and_family(
    size_b: float, architecture: Architecture, family: str, gap: float
) -> None:
    families = {"child": Family(id="child", lineage="llama"), "llama": Family(id="llama")}
    model = make_model(params_b=size_b, architecture=architecture, family=family)
    assert law_gap(model, replace(market([8.0]), families=families), 0.95) == pytest.approx(gap)


def test_what_is_unknown_has_no_bound() -> None:
    assert law_gap(make_model(params_b=None), market([8.0]), 0.9) is None
    assert law_gap(make_model(), market([8.0]), 0.99) is None
    assert law_gap(make_model(), market([8.0], None), 0.9) is None


def test_a_circle_of_families_ends() -> None:
    families = {"a": Family(id="a", lineage="b"), "b": Family(id="b", lineage="a")}
    model = make_model(params_b=8.0, family="a")
    assert law_gap(model, replace(market([8.0]), families=families), 0.98) == pytest.approx(-0.06)


def test_a_baseline_is_like_those_learnt_from_if_dear_and_large_or_unknown() -> None:
    assert is_like_learnt(_view([None, 8.0, 8.0, 8.0]))
    assert is_like_learnt(_view([70.0, 8.0, 8.0, 8.0]))
    assert not is_like_learnt(_view([40.0, 8.0, 8.0, 8.0]))
    assert not is_like_learnt(_view([None, 8.0, 8.0, 8.0], None))
    cheap = make_view(np.full((4, 10), NAN), market=market([None] * 4), baseline=3)
    assert not is_like_learnt(cheap)


def test_the_lead_is_of_the_best_that_was_bought_enough() -> None:
    score = np.array([[0.0] * 4 + [1.0] * 6, [1.0] * 10, [1.0] * 4 + [NAN] * 6])
    view = make_view(score)
    assert lead(view, paired_gaps(view), 5) == pytest.approx(0.4)
    assert lead(view, paired_gaps(view), 4) == pytest.approx(1.0)
    assert lead(make_view(score[:1]), paired_gaps(make_view(score[:1])), 1) == 0.0


def test_futility_grows_for_the_bad_alone() -> None:
    score = np.vstack([np.ones(60), np.zeros(60), np.ones(60)])
    view = make_view(score)
    found = log_futility(view, paired(view), 0.02)
    assert found[1] > 10
    assert found[2] < 0.1
    assert log_futility(view, paired(view), 0.9)[1] < found[1]


def test_kin_is_of_one_family_and_half_as_large_again() -> None:
    view = _view([None, 8.0, 12.0, 11.0, 70.0, None])
    assert larger_kin(view, view.pool[1]) == ("m02", "m04")
    assert larger_kin(view, view.pool[5]) == ()
