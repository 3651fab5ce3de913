import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.asking_prices import asking_prices, next_items
from modelsearch.search.costs import expected_costs
from modelsearch.search.probes import Purse
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import situations

NAN = float("nan")
COSTS = [0.01, 0.004, 0.002, 0.001]


def vote(*names: str) -> Candidate:
    return Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in names))


def seen(depths: list[int], composites: list[Candidate], n_items: int = 20) -> SearchView:
    scores = np.where(np.arange(n_items)[None, :] < np.array(depths)[:, None], 1.0, NAN)
    return make_view(scores, list_cost_usd=COSTS, composites=composites)


def prices(view: SearchView, cost_usd: list[float]) -> Floats:
    return asking_prices(view, np.array(cost_usd))


def test_a_single_spends_what_it_costs_and_unknown_stays_unknown() -> None:
    found = prices(seen([20, 10, 0, 0], []), [0.01, NAN, 0.002, 0.0])
    assert found.tolist() == pytest.approx([0.01, NAN, 0.002, 0.0], nan_ok=True)


def test_a_composite_spends_what_its_members_lack() -> None:
    view = seen([20, 20, 20, 0, 0, 0], [vote("m01", "m02"), vote("m01", "m03")])
    found = prices(view, [*COSTS, 0.006, 0.005])
    assert found[4:] == pytest.approx([0.0, 0.001])


def test_on_average_over_the_items_it_lacks_itself() -> None:
    view = seen([20, 15, 5, 0, 5], [vote("m01", "m02")])
    assert prices(view, [*COSTS, 0.006])[4] == pytest.approx(0.004 * 5 / 15 + 0.002)


def test_a_whole_composite_spends_nothing_and_one_of_strangers_is_unknown() -> None:
    view = seen([20, 20, 20, 0, 20, 0], [vote("m01", "m02"), vote("m01", "m77")])
    assert prices(view, [*COSTS, 0.006, NAN])[4:].tolist() == pytest.approx([0.0, NAN], nan_ok=True)


def test_a_member_of_unknown_cost_makes_it_unknown() -> None:
    view = seen([20, 0, 20, 0, 0], [vote("m01", "m02")])
    assert np.isnan(prices(view, [0.01, NAN, 0.002, 0.001, NAN])[4])


def test_what_is_given_is_not_changed() -> None:
    cost_usd = np.array([*COSTS, 0.006])
    asking_prices(seen([20, 20, 20, 0, 0], [vote("m01", "m02")]), cost_usd)
    assert cost_usd.tolist() == [*COSTS, 0.006]


@given(depths=st.lists(st.integers(0, 20), min_size=5, max_size=5))
def test_all_items_that_are_left_cost_what_the_purse_takes(depths: list[int]) -> None:
    view = seen(depths, [vote("m01", "m02", "m03")])
    costs = expected_costs(view)
    found = asking_prices(view, costs)
    for row, candidate in enumerate(view.candidates):
        items = next_items(view, row, 20)
        total_usd = Purse(view).total_usd([Probe(candidate_id=candidate.id, item_ids=items)])
        assert len(items) == 20 - depths[row]
        assert found[row] * len(items) == pytest.approx(total_usd)


@pytest.mark.parametrize("name", sorted(situations()))
def test_in_any_situation_prices_are_known_where_costs_are(name: str) -> None:
    view = situations()[name]
    costs = expected_costs(view)
    found = asking_prices(view, costs)
    is_known = ~np.isnan(costs)
    assert (found[is_known] >= 0.0).all()
    assert (found[is_known] <= costs[is_known] * (1 + 1e-9)).all()


def test_the_next_items_are_the_first_gaps_of_the_shared_order() -> None:
    scores = np.full((2, 6), NAN)
    scores[1, [0, 2]] = 1.0
    view = make_view(scores)
    ids = view.setting.item_ids
    assert next_items(view, 1, 3) == (ids[1], ids[3], ids[4])
    assert next_items(view, 0, 2) == ids[:2]
    assert next_items(view, 1, 99) == (ids[1], *ids[3:])
    assert next_items(view, 1, 0) == next_items(view, 1, -4) == ()
