from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, GenParams, Single
from modelsearch.core.ids import EndpointId, ItemId, ModelId, PromptId
from modelsearch.core.market import Score, TaskKind
from modelsearch.core.search import SearchView
from modelsearch.core.task import Prompt
from modelsearch.search.features import MAX_CATEGORIES, feature_table, published_score, standardised
from modelsearch.testing.factories import make_items, make_market, make_model, make_task, make_view

NAN = float("nan")


def _view(n: int = 4, **model: Any) -> SearchView:
    market = make_market(n)
    models = {name: replace(m, **model) for name, m in market.models.items()}
    return make_view(np.full((n, 2), NAN), market=replace(market, models=models))


def _column(view: SearchView, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    table = feature_table(view)
    return table.values[:, table.names.index(name)]


def test_numbers_are_standardised() -> None:
    column = _column(_view(6), "log_params")
    assert column.mean() == pytest.approx(0.0)
    assert column.std() == pytest.approx(1.0)
    assert np.all(np.diff(column) < 0)


def test_unknown_is_the_mean_beside_an_indicator() -> None:
    market = make_market(4)
    models = {**market.models, ModelId("m01"): replace(market.models[ModelId("m01")], params_b=None)}
    view = make_view(np.full((4, 2), NAN), market=replace(market, models=models))
    assert _column(view, "log_params")[1] == 0.0
    assert _column(view, "log_params_missing").tolist() == [0.0, 1.0, 0.0, 0.0]


def test_all_unknown_gives_no_information() -> None:
    table = feature_table(_view(params_b=None))
    assert np.isfinite(table.values).all()
    assert "log_params_missing" not in table.names


def test_different_categories_are_at_distance_one() -> None:
    view = _view(3)
    table = feature_table(view)
    family = table.values[:, table.group == table.groups.index("family")]
    assert np.linalg.norm(family[0] - family[1]) == pytest.approx(1.0)


def test_rare_categories_share_a_column() -> None:
    n = MAX_CATEGORIES + 5
    market = make_market(n)
    models = {name: replace(m, family=f"own {name}") for name, m in market.models.items()}
    table = feature_table(make_view(np.full((n, 1), NAN), market=replace(market, models=models)))
    assert sum(name.startswith("family=") for name in table.names) == MAX_CATEGORIES + 1
    assert "family=(rare)" in table.names


def test_a_vote_is_the_mean_of_its_members() -> None:
    members = tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m03"))
    view = make_view(np.full((5, 2), NAN), composites=[Ensemble(members=members)])
    values = feature_table(view).values
    np.testing.assert_allclose(values[4, :-1], (values[1, :-1] + values[3, :-1]) / 2)
    assert values[:, -1].tolist() == [0, 0, 0, 0, 1]


def test_effort_variants_differ() -> None:
    view = make_view(np.full((2, 2), NAN))
    thinking = Single(endpoint_id=EndpointId("m01"), params=GenParams(reasoning_effort="high"))
    wide = replace(view, candidates=(*view.candidates, thinking))
    assert "effort_missing" in feature_table(wide).names


def varied(n_models: int = 3) -> SearchView:
    """Each model with two prompts, and the first also at three efforts."""
    prompts = tuple(
        Prompt(id=PromptId(name), user="{{ examples }} {{ input }}", example_ids=shown, template_id=PromptId("t"))
        for name, shown in (("none", ()), ("two", (ItemId("i0000"), ItemId("i0001"))))
    )
    task = make_task(2, prompts=prompts, examples=make_items(2))
    ways = [Single(endpoint_id=EndpointId(f"m{n:02d}"), prompt_id=p.id) for n in range(n_models) for p in prompts]
    ways += [replace(ways[0], params=GenParams(reasoning_effort=effort)) for effort in ("low", "medium", "max")]
    view = make_view(np.full((n_models, 2), NAN), task=task)
    return replace(view, candidates=tuple(ways))


def test_ways_of_one_model_are_near_and_so_are_models_asked_one_way() -> None:
    view = varied()
    table = feature_table(view)
    of_model = table.values[:, [name.startswith("model=") for name in table.names]]
    of_prompt = table.values[:, [name.startswith("prompt=") for name in table.names]]
    np.testing.assert_allclose(of_model[0], of_model[1])
    np.testing.assert_allclose(np.sum((of_model[0] - of_model[2]) ** 2), 1.0)
    np.testing.assert_allclose(of_prompt[0], of_prompt[2])
    assert np.any(of_prompt[0] != of_prompt[1])
    assert {"model", "prompt", "examples", "asking"} <= set(table.groups)
    assert np.isfinite(table.values).all()


def test_efforts_are_in_order() -> None:
    low, medium, most = _column(varied(), "effort")[-3:]
    assert low < medium < most
    assert _column(varied(), "log_examples")[1] > _column(varied(), "log_examples")[0]


def test_without_variants_there_are_no_columns_of_them() -> None:
    assert not {"model", "prompt", "examples", "asking"} & set(feature_table(_view(5)).groups)


def test_published_scores_are_of_the_kinds_benchmarks() -> None:
    model = make_model(
        scores=(Score(benchmark="a", metric="m", value=0.2), Score(benchmark="b", metric="m", value=0.6))
    )
    assert published_score(model, ("b",)) == 0.6
    assert published_score(model, ()) == pytest.approx(0.4)
    assert np.isnan(published_score(model, ("c",)))


def test_the_task_kind_picks_the_benchmarks() -> None:
    market = make_market(2, task_kinds={"classification": TaskKind(id="classification", benchmarks=("b",))})
    scored = replace(market.models[ModelId("m00")], scores=(Score(benchmark="a", metric="m", value=0.9),))
    view = make_view(np.full((2, 1), NAN), market=replace(market, models={**market.models, scored.id: scored}))
    assert _column(view, "published").tolist() == [0.0, 0.0]


def test_the_order_of_rows_moves_rows_only() -> None:
    view = _view(5)
    turned = replace(view, candidates=view.candidates[::-1])
    first, second = feature_table(view), feature_table(turned)
    order = [second.names.index(name) for name in first.names]
    np.testing.assert_allclose(first.values, second.values[::-1][:, order], atol=1e-12)


def test_standardised_survives_constants_and_nothing() -> None:
    assert standardised(np.array([2.0, 2.0, NAN])).tolist() == [0.0, 0.0, 0.0]
    assert standardised(np.array([NAN])).tolist() == [0.0]
