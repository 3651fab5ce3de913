from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Sampler
from modelsearch.core.search import Floats, SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import is_settled, recommend
from modelsearch.search.samplers.gap_race import GapRace
from modelsearch.search.samplers.random_order import RandomOrder
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import World

NAN = float("nan")
N_ROWS, N_ITEMS = 8, 100
COSTS = np.asarray(0.01 * 0.6 ** np.arange(N_ROWS), dtype=np.float64)
MARGIN = 0.02


@cache
def world(seed: int) -> World:
    """Dear candidates are better, but m03 at a fifth of the price is as able as the baseline."""
    rng = np.random.default_rng(seed)
    ability = np.linspace(1.5, -0.5, N_ROWS)
    ability[3] = 1.6
    difficulty = rng.normal(0.0, 1.2, N_ITEMS)
    scores = rng.random((N_ROWS, N_ITEMS)) < 1 / (1 + np.exp(difficulty - ability[:, None]))
    return World(scores=scores.astype(np.float64), cost_usd=COSTS)


def searched(strategy: Sampler, of: World, view: SearchView, n_rounds: int = 200) -> tuple[SearchView, float]:
    """The view when it asks no more, and the USD spent."""
    total_usd = 0.0
    for _ in range(n_rounds):
        probes = strategy.ask(view)
        if not probes:
            return view, total_usd
        view, spend_usd = of.bought(view, probes)
        total_usd += spend_usd
    raise AssertionError("never ends")


def asked(strategy: GapRace, view: SearchView) -> dict[str, int]:
    return {str(probe.candidate_id): len(probe.item_ids) for probe in strategy.ask(view)}


def reward(view: SearchView, of: World) -> float:
    """Share saved by what is recommended, or -1 where it is worse than the baseline by more than the margin."""
    chosen = recommend(view, estimates(view))
    gap = of.scores[view.row[chosen.candidate_id]].mean() - of.scores[0].mean()
    return (chosen.saving_share or 0.0) if gap >= -MARGIN else -1.0


def test_the_cheapest_are_bought_whole_before_anything_else() -> None:
    first = world(0).start(10.0)
    assert asked(GapRace(first_share=1.0), first) == {"m07": 8, "m06": 8, "m05": 8}
    second, _ = world(0).bought(first, GapRace(first_share=1.0).ask(first))
    assert asked(GapRace(first_share=1.0), second) == {"m07": N_ITEMS - 8, "m06": N_ITEMS - 8, "m05": N_ITEMS - 8}
    third, _ = world(0).bought(second, GapRace(first_share=1.0).ask(second))
    assert not {"m07", "m06", "m05"} & set(asked(GapRace(first_share=1.0), third))


def test_the_first_sensors_are_left_where_they_would_cost_much() -> None:
    alone_usd = COSTS[7] / COSTS.sum()
    assert list(asked(GapRace(sensor_start=0.0, first_share=1.01 * alone_usd), world(0).start(10.0))) == ["m07"]
    none = asked(GapRace(sensor_start=0.0, first_share=0.99 * alone_usd), world(0).start(10.0))
    assert none
    assert none == asked(GapRace(n_sensors=0), world(0).start(10.0))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.3])
def test_sensors_stay_within_their_money(share: float) -> None:
    view = world(0).start(1000.0)
    sensors = asked(GapRace(sensor_start=share, n_sensors_first=0), view)
    whole_usd = np.cumsum(COSTS[::-1]) * N_ITEMS
    n_cheap = int(np.count_nonzero(COSTS / COSTS[0] < 0.5))
    expected = min(n_cheap, int(np.count_nonzero(whole_usd <= share * COSTS.sum() * N_ITEMS)))
    assert list(sensors) == [f"m{row:02d}" for row in range(N_ROWS - 1, N_ROWS - 1 - expected, -1)]


@pytest.mark.parametrize("spend_usd", [0.5, 1.0, 3.0])
def test_the_first_sensors_never_cost_over_a_tenth_of_the_money(spend_usd: float) -> None:
    strategy = GapRace(sensor_start=1.0, n_sensors_first=0)
    sensors = asked(strategy, world(0).start(spend_usd))
    wanted_usd = sum(COSTS[int(name[1:])] * N_ITEMS for name in sensors)
    assert 0.0 < wanted_usd <= 0.1 * spend_usd


