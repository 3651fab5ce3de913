import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.search import Probe
from modelsearch.search.probes import Purse, by_prior, depth, merged, prefix
from modelsearch.testing.factories import make_view

NAN = float("nan")
M0, M1, M2 = (CandidateId(name) for name in ("m00", "m01", "m02"))


def test_a_prefix_asks_only_for_what_is_missing() -> None:
    view = make_view([[1.0, NAN, 0.0, NAN, NAN]])
    assert prefix(view, M0, 4).item_ids == ("i0001", "i0003")
    assert prefix(view, M0, 0).item_ids == ()
    assert prefix(view, M0, 99).item_ids == ("i0001", "i0003", "i0004")


def test_depth_is_the_unbroken_prefix() -> None:
    view = make_view([[1.0, 1.0, NAN, 1.0], [1.0, 1.0, 1.0, 1.0], [NAN, 1.0, 1.0, 1.0]])
    assert [depth(view, c) for c in (M0, M1, M2)] == [2, 4, 0]


def test_a_purse_refuses_what_it_cannot_pay_and_counts_nothing_twice() -> None:
    view = make_view(np.full((2, 10), NAN), list_cost_usd=[0.4, 0.1], spend_left_usd=1.3)
    purse = Purse(view)
    assert purse.buy([prefix(view, M0, 2)])
    assert purse.left_usd == pytest.approx(0.5)
    assert not purse.buy([prefix(view, M0, 5)])
    assert purse.buy([prefix(view, M0, 2), prefix(view, M1, 5)])
    assert purse.left_usd == pytest.approx(0.0)


def test_a_vote_pays_for_what_its_members_lack() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01")))
    view = make_view(
        [[1.0, NAN], [NAN, NAN], [NAN, NAN]], composites=[vote], list_cost_usd=[0.4, 0.1], cost_usd=[0.4] * 3
    )
    assert Purse(view).total_usd([prefix(view, vote.id, 2)]) == pytest.approx(0.4 + 2 * 0.1, rel=0.1)


def test_unknown_cost_is_never_affordable() -> None:
    view = make_view(np.full((2, 3), NAN), list_cost_usd=[0.4, NAN], spend_left_usd=1e9)
    assert not Purse(view).can_buy([prefix(view, M1, 1)])
    assert Purse(view).can_buy([Probe(candidate_id=M1, item_ids=())])


@settings(max_examples=40)
@given(spend_left_usd=st.floats(0.0, 5.0), n_items=st.integers(0, 12))
def test_affordable_depth_is_the_largest_that_fits(spend_left_usd: float, n_items: int) -> None:
    view = make_view(np.full((2, 12), NAN), list_cost_usd=[0.3, 0.1], spend_left_usd=spend_left_usd)
    purse = Purse(view)
    reached = purse.affordable_depth([M0, M1], n_items)
    assert purse.can_buy([prefix(view, M0, reached), prefix(view, M1, reached)])
    assert reached == n_items or not purse.can_buy([prefix(view, M0, reached + 1), prefix(view, M1, reached + 1)])


def test_order_by_prior_then_cost_then_id() -> None:
    view = make_view(np.full((4, 2), NAN), list_cost_usd=[0.4, 0.2, 0.1, 0.1], priors={"m01": 1.0})
    assert by_prior(view) == ("m01", "m02", "m03")


def test_merged_probes_are_one_per_candidate() -> None:
    view = make_view(np.full((2, 6), NAN))
    probes = merged([prefix(view, M0, 2), prefix(view, M1, 0), prefix(view, M0, 4)])
    assert [(p.candidate_id, len(p.item_ids)) for p in probes] == [("m00", 4)]
