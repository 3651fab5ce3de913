from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.search import SearchView
from modelsearch.decide.gaps import bought, gap_posterior, own_gap_posterior
from modelsearch.testing.factories import make_task
from modelsearch.testing.situations import situations
from tests.unit.decide.views import NAN, make_view, rows, with_status


def part(n_seen: int = 40) -> SearchView:
    """The baseline and two others whole, three partly known."""
    scores = rows(0.8, 0.78, 0.6, 0.7, 0.5, 0.75)
    scores[3:, n_seen:] = NAN
    return make_view(scores)


def test_what_was_bought_whole_is_known_with_its_gap() -> None:
    gap, sd = gap_posterior(part()).gaps()
    assert gap[:3] == pytest.approx([0.0, -0.02, -0.2], abs=1e-6)
    assert sd[:3] == pytest.approx(np.zeros(3), abs=1e-6)
    assert (sd[3:] > 0.01).all()


def test_failures_stand_at_their_worst() -> None:
    view = with_status(with_status(part(), 1, slice(0, 7), Status.ERROR), 0, slice(20, 30), Status.REFUSED)
    cells = bought(view)
    assert cells.is_known[:2].all()
    assert (cells.score[1, :7] == 0.0).all()
    assert (cells.score[0, 20:30] == 1.0).all()
    assert np.isfinite(cells.score).all()


def test_what_was_not_bought_is_neither_known_nor_scored() -> None:
    cells = bought(part(40))
    assert cells.is_known.sum(axis=1).tolist() == [100, 100, 100, 40, 40, 40]
    assert (cells.score[~cells.is_known] == 0.0).all()


@pytest.mark.parametrize("baseline", [0, 2, 5])
def test_the_baseline_is_the_reference_wherever_it_stands(baseline: int) -> None:
    found = gap_posterior(make_view(rows(0.8, 0.7, 0.6, 0.5, 0.4, 0.3), baseline=baseline))
    gap, sd = found.gaps()
    assert found.reference == baseline
    assert gap[baseline] == sd[baseline] == 0.0
    assert gap == pytest.approx(np.array([0.8, 0.7, 0.6, 0.5, 0.4, 0.3]) - (0.8 - 0.1 * baseline), abs=1e-6)


def test_weights_and_clusters_come_from_the_task() -> None:
    plain = make_task(100)
    items = [replace(item, weight=1.0 + n % 3, cluster=f"c{n // 4}") for n, item in enumerate(plain.items)]
    cells = bought(make_view(rows(0.8, 0.7), task=replace(plain, items=tuple(items))))
    assert cells.worth == pytest.approx(0.25)
    assert cells.weight.mean() == pytest.approx(1.0)
    assert cells.weight[2] / cells.weight[0] == pytest.approx(3.0)
    assert bought(make_view(rows(0.8, 0.7))).worth == 1.0


def test_prices_that_hardly_differ_tell_nothing() -> None:
    seen = rows(0.7, 0.8, n_items=400, n_seen=30)
    near = gap_posterior(make_view(seen, list_cost_usd=[0.01, 0.0099])).mean
    same = gap_posterior(make_view(seen, list_cost_usd=[0.01, 0.01])).mean
    assert near == pytest.approx(same, abs=0.01)


def test_what_the_past_lets_expect_moves_who_has_no_outcome() -> None:
    scores = rows(0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4)
    scores[7:] = NAN
    view = make_view(scores, list_cost_usd=np.full(9, 0.01))
    past = {CandidateId(f"m{row:02d}"): 0.8 - 0.05 * row for row in range(7)}
    past |= {CandidateId("m07"): 0.8, CandidateId("m08"): 0.4}
    told = gap_posterior(replace(view, setting=replace(view.setting, past_quality=past))).mean
    untold = gap_posterior(view).mean
    assert told[7] - told[8] > untold[7] - untold[8] + 0.01
    own = own_gap_posterior(replace(view, setting=replace(view.setting, past_quality=past))).mean
    assert own.tolist() == untold.tolist()  # it says whom to ask, and is no evidence


@pytest.mark.parametrize("name", sorted(situations()))
def test_any_situation_has_a_finite_belief(name: str) -> None:
    view = situations()[name]
    found = gap_posterior(view)
    gap, sd = found.gaps()
    assert np.isfinite([gap, sd, found.mean]).all()
    assert (sd >= 0.0).all()
    is_whole = np.flatnonzero((view.outcomes.status > 0).all(axis=1))
    exact = found.variance(np.zeros(1))[is_whole, 0]
    assert exact == pytest.approx(np.zeros(exact.shape), abs=1e-12)


@given(seed=st.integers(0, 100))
@settings(max_examples=15, deadline=None)
def test_more_items_of_a_row_make_it_surer_on_average(seed: int) -> None:
    scores = (np.random.default_rng(seed).random((6, 80)) < 0.7).astype(np.float64)
    spreads = []
    for n_seen in (10, 30, 79):
        shown = scores.copy()
        shown[3:, n_seen:] = NAN
        spreads.append(gap_posterior(make_view(shown)).gaps()[1][3:].mean())
    assert spreads[0] > spreads[1] > spreads[2]
