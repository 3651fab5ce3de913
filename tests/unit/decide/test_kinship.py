from dataclasses import replace

import numpy as np

from modelsearch.core.candidate import Ensemble, GenParams, Single
from modelsearch.core.ids import EndpointId, PromptId
from modelsearch.core.search import SearchView
from modelsearch.core.task import Prompt
from modelsearch.decide.gaps import gap_posterior
from modelsearch.decide.kinship import efforts, kinships, same_model
from modelsearch.testing.factories import make_task, make_view

WAYS = ("a", "b")


def varied(score: np.ndarray, n_models: int = 4) -> SearchView:
    """Models m00, ... asked in ways a and b, rows by model; row 0 is the baseline."""
    prompts = tuple(Prompt(id=PromptId(name), user=f"{name} {{{{ input }}}}") for name in WAYS)
    task = make_task(score.shape[1], prompts=prompts)
    view = make_view(score, task=task)
    singles = [Single(endpoint_id=EndpointId(f"m{n:02d}"), prompt_id=p.id) for n in range(n_models) for p in prompts]
    costs = {single.id: 0.01 for single in singles}
    setting = replace(view.setting, candidates=tuple(singles), baseline_id=singles[0].id, list_cost_usd=costs)
    return replace(view, setting=setting, candidates=tuple(singles), pool=tuple(sorted(s.id for s in singles)))


def nothing(n_items: int = 40) -> np.ndarray:
    return np.full((8, n_items), np.nan)


def test_without_variants_there_is_no_kinship() -> None:
    view = make_view(np.full((3, 4), np.nan))
    assert kinships(view) == ()
    assert same_model(view) is None
    assert efforts(view) is None


def test_groups_cross_and_composites_are_in_none() -> None:
    view = varied(nothing())
    vote = Ensemble(members=tuple(c for c in view.candidates[:2] if isinstance(c, Single)))
    view = replace(view, candidates=(*view.candidates, vote))
    family, model, template, way, fit = (kin.code.tolist() for kin in kinships(view))
    assert model == [0, 0, 1, 1, 2, 2, 3, 3, -1]
    assert way == template == [0, 1] * 4 + [-1]
    assert fit == [*range(8), -1]
    assert family == [0, 0, 1, 1, 2, 2, 0, 0, -1]
    assert max(np.sum([kin.shares for kin in kinships(view)], axis=0)) < 1
    found = same_model(view)
    assert found is not None
    assert found.tolist() == [True, True, *[False] * 7]


def test_efforts_are_numbers_in_order_and_told_only_where_they_differ() -> None:
    view = varied(nothing())
    assert efforts(view) is None
    levels = ("low", "high")
    more = [Single(endpoint_id=EndpointId("m00"), params=GenParams(reasoning_effort=level)) for level in levels]
    found = efforts(replace(view, candidates=(*view.candidates, *more)))
    assert found is not None
    assert np.isnan(found[:8]).all()
    assert found[8] < found[9]


def test_what_is_bought_of_one_way_moves_what_is_expected_of_the_others() -> None:
    score = nothing()
    rng = np.random.default_rng(3)
    for row, quality in ((0, 0.9), (2, 0.9), (4, 0.3), (6, 0.6)):  # way a of each model; way b unknown
        score[row] = rng.random(40) < quality
    mean = gap_posterior(varied(score)).mean
    assert mean[3] > mean[7] > mean[5]
    score[1] = 1.0  # way b turns out better with the baseline's model: a little more is expected of it everywhere
    again = gap_posterior(varied(score)).mean
    assert (again[[3, 5, 7]] > mean[[3, 5, 7]]).all()
