from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.market import ComplexityRule, Market, Tier
from modelsearch.core.task import ScorerSpec
from modelsearch.emulator.world_make import make_world
from modelsearch.testing.factories import make_market, make_task
from tests.unit.emulator.small import ExactScorer, prompts, task, world


@pytest.mark.parametrize("seed", range(8))
def test_some_cheap_endpoints_are_as_good_as_the_baseline_and_most_are_not(seed: int) -> None:
    spec = task(200)
    made = make_world(spec, seed=seed)
    truth = made.truth(ExactScorer(), prompts(spec))
    baseline = truth[made.default_baseline]
    good = [
        t for t in truth.values() if t.quality >= baseline.quality - spec.margin and t.cost_usd < baseline.cost_usd / 2
    ]
    close = [t for t in good if t.quality >= baseline.quality - spec.margin / 4]
    bad = [t for t in truth.values() if t.quality < baseline.quality - 0.05]
    assert len(truth) >= 48
    assert 1 <= len(good) <= len(truth) / 4
    assert close
    assert len(bad) >= len(truth) / 2
    assert baseline.quality >= 0.8


def test_equal_seeds_give_equal_worlds_and_others_do_not() -> None:
    again, other = make_world(task(), seed=1), make_world(task(), seed=2)
    assert again.market == world().market
    assert again.default_baseline == world().default_baseline
    assert np.array_equal(again.outcomes.is_right, world().outcomes.is_right)
    assert not np.array_equal(other.outcomes.is_right[:40], world().outcomes.is_right[:40])


def test_the_market_looks_like_one() -> None:
    market = world().market
    models = market.models
    providers = {market.providers[endpoint.provider_id] for endpoint in market.endpoints.values()}
    assert 16 <= len(models) <= 24
    assert {provider.dialect for provider in providers} == {"openai_chat", "anthropic_messages", "google_generate"}
    assert {provider.pricing_class for provider in providers} == {"premium", "variable", "budget", "local"}
    assert {"dense", "moe", "hybrid"} <= {model.architecture for model in models.values()}
    assert {"fp8", "bf16", "int4"} <= {endpoint.quantization for endpoint in market.endpoints.values()}
    assert all("(emulated)" in provider.name for provider in providers)
    assert all(score.source == "emulated" for model in models.values() for score in model.scores)
    wires = [(e.provider_id, e.wire_name, e.host) for e in market.endpoints.values()]
    assert len(set(wires)) == len(wires)


def test_the_same_open_model_is_priced_differently_by_its_hosts() -> None:
    market = world().market
    spreads = []
    for model in market.models.values():
        prices = [e.rates[-1].usd for e in market.endpoints.values() if e.model_id == model.id]
        known = [price for price in prices if price is not None]
        if model.is_open_weights and len(known) > 1:
            spreads.append(float(max(known) / min(known)))
    assert 1.5 <= np.median(spreads) <= 5


def test_kin_err_together() -> None:
    made = make_world(task(400), seed=4)
    rows = {str(e.model_id): row for row, e in enumerate(made.endpoints)}
    right = made.outcomes.is_right.astype(float)

    def likeness(a: str, b: str) -> float:
        return float(np.corrcoef(right[rows[a]], right[rows[b]])[0, 1])

    kin = likeness("okapine-12b", "okapine-4b") + likeness("zephrune-9b", "zephrune-9b-ponder")
    strangers = likeness("okapine-12b", "zephrune-9b") + likeness("okapine-4b", "zephrune-9b-ponder")
    assert kin > strangers


def test_rules_are_borrowed_from_a_real_catalogue_but_no_models() -> None:
    tiers = (Tier(name="only", min_usd_per_mtok=Decimal(0), max_usd_per_mtok=None),)
    base: Market = make_market(3, tiers=tiers, complexity=ComplexityRule(weights={"n": 1.0}, bands=()))
    made = make_world(task(), seed=1, base=base)
    assert made.market.tiers == tiers
    assert made.market.complexity == base.complexity
    assert not set(made.market.models) & set(base.models)


@pytest.mark.parametrize("target", ["Paris", 17, {"name": "Ada", "age": 36}])
def test_tasks_without_labels_get_their_targets_or_those_of_others(target: object) -> None:
    spec = make_task(12, labels=(), scorer=ScorerSpec(name="exact"))
    first = replace(spec.items[0], input="?", target=target)  # type: ignore[arg-type]
    made = make_world(replace(spec, items=(first, *spec.items[1:])), seed=1)
    replies = {made.reply_to(row, 0, "?", 512).text for row in range(len(made.endpoints))}
    assert len(replies) > 1
