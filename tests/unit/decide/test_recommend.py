from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.result import Certainty, Claim, Recommendation, Verdict
from modelsearch.core.search import SearchView
from modelsearch.core.task import Requirements
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled, recommend
from tests.unit.decide.views import NAN, make_view, rows, with_requirements


def answer(view: SearchView) -> Recommendation:
    return recommend(view, estimates(view))


def test_the_cheapest_good_enough_is_certified_when_all_is_known() -> None:
    view = make_view(rows(0.8, 0.9, 0.79, 0.6))
    got = answer(view)
    assert (got.candidate_id, got.certainty, got.claim) == ("m02", Certainty.CERTIFIED, Claim.ITEMS)
    assert got.saving_share == pytest.approx(1 - 0.8**2)
    assert got.saving_usd_per_1k == pytest.approx(10 * (1 - 0.8**2))
    assert got.p_right is None
    assert got.runner_up_id == "m01"
    assert got.reason.startswith("on 100 shared items it scored 1.0 points below the baseline")
    assert is_settled(view, estimates(view))


def test_a_certificate_before_the_end_states_its_bound_and_level() -> None:
    got = answer(make_view(rows(0.5, 0.9, n_items=400, n_seen=200)))
    assert got.certainty is Certainty.CERTIFIED
    assert "at 95 %" in got.reason
    assert "e-value" in got.reason
    assert got.covers == ("quality",)


def test_a_good_chance_is_likely_with_its_probability() -> None:
    got = answer(make_view(rows(0.7, 0.8, n_items=400, n_seen=30)))
    assert (got.candidate_id, got.certainty) == ("m01", Certainty.LIKELY)
    assert got.p_right is not None
    assert 0.5 < got.p_right < 1


def test_keeping_the_baseline_is_certified_only_when_all_cheaper_are_inferior() -> None:
    got = answer(make_view(rows(0.8, 0.5, 0.4)))
    assert (got.candidate_id, got.certainty) == ("m00", Certainty.CERTIFIED)
    assert "2 shown inferior" in got.reason
    scores = rows(0.8, 0.5, 0.4)
    scores[2] = NAN
    dropped = make_view(scores, pool=[0, 1])
    got = answer(dropped)
    assert (got.candidate_id, got.certainty) == ("m00", Certainty.UNDECIDED)
    assert "1 cheaper candidate could still be good enough (1 of them never compared)" in got.reason
    assert not is_settled(dropped, estimates(dropped))


def test_who_left_before_anything_was_asked_is_no_open_question() -> None:
    scores = rows(0.8, 0.5, 0.4)
    scores[2] = NAN
    view = make_view(scores, pool=[0, 1])
    got = answer(replace(view, dropped_free=frozenset({view.candidates[2].id})))
    assert (got.candidate_id, got.certainty) == ("m00", Certainty.CERTIFIED)
    assert "(1 shown inferior); 1 that left before anything was asked are not part of this" in got.reason


def test_who_was_dropped_without_proof_is_told_apart() -> None:
    got = answer(make_view(rows(0.8, 0.5, 0.4, n_items=400, n_seen=20), pool=[0]))
    assert got.certainty is Certainty.UNDECIDED
    assert "(2 of them unlikely enough to be dropped, though not proven worse)" in got.reason


def test_nothing_is_likely_without_the_baseline() -> None:
    scores = rows(0.1, 0.9)
    scores[0] = NAN
    got = answer(make_view(scores))
    assert (got.candidate_id, got.certainty) == ("m00", Certainty.UNDECIDED)
    assert "none of its items was bought or imported" in got.reason


def test_a_costlier_candidate_is_never_recommended() -> None:
    got = answer(make_view(rows(0.5, 0.9), cost_usd=[0.01, 0.02]))
    assert (got.candidate_id, got.certainty) == ("m00", Certainty.CERTIFIED)
    assert "no usable candidate of the starting pool costs less" in got.reason


def test_a_dropped_candidate_is_not_recommended() -> None:
    assert answer(make_view(rows(0.8, 0.9, 0.9), pool=[0, 1])).candidate_id == "m01"


def test_limits_pass_the_cheapest_over() -> None:
    view = with_requirements(make_view(rows(0.8, 0.81, 0.79)), Requirements(min_quality=0.8))
    assert answer(view).candidate_id == "m01"


def test_an_unknown_cost_of_the_baseline_is_said() -> None:
    got = answer(make_view(np.full((2, 5), NAN), list_cost_usd=[NAN, 0.01]))
    assert got.certainty is Certainty.UNDECIDED
    assert "what it costs is not known" in got.reason


def test_it_is_not_settled_while_a_cheaper_one_is_open() -> None:
    scores = rows(0.5, 0.95, 0.5, n_items=400, n_seen=200)
    scores[2, 5:] = NAN
    view = make_view(scores)
    found = estimates(view)
    assert found[1].verdict is Verdict.NON_INFERIOR
    assert not is_settled(view, found)
    assert is_settled(replace(view, pool=view.pool[:2]), found)


@pytest.mark.parametrize(("cost_usd", "chosen"), [(0.0001, "m02"), (0.00088, "m01")])
def test_a_chance_is_preferred_to_a_certificate_where_it_saves_much_more(cost_usd: float, chosen: str) -> None:
    scores = rows(0.85, 0.9, 0.9, n_items=400)
    scores[2, 40:] = NAN
    view = make_view(scores, cost_usd=[0.001, 0.0009, cost_usd])
    found = estimates(view)
    assert [e.verdict for e in found[1:]] == [Verdict.NON_INFERIOR, Verdict.UNDECIDED]
    got = recommend(view, found)
    assert got.candidate_id == chosen
    assert got.runner_up_id == ("m01" if chosen == "m02" else "m02")
    assert ("m01 is certified, but saves only 10 %" in got.reason) == (chosen == "m02")
    assert (got.certainty is Certainty.LIKELY) == (chosen == "m02")


@given(
    st.integers(1, 5), st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0, 1), st.sampled_from([0.0, 0.02, 0.3])
)
@settings(max_examples=60, deadline=None)
def test_any_view_has_an_answer_that_keeps_its_word(k: int, n: int, seed: int, share: float, margin: float) -> None:
    rng = np.random.default_rng(seed)
    full = rng.integers(0, 2, (k, n)).astype(np.float64)
    view = make_view(np.where(rng.random((k, n)) < share, full, NAN), margin=margin)
    found = estimates(view)
    got = recommend(view, found)
    assert got.candidate_id in view.pool
    assert got.reason
    assert (got.p_right is not None) == (got.certainty is Certainty.LIKELY)
    gaps = full.mean(axis=1) - full[0].mean()
    certain_row = view.row[got.candidate_id]
    if max(e.log_e_value for e in found) in (0.0, 1000.0) and got.certainty is Certainty.CERTIFIED:
        assert gaps[certain_row] >= -margin - 1e-6


def test_prices_alone_certify_nothing() -> None:
    bare = answer(make_view(np.full((2, 5), NAN), list_cost_usd=[0.01, 0.02]))
    assert bare.certainty is Certainty.UNDECIDED
    assert "by list prices no usable candidate costs less" in bare.reason
    assert answer(make_view(np.full((1, 5), NAN))).certainty is Certainty.CERTIFIED


def test_a_baseline_beyond_the_clients_limits_is_kept_with_a_warning() -> None:
    got = answer(with_requirements(make_view(rows(0.8, 0.3)), Requirements(min_quality=0.9)))
    assert got.candidate_id == "m00"
    assert "the baseline itself breaks a limit" in got.reason
