import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.arms import arms, bought_by_gain, next_depths
from modelsearch.search.probes import Purse
from modelsearch.testing.factories import make_view

NAN = float("nan")
COSTS = [0.4, 0.2, 0.1, 0.05]
M1, M2, M3 = (CandidateId(name) for name in ("m01", "m02", "m03"))


def view_of(score: Floats | list[list[float]], **parts: float) -> SearchView:
    return make_view(score, list_cost_usd=COSTS, cost_usd=COSTS, **parts)  # type: ignore[arg-type]


def blank(n_items: int = 20) -> Floats:
    return np.full((4, n_items), NAN)


def test_arms_are_the_live_ones_that_are_cheaper_than_the_baseline() -> None:
    assert arms(view_of(blank())).ids == (M1, M2, M3)
    assert arms(make_view(blank(), list_cost_usd=COSTS, baseline=2)).ids == (M3,)
    assert arms(make_view(blank(), list_cost_usd=COSTS, pool=[0, 2])).ids == (M2,)
    assert arms(make_view(blank(), list_cost_usd=[NAN, 0.2, 0.1, 0.05])).ids == ()
    assert arms(make_view(blank(), list_cost_usd=[0.4, NAN, 0.1, 0.05])).ids == (M2, M3)


def test_savings_are_shares_of_the_baselines_cost() -> None:
    assert arms(view_of(blank())).saving.tolist() == pytest.approx([0.5, 0.75, 0.875])


def test_before_any_outcome_dearer_ones_are_believed_better_and_nothing_is_worth_choosing() -> None:
    found = arms(view_of(blank()))
    assert (np.diff(found.mean) < 0).all()
    assert (found.sd > 0.1).all()
    assert found.worth_now == 0.0


def test_what_is_known_whole_is_known() -> None:
    score = np.ones((4, 20))
    score[2, :3] = 0.0
    found = arms(view_of(score))
    assert found.p_good.tolist() == pytest.approx([1.0, 0.0, 1.0], abs=1e-6)
    assert found.sd == pytest.approx(np.zeros(3))
    assert found.reward[2] == pytest.approx(1.0)
    assert found.worth_now == pytest.approx(1.0)


def test_more_pairs_are_surer_and_nearer_to_what_was_seen() -> None:
    score = blank(40)
    score[0, :32] = 1.0
    score[1, :8], score[2, :32] = 1.0, 1.0
    found = arms(view_of(score))
    assert found.sd[1] < found.sd[0] < found.sd[2]
    assert abs(found.mean[1]) < abs(found.mean[2])
    assert found.error[2] == np.inf


@given(seed=st.integers(0, 500), depths=st.lists(st.integers(0, 15), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_beliefs_are_probabilities_whatever_was_bought(seed: int, depths: list[int]) -> None:
    rng = np.random.default_rng(seed)
    score = np.where(np.arange(15)[None, :] < np.array(depths)[:, None], (rng.random((4, 15)) < 0.6) * 1.0, NAN)
    found = arms(view_of(score))
    assert ((found.p_good >= 0) & (found.p_good <= 1)).all()
    assert ((found.reward >= 0) & (found.reward <= 1)).all()
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.sd).all()
    assert 0 <= found.worth_now <= 1


def test_the_next_depth_grows_from_what_both_have() -> None:
    score = blank(20)
    score[0, :12], score[1, :12], score[2, :18] = 1.0, 1.0, 1.0
    view = view_of(score)
    assert next_depths(view, arms(view), 4, 1.5) == {M1: 18, M2: 18, M3: 4}
    assert next_depths(view, arms(view), 4, 3.0) == {M1: 20, M2: 20, M3: 4}


def test_who_is_finished_or_silent_has_no_next_depth() -> None:
    score = np.ones((4, 6))
    score[2:] = NAN
    statuses: list[list[Status | None]] = [
        [Status.OK] * 6,
        [Status.OK] * 6,
        [Status.ERROR] * 4 + [None] * 2,
        [None] * 6,
    ]
    view = make_view(score, list_cost_usd=COSTS, statuses=statuses)
    assert next_depths(view, arms(view), 4, 1.5) == {M3: 4}


def test_equal_gains_go_to_the_cheaper_and_nothing_without_gain_is_bought() -> None:
    view = view_of(blank(), spend_left_usd=100.0)
    depths = {M1: 4, M2: 4, M3: 4}
    bought = bought_by_gain(view, {M1: 1.0, M2: 1.0, M3: 0.0}, depths, 1)
    assert {p.candidate_id: len(p.item_ids) for p in bought} == {"m00": 4, M2: 4}
    assert not bought_by_gain(view, {M1: 0.0, M2: -1.0}, depths, 2)


def test_a_baseline_that_is_paid_makes_the_next_one_cheap() -> None:
    score = blank()
    score[0, :4] = 1.0
    view = view_of(score)
    bought = bought_by_gain(view, {M1: 1.0, M3: 1.0}, {M1: 4, M3: 12}, 1)
    assert [p.candidate_id for p in bought] == [M1]


@given(gain=st.lists(st.floats(-1, 5), min_size=3, max_size=3), money=st.floats(0, 20), n=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_it_is_never_over_the_money(gain: list[float], money: float, n: int) -> None:
    view = view_of(blank(), spend_left_usd=money)
    bought = bought_by_gain(view, dict(zip((M1, M2, M3), gain, strict=True)), {M1: 8, M2: 16, M3: 20}, n)
    assert Purse(view).can_buy(bought)
    assert len({p.candidate_id for p in bought} - {"m00"}) <= n


def test_a_batch_that_is_too_dear_is_cut_to_what_the_money_reaches() -> None:
    view = view_of(blank(), spend_left_usd=2.5)
    bought = bought_by_gain(view, {M2: 1.0}, {M2: 16}, 1)
    assert {p.candidate_id: len(p.item_ids) for p in bought} == {"m00": 5, M2: 5}
    assert not bought_by_gain(view_of(blank(), spend_left_usd=0.4), {M2: 1.0}, {M2: 16}, 1)