def test_more_sensors_follow_as_money_is_spent() -> None:
    scores = np.full((N_ROWS, N_ITEMS), NAN)
    scores[:3, :50] = world(0).scores[:3, :50]
    scores[7] = world(0).scores[7]
    view = make_view(scores, cost_usd=COSTS)
    spent_usd = float(COSTS[1:3].sum() * 50 + COSTS[7] * N_ITEMS)
    due_usd = float(COSTS[6:].sum() * N_ITEMS)
    for share, is_due in [(0.99, False), (1.01, True)]:
        strategy = GapRace(sensor_share=share * due_usd / spent_usd, sensor_start=0.0, n_sensors_first=0)
        assert (asked(strategy, view) == {"m06": 8}) == is_due


def test_sensors_that_were_dropped_make_no_room_for_more() -> None:
    scores = np.full((N_ROWS, N_ITEMS), NAN)
    scores[[0, 5, 6, 7]] = world(0).scores[[0, 5, 6, 7]]
    strategy = GapRace(sensor_share=0.0, sensor_start=0.0, n_sensors_first=3, first_share=1.0)
    whole = asked(strategy, make_view(scores, cost_usd=COSTS))
    assert asked(strategy, make_view(scores, cost_usd=COSTS, pool=[0, 1, 2, 3, 4])) == whole
    capped = GapRace(n_sensors=3)
    whole = asked(capped, make_view(scores, cost_usd=COSTS))
    assert asked(capped, make_view(scores, cost_usd=COSTS, pool=[0, 1, 2, 3, 4])) == whole


def test_a_cap_of_none_goes_straight_to_the_race() -> None:
    assert asked(GapRace(n_sensors=0), world(0).start(10.0)) != asked(GapRace(first_share=1.0), world(0).start(10.0))


@pytest.mark.parametrize("spend_usd", [0.05, 0.3, 0.6, 1.2])
def test_it_never_spends_more_than_it_has_and_looks_at_the_baseline(spend_usd: float) -> None:
    view, total_usd = searched(GapRace(), world(0), world(0).start(spend_usd))
    assert 0.9 * spend_usd < total_usd <= spend_usd * (1 + 1e-9)
    if spend_usd >= 0.6:
        assert view.n_bought(view.baseline_id) >= 8


def test_the_baseline_is_bought_where_only_it_is_missing() -> None:
    scores = world(0).scores.copy()
    scores[0] = NAN
    assert set(asked(GapRace(), make_view(scores, cost_usd=COSTS))) == {"m00"}


def test_it_ends_when_the_decision_is_settled_though_money_and_items_are_left() -> None:
    columns = np.arange(200)
    scores = np.where(columns < 150, np.array([columns % 2, np.ones(200)]), NAN)
    view = make_view(scores, cost_usd=[0.01, 0.006])
    assert is_settled(view, estimates(view))
    assert asked(GapRace(), replace(view, round=4)) == {}
    assert asked(GapRace(), replace(view, round=5)), "looked at every few rounds only"
    undecided = make_view(np.where(columns < 12, scores, NAN), cost_usd=[0.01, 0.006])
    assert asked(GapRace(), replace(undecided, round=4))


def test_a_search_with_plenty_of_money_ends_at_the_right_one_with_most_of_the_money_left() -> None:
    view, total_usd = searched(GapRace(), world(0), world(0).start(10.0))
    assert recommend(view, estimates(view)).candidate_id == "m03"
    assert total_usd < 0.7 * COSTS.sum() * N_ITEMS


@pytest.mark.parametrize("spend_usd", [0.2, 0.7, 1.1])
def test_the_budget_only_cuts(spend_usd: float) -> None:
    strategy = GapRace(sensor_start=0.0)
    small, _ = searched(strategy, world(1), world(1).start(spend_usd))
    large, _ = searched(strategy, world(1), world(1).start(50.0))
    moves = list(zip(small.moves, large.moves, strict=False))
    n_same = next((n for n, (short, long) in enumerate(moves) if short.probes != long.probes), len(moves))
    assert n_same >= 3
    for short, long in moves[n_same : n_same + 1]:
        whole = {probe.candidate_id: probe.item_ids for probe in long.probes}
        for probe in short.probes:
            full = whole.get(probe.candidate_id, ())
            assert probe.item_ids == full[: len(probe.item_ids)]


