from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from modelsearch.stats import abilities
from modelsearch.stats.abilities import (
    Floats,
    Models,
    Records,
    Shares,
    expected_quality,
    task_likeness,
)

N_MODELS = 40


def make_models(n: int = N_MODELS, *, seed: int = 0, per_family: int = 4) -> Models:
    rng = np.random.default_rng(seed)
    codes = np.arange(n)
    return Models(model=codes, line=codes // 2, family=codes // per_family, log_price=rng.normal(size=n))


def abilities_of(models: Models, *, seed: int = 0, shares: Shares | None = None) -> Floats:
    """(n_models,) drawn from the model itself."""
    rng, parts = np.random.default_rng(seed), shares or Shares()
    found = np.sqrt(parts.price) * models.log_price
    for codes, share in ((models.model, parts.model), (models.line, parts.line), (models.family, parts.family)):
        found = found + np.sqrt(share) * rng.normal(size=codes.max() + 1)[codes]
    return np.asarray(found, dtype=np.float64)


def records_of(models: Models, tasks: list[tuple[float, float, Floats]], error_variance: float = 0.0) -> Records:
    """Every model on tasks of (mean, spread, (n_models,) abilities)."""
    n = len(models.model)
    return Records(
        models=models.at(np.tile(np.arange(n), len(tasks))),
        task=np.repeat(np.arange(len(tasks)), n),
        quality=np.concatenate([np.clip(mean + spread * ability, 0, 1) for mean, spread, ability in tasks]),
        error_variance=np.full(n * len(tasks), error_variance),
    )


def alike(n_tasks: int, value: float = 0.9) -> Floats:
    return np.asarray(np.where(np.eye(n_tasks + 1, dtype=bool), 1.0, value), dtype=np.float64)


def test_models_seen_on_two_alike_tasks_are_ranked_on_a_third() -> None:
    models = make_models()
    ability = abilities_of(models)
    seen = records_of(models, [(0.5, 0.1, ability), (0.7, 0.05, ability)])
    found = expected_quality(seen, models, alike(2))
    assert spearmanr(found.quality, ability).statistic > 0.95
    assert found.quality.mean() == pytest.approx(0.6, abs=0.03)


def test_a_new_model_is_placed_by_its_line_its_family_and_its_price() -> None:
    models = make_models()
    ability = abilities_of(models, seed=1)
    is_old = np.arange(N_MODELS) % 2 == 0
    old = models.at(is_old)
    seen = records_of(old, [(0.5, 0.1, ability[is_old]), (0.6, 0.1, ability[is_old])])
    found = expected_quality(seen, models, alike(2))
    new = ~is_old
    assert spearmanr(found.quality[new], ability[new]).statistic > 0.7
    assert found.sd[new].mean() > found.sd[is_old].mean()
    strangers = replace(models.at(new), line=1000 + np.arange(new.sum()), family=1000 + np.arange(new.sum()))
    placed = expected_quality(seen, strangers, alike(2))
    assert spearmanr(placed.quality, strangers.log_price).statistic > 0.99
    assert placed.sd.mean() > found.sd[new].mean()


def test_the_task_that_is_more_alike_is_believed() -> None:
    models = replace(make_models(), log_price=np.full(N_MODELS, np.nan))
    one, two = abilities_of(make_models(), seed=2), abilities_of(make_models(), seed=3)
    seen = records_of(models, [(0.5, 0.1, one), (0.5, 0.1, two)])
    likeness = np.array([[1.0, 0.3, 0.9], [0.3, 1.0, 0.3], [0.9, 0.3, 1.0]])
    found = expected_quality(seen, models, likeness).quality
    assert spearmanr(found, one).statistic > spearmanr(found, two).statistic + 0.3


def test_a_search_that_looked_at_the_good_ones_alone_does_not_make_them_average() -> None:
    models = replace(make_models(per_family=1000), log_price=np.full(N_MODELS, np.nan))
    ability = abilities_of(make_models(per_family=1000), seed=4)
    whole = records_of(models, [(0.5, 0.1, ability), (0.5, 0.1, ability)])
    best = np.argsort(-ability)[:8]
    kept = np.concatenate([np.arange(N_MODELS), N_MODELS + best])
    part = Records(
        models=whole.models.at(kept), task=whole.task[kept], quality=whole.quality[kept],
        error_variance=whole.error_variance[kept],
    )  # fmt: skip
    found = expected_quality(part, models, alike(2)).quality
    assert found[best].min() > np.median(found)


def test_intervals_hold_where_the_world_is_as_the_model_says() -> None:
    models = make_models(60)
    is_in, spread = [], 0.08
    for seed in range(30):
        rng, shared = np.random.default_rng(seed), abilities_of(models, seed=seed)
        own = [shared + np.sqrt(Shares().own) * rng.normal(size=60) for _ in range(4)]
        seen = records_of(models, [(0.5, spread, ability) for ability in own[:3]])
        found = expected_quality(seen, models, alike(3, 1.0))
        off = (found.quality - found.quality.mean()) - spread * (own[3] - own[3].mean())
        is_in.append(np.abs(off) <= 1.96 * found.sd)
    assert 0.93 < np.mean(is_in) <= 0.995


def test_noisy_records_are_shrunk() -> None:
    models = make_models()
    ability = abilities_of(models)
    sure = expected_quality(records_of(models, [(0.5, 0.1, ability)]), models, alike(1))
    unsure = expected_quality(records_of(models, [(0.5, 0.1, ability)], 0.05), models, alike(1))
    assert np.std(unsure.quality) < 0.7 * np.std(sure.quality)


def test_of_many_records_those_of_the_most_alike_tasks_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "MAX_RECORDS", 2 * N_MODELS)
    models = make_models()
    drawn = [abilities_of(models, seed=seed) for seed in range(4)]
    seen = records_of(models, [(0.5, 0.1, ability) for ability in drawn])
    likeness = alike(4, 0.4)
    likeness[-1, 2:4] = likeness[2:4, -1] = 0.8
    kept = seen.task >= 2
    few = Records(
        models=seen.models.at(kept), task=seen.task[kept], quality=seen.quality[kept],
        error_variance=seen.error_variance[kept],
    )  # fmt: skip
    wanted = models.at(np.arange(20))
    found, same = (expected_quality(each, wanted, likeness) for each in (seen, few))
    assert spearmanr(found.quality, same.quality).statistic == pytest.approx(1.0)
    np.testing.assert_allclose(found.sd, same.sd, rtol=0.2)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_any_past_gives_qualities_and_spreads_and_the_order_of_records_counts_for_nothing(
    n_tasks: int, n_models: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = n_tasks * n_models
    prices = np.where(rng.random(n_models) < 0.3, np.nan, rng.normal(size=n_models))
    codes = rng.integers(0, 4, size=(3, n_models))
    models = Models(model=codes[0], line=codes[1], family=codes[2], log_price=prices)
    seen = Records(
        models=models.at(rng.integers(0, n_models, n)), task=rng.integers(0, n_tasks, n),
        quality=rng.random(n).round(1), error_variance=rng.random(n) * 0.1,
    )  # fmt: skip
    likeness = task_likeness(np.abs(np.subtract.outer(np.arange(n_tasks + 1.0), np.arange(n_tasks + 1.0))))
    found = expected_quality(seen, models, likeness)
    assert ((found.quality >= 0) & (found.quality <= 1) & (found.sd >= 0) & np.isfinite(found.sd)).all()
    order = rng.permutation(n)
    other = Records(
        models=seen.models.at(order), task=seen.task[order], quality=seen.quality[order],
        error_variance=seen.error_variance[order],
    )  # fmt: skip
    np.testing.assert_allclose(expected_quality(other, models, likeness).quality, found.quality, atol=1e-9)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=12))
def test_likeness_is_a_kernel(places: list[float]) -> None:
    found = task_likeness(np.abs(np.subtract.outer(np.array(places), np.array(places))))
    assert np.linalg.eigvalsh(found).min() > 0
    assert ((found >= 0.4) & (found <= 1.0)).all()
