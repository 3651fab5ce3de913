import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.search import SearchView
from modelsearch.decide.evidence import bets
from modelsearch.decide.pairs import paired
from modelsearch.search.probes import Purse
from modelsearch.search.samplers.lrf import Lrf
from modelsearch.testing.factories import make_list_costs, make_view
from modelsearch.testing.situations import World, true_scores

N_ROWS, N_ITEMS = 5, 60


def world(seed: int = 7) -> World:
    return World(scores=true_scores(N_ROWS, N_ITEMS, seed), cost_usd=make_list_costs(N_ROWS))


def searched(n_rounds: int, spend_usd: float = 10.0) -> SearchView:
    made = world()
    view = made.start(spend_usd)
    for _ in range(n_rounds):
        view, _ = made.bought(view, Lrf().ask(view))
    return view


def test_new_candidates_begin_along_the_shared_order() -> None:
    for probe in Lrf().ask(world().start(10.0)):
        assert probe.item_ids == tuple(f"i{column:04d}" for column in range(8))
        assert probe.p_draw is None


def test_then_items_are_drawn_with_their_probabilities() -> None:
    probes = Lrf(step_items=6).ask(searched(1))
    assert probes
    for probe in probes:
        assert probe.p_draw is not None
        assert len(probe.p_draw) == len(probe.item_ids) == 6
        assert min(probe.p_draw) >= 0.5 / (N_ITEMS - 8)
    assert any(probe.item_ids != tuple(sorted(probe.item_ids)) for probe in probes)


def test_a_row_that_has_more_draws_more() -> None:
    rng = np.random.default_rng(0)
    score = np.where(np.arange(200)[None, :] < 100, (rng.random((2, 200)) < 0.8) * 1.0, np.nan)
    (probe,) = Lrf(growth=1.5).ask(make_view(score))
    assert len(probe.item_ids) == 50


def test_bets_end_at_the_first_hole() -> None:
    view = searched(4)
    pairs = paired(view)
    status = view.outcomes.status > 0
    holes = [int(np.flatnonzero(~(row & status[0]))[0]) if not (row & status[0]).all() else N_ITEMS for row in status]
    bet = bets(pairs, view.task.margin)
    assert bet.low.shape[1] == max(holes[1:])
    assert (status[1:] & status[0]).sum(axis=1).max() > max(holes[1:])


def test_money_cuts_the_draws() -> None:
    view = searched(1)
    tight = make_view(
        view.outcomes.score, cost_usd=make_list_costs(N_ROWS), moves=view.moves, spend_left_usd=0.02, round=1
    )
    probes = Lrf().ask(tight)
    assert probes
    assert Purse(tight).can_buy(probes)


@pytest.mark.parametrize(
    "bad",
    [{"exploration": 0.0}, {"step_items": 0}, {"rank": 0}, {"n_fits": 1}, {"dropped_share": 0.0}, {"growth": 0.9}],
)
def test_parameters_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=f"{next(iter(bad))} of Lrf"):
        Lrf(**bad)  # type: ignore[arg-type]
