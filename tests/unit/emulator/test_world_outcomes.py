import math

import numpy as np
import pytest

from modelsearch.core.task import output_limit_tokens
from modelsearch.emulator.world_make import make_world
from modelsearch.emulator.world_market import default_templates, world_market
from modelsearch.emulator.world_outcomes import REFUSAL_RATE, abilities, draw_outcomes, is_calibrated
from modelsearch.evaluate.scoring import make_scorer
from tests.unit.emulator.small import prompts, task

SPEC = task(2000)
TEMPLATES = default_templates(24)
MARKET = world_market(SPEC, "w", TEMPLATES, 4, None)
ENDPOINTS = tuple(MARKET.endpoints.values())
OUTCOMES = draw_outcomes(SPEC, "w", ENDPOINTS, {template.id: template for template in TEMPLATES})


def test_ability_orders_quality() -> None:
    theta = abilities(TEMPLATES, "w")
    rows = [row for row, endpoint in enumerate(ENDPOINTS) if endpoint.quantization in (None, "bf16")]
    quality = OUTCOMES.is_right.mean(axis=1)[rows]
    ability = np.array([theta[ENDPOINTS[row].model_id] for row in rows])
    assert np.corrcoef(np.argsort(np.argsort(quality)), np.argsort(np.argsort(ability)))[0, 1] > 0.98


def test_coarse_quantisation_costs_a_little_quality() -> None:
    quality = {endpoint.id: float(row.mean()) for endpoint, row in zip(ENDPOINTS, OUTCOMES.is_right, strict=True)}
    pairs = [
        (quality[fine.id], quality[coarse.id])
        for fine in ENDPOINTS
        for coarse in ENDPOINTS
        if (fine.quantization, coarse.quantization) == ("bf16", "int4") and fine.model_id == coarse.model_id
    ]
    assert pairs
    assert all(0 < fine - coarse < 0.15 for fine, coarse in pairs)


def test_refusals_are_rare() -> None:
    n = OUTCOMES.is_refused.size / 3  # offers of one model share their refusals
    assert abs(OUTCOMES.is_refused.mean() - REFUSAL_RATE) < 5 * math.sqrt(REFUSAL_RATE / n)


def test_only_reasoning_models_hide_tokens() -> None:
    for endpoint, hidden in zip(ENDPOINTS, OUTCOMES.hidden, strict=True):
        assert (hidden > 0).all() == ("reasoning" in endpoint.capabilities)
        assert (hidden > 0).any() == ("reasoning" in endpoint.capabilities)


def test_outcomes_of_an_item_do_not_depend_on_the_others() -> None:
    part = draw_outcomes(task(100), "w", ENDPOINTS, {template.id: template for template in TEMPLATES})
    assert np.array_equal(part.is_right, OUTCOMES.is_right[:, :100])
    assert np.array_equal(part.latency_s, OUTCOMES.latency_s[:, :100])


@pytest.mark.parametrize("scorer", ["exact", "choice", "contains"])
def test_the_ordinary_scorers_see_what_was_drawn(scorer: str) -> None:
    spec = task(80, scorer)
    made = make_world(spec, seed=1)
    truth = made.truth(make_scorer(spec), prompts(spec))
    limits = np.array([output_limit_tokens(spec, endpoint) for endpoint in made.endpoints])
    is_cut = made.outcomes.visible + made.outcomes.hidden > limits[:, None]
    drawn = (made.outcomes.is_right & ~made.outcomes.is_refused & ~is_cut).mean(axis=1)
    assert [truth[endpoint.id].quality for endpoint in made.endpoints] == pytest.approx(list(drawn))


def test_half_of_the_families_know_how_sure_they_may_be_and_the_others_are_too_sure() -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    for endpoint, right, confidence in zip(ENDPOINTS, OUTCOMES.is_right, OUTCOMES.confidence, strict=True):
        assert ((confidence >= 0) & (confidence <= 1)).all()
        family = MARKET.models[endpoint.model_id].family
        errors[is_calibrated("w", family)].append(float(confidence.mean() - right.mean()))
    assert max(map(abs, errors[True])) < 0.06  # luck is shared, so errors are wider than sqrt(p q / n)
    assert min(errors[False]) > 0.02


def test_surer_answers_are_right_more_often() -> None:
    for right, confidence in zip(OUTCOMES.is_right, OUTCOMES.confidence, strict=True):
        is_sure = confidence > np.median(confidence)
        assert right[is_sure].mean() > right[~is_sure].mean()
