from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ModelId
from modelsearch.core.market import Family
from modelsearch.core.search import SearchView
from modelsearch.search.rankers.family_prior import FamilyPrior
from modelsearch.testing.factories import make_market, make_model, make_view

NAN = float("nan")


def _view(families: list[str], sizes_b: list[float | None], rows: dict[int, float]) -> SearchView:
    """A perfect baseline m00; `rows` were bought whole, with this share of right answers."""
    score = np.full((len(families), 40), NAN)
    score[0] = 1.0
    for row, share in rows.items():
        score[row] = np.arange(40) < 40 * share
    plain = make_market(len(families))
    names = [f"m{n:02d}" for n in range(len(families))]
    models = {
        ModelId(name): make_model(name, family=family, params_b=size)
        for name, family, size in zip(names, families, sizes_b, strict=True)
    }
    lineages = {"kid": Family(id="kid", lineage="good"), "good": Family(id="good")}
    return make_view(score, market=replace(plain, models=models, families=lineages))


def test_kin_of_the_good_comes_before_kin_of_the_bad() -> None:
    view = _view(["x", "good", "bad", "good", "bad", "kid", "other"], [8.0] * 7, {1: 0.9, 2: 0.3})
    merit = dict(zip(view.pool, FamilyPrior().rank(view), strict=True))
    assert merit["m03"] > merit["m05"] > merit["m04"]
    assert np.isnan(merit["m06"])
    assert merit["m01"] == pytest.approx(merit["m03"])


def test_nearer_sizes_tell_more() -> None:
    view = _view(["x", "good", "other", "good", "good"], [None, 8.0, 8.0, 8.0, 800.0], {1: 0.9, 2: 0.1})
    merit = dict(zip(view.pool, FamilyPrior().rank(view), strict=True))
    pooled = (0.0 - 0.1 - 0.9) / 3
    assert abs(merit["m04"] - pooled) < 0.2 * abs(merit["m03"] - pooled)


def test_shrinkage_and_lineage_are_dials() -> None:
    view = _view(["x", "good", "bad", "kid"], [8.0] * 4, {1: 1.0, 2: 0.0})
    assert np.isnan(FamilyPrior(lineage_weight=0.0).rank(view)[3])
    near, far = FamilyPrior(shrinkage=0.01).rank(view)[3], FamilyPrior(shrinkage=100.0).rank(view)[3]
    assert near > far
    with pytest.raises(PlanError, match="lineage_weight of FamilyPrior"):
        FamilyPrior(lineage_weight=2.0)


def test_without_outcomes_there_is_no_opinion() -> None:
    assert np.isnan(FamilyPrior().rank(make_view(np.full((3, 5), NAN)))).all()
