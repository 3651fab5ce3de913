from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble
from modelsearch.core.outcome import Status
from modelsearch.core.result import Verdict
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.alpha import alpha_shares
from modelsearch.decide.evidence import evidence
from modelsearch.decide.pairs import paired
from modelsearch.decide.population import is_certified_for_population, log_population, population_levels
from modelsearch.testing.factories import make_task
from tests.unit.decide.views import NAN, make_view, rows, with_status


def claims(view: SearchView) -> Floats:
    return log_population(view, paired(view))


def test_a_complete_set_is_sure_of_itself_and_not_of_the_population() -> None:
    view = make_view(rows(0.8, 0.8, n_items=60))
    assert evidence(view, paired(view)).verdicts(alpha_shares(view), 0.05)[1] is Verdict.NON_INFERIOR
    assert not is_certified_for_population(view, view.candidates[1].id)


def test_much_better_on_many_items_is_certified_for_both() -> None:
    view = make_view(rows(0.5, 0.9, 0.1, n_items=400))
    assert is_certified_for_population(view, view.candidates[1].id)
    assert not is_certified_for_population(view, view.candidates[2].id)
    assert not is_certified_for_population(view, view.baseline_id)


def test_levels_of_the_population_add_up_to_alpha() -> None:
    view = make_view(np.full((6, 4), NAN), composites=[Ensemble(members=())])
    assert population_levels(view).sum() <= 0.05 + 1e-12
    assert population_levels(view)[1:5].sum() == pytest.approx(0.04)


def test_bets_stop_at_a_hole_start_at_birth_and_fall_with_failures() -> None:
    vote = Ensemble(members=())
    view = make_view(rows(0.5, 0.9, 0.9, n_items=400), composites=[vote])
    whole = claims(view)
    assert whole[1] == pytest.approx(whole[2])
    assert claims(replace(view, made_at={vote.id: 300}))[2] < whole[2]
    assert claims(with_status(view, 1, slice(0, 4), Status.ERROR))[1] < whole[1]
    assert claims(with_status(view, 1, slice(0, 20), Status.ERROR))[1] == 0
    scores = rows(0.5, 0.9, n_items=400)
    scores[1, 0] = NAN
    assert claims(make_view(scores))[1] == 0


def test_clusters_of_any_size_are_units() -> None:
    """Two items a cluster that say the same are worth about one item."""
    scores = np.repeat(rows(0.5, 0.9, n_items=200), 2, axis=1)
    task = make_task(400)
    items = tuple(replace(item, cluster=f"c{at // 2:03d}") for at, item in enumerate(task.items))
    clustered = claims(make_view(scores, task=replace(task, items=items)))[1]
    assert clustered == pytest.approx(claims(make_view(rows(0.5, 0.9, n_items=200)))[1], rel=1e-6)
    assert clustered < claims(make_view(scores))[1]


@pytest.mark.slow
def test_one_just_below_the_margin_in_the_population_is_rarely_certified() -> None:
    rng = np.random.default_rng(11)
    n_runs, n_items, wrong = 300, 300, 0
    task = make_task(n_items, margin=0.1)
    for _ in range(n_runs):
        difference = rng.choice([-1.0, 0.0, 1.0], p=[0.16, 0.78, 0.06], size=n_items)
        base = np.where(difference < 0, 1.0, np.where(difference > 0, 0.0, rng.integers(0, 2, n_items)))
        view = make_view(np.array([base, base + difference]), task=task)
        wrong += is_certified_for_population(view, view.candidates[1].id)
    assert wrong / n_runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n_runs)