def test_it_beats_random_order_at_equal_spend() -> None:
    def total(strategy: Sampler) -> float:
        spends = [(seed, spend_usd) for seed in range(4) for spend_usd in (0.7, 1.3)]
        ends = [(searched(strategy, world(seed), world(seed).start(usd))[0], seed) for seed, usd in spends]
        return sum(reward(view, world(seed)) for view, seed in ends)

    assert total(GapRace()) > total(RandomOrder()) + 1.0


def test_items_go_along_the_shared_order() -> None:
    view, _ = searched(GapRace(), world(2), world(2).start(1.2))
    bought = view.outcomes.status > 0
    assert np.array_equal(bought, np.arange(N_ITEMS)[None, :] < bought.sum(axis=1)[:, None])


def test_who_has_no_price_is_never_bought() -> None:
    prices: Floats = np.where(np.isin(np.arange(N_ROWS), [3, 7]), NAN, COSTS)
    view = make_view(np.full((N_ROWS, N_ITEMS), NAN), list_cost_usd=prices, cost_usd=COSTS, spend_left_usd=10.0)
    end, total_usd = searched(GapRace(), world(0), view)
    assert total_usd > 0.5
    assert [end.n_bought(name) for name in ("m03", "m07")] == [0, 0]  # type: ignore[arg-type]


def test_who_never_gave_a_score_is_not_asked_again() -> None:
    statuses: list[list[Status | None]] = [[None] * N_ITEMS for _ in range(N_ROWS)]
    statuses[7] = [Status.ERROR] * 8 + [None] * (N_ITEMS - 8)
    view = make_view(np.full((N_ROWS, N_ITEMS), NAN), statuses=statuses, cost_usd=COSTS)
    assert asked(GapRace(first_share=1.0), view) == {"m06": 8, "m05": 8, "m04": 8}


def test_the_baseline_alone_ends_it() -> None:
    assert asked(GapRace(), make_view(np.full((N_ROWS, N_ITEMS), NAN), pool=[0])) == {}


@pytest.mark.parametrize(
    "bad",
    [
        {"sensor_share": 1.5},
        {"sensor_start": -0.1},
        {"n_sensors": -1},
        {"n_sensors_first": -1},
        {"first_items": 0},
        {"step_share": 0.0},
        {"growth": -1.0},
        {"sure_p": 0.6},
    ],
)
def test_parameters_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(PlanError, match=f"{next(iter(bad))} of GapRace"):
        GapRace(**bad)  # type: ignore[arg-type]


def test_rows_of_which_nothing_is_known_are_tried_in_one_round_where_they_promise_the_same() -> None:
    scores = np.full((N_ROWS, N_ITEMS), NAN)
    scores[0] = world(0).scores[0]
    prices = np.array([0.01, *[0.001] * (N_ROWS - 1)])
    view = make_view(scores, cost_usd=prices)
    together = asked(GapRace(n_sensors=0, near=0.5), view)
    assert len(together) > 1
    assert len(asked(GapRace(n_sensors=0, near=1.0), view)) <= len(together)
    assert set(together.values()) == {8}


def test_a_lowest_quality_sends_the_money_to_who_may_reach_it() -> None:
    """m07 is as good as a poor baseline and the cheapest; m01 alone can reach what the client wants at least."""
    rng = np.random.default_rng(5)
    quality = np.array([0.6, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.65])
    scores = np.full((N_ROWS, N_ITEMS), NAN)
    scores[:, :24] = rng.random((N_ROWS, 24)) < quality[:, None]
    plain = make_view(scores, cost_usd=COSTS)
    wishes = replace(plain.task.requirements, min_quality=0.85)
    task = replace(plain.task, requirements=wishes)
    picky = replace(plain, setting=replace(plain.setting, task=task))
    assert "m07" in asked(GapRace(n_sensors=0), plain)
    assert "m07" not in asked(GapRace(n_sensors=0), picky)
    assert {"m00", "m01"} & set(asked(GapRace(n_sensors=0), picky))
