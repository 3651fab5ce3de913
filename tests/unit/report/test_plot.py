import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.result import Interval
from modelsearch.report.plot import BOTTOM, HEIGHT, LEFT, MAX_DECADES, RIGHT, TOP, WIDTH, Plot, plot_of
from modelsearch.report.standing import standings
from tests.unit.report.results import make_estimate, make_result


def _plot(*points: tuple[str, float, float]) -> Plot | None:
    """Of candidates (name, USD per item, quality)."""
    estimates = tuple(
        make_estimate(name, cost_usd=Interval(mean=usd, low=usd, high=usd), quality=Interval(mean=q, low=q, high=q))
        for name, usd, q in points
    )
    return plot_of(standings(make_result(estimates=estimates, drops=())))


def test_cheaper_is_left_better_is_up_and_a_tenth_of_the_cost_is_the_same_step() -> None:
    plot = _plot(("big", 0.01, 0.8), ("cheap", 0.001, 0.8), ("x", 0.0001, 0.3))
    assert plot is not None
    at = {dot.title.split(":")[0]: dot for dot in plot.dots}
    assert at["big"].x - at["cheap"].x == pytest.approx(at["cheap"].x - at["x"].x, abs=0.2)
    assert at["x"].y > at["cheap"].y == at["big"].y == plot.baseline_y


def test_recommended_and_baseline_are_marked_labelled_and_drawn_last() -> None:
    plot = plot_of(standings(make_result()))
    assert plot is not None
    assert [(dot.kind, dot.label) for dot in plot.dots[-2:]] == [("baseline", "big"), ("recommended", "cheap")]
    assert {dot.kind for dot in plot.dots[:-2]} == {"live", "dropped"}
    assert not any(dot.label for dot in plot.dots[:-2])


def test_ticks_say_the_scale() -> None:
    plot = _plot(("big", 0.01, 0.8), ("cheap", 0.001, 0.35))
    assert plot is not None
    assert [tick.text for tick in plot.x_ticks] == ["1", "2", "5", "10"]
    assert [tick.text for tick in plot.y_ticks] == ["30", "40", "50", "60", "70", "80"]


def test_too_little_to_draw() -> None:
    assert _plot(("big", 0.01, 0.8)) is None
    unknown = make_estimate("cheap", cost_usd=None)
    assert plot_of(standings(make_result(estimates=(unknown, make_estimate("big")), drops=()))) is None


_COSTS = st.floats(min_value=0, max_value=1e6) | st.floats(min_value=0, max_value=1e-3)
_SCORES = st.floats(min_value=0, max_value=1)


@given(st.lists(st.tuples(_COSTS, _SCORES), min_size=2, max_size=6))
def test_everything_lies_inside_the_frame(points: list[tuple[float, float]]) -> None:
    plot = _plot(*((f"m{i}", usd, score) for i, (usd, score) in enumerate(points)))
    assert plot is not None
    for dot in plot.dots:
        assert math.isfinite(dot.x)
        assert LEFT <= dot.x <= WIDTH - RIGHT
        assert TOP <= dot.y_high <= dot.y <= dot.y_low <= HEIGHT - BOTTOM
    assert len(plot.x_ticks) <= MAX_DECADES + 2
    assert len({tick.text for tick in plot.x_ticks}) == len(plot.x_ticks)


def test_the_front_climbs_to_the_right_and_leaves_out_the_dominated() -> None:
    plot = _plot(("big", 0.01, 0.8), ("cheap", 0.001, 0.6), ("worse", 0.002, 0.5), ("dear", 0.1, 0.7))
    assert plot is not None
    at = {dot.title.split(":")[0]: (dot.x, dot.y) for dot in plot.dots}
    assert plot.front[0] == at["cheap"]
    assert plot.front[1:] == ((at["big"][0], at["cheap"][1]), at["big"], (WIDTH - RIGHT, at["big"][1]))


def test_who_is_outside_the_limits_is_not_on_the_front() -> None:
    one = Interval(mean=0.001, low=0.001, high=0.001)
    fast = make_estimate("fast", cost_usd=one, is_feasible=False)
    plot = plot_of(standings(make_result(estimates=(fast, make_estimate("big"), make_estimate("cheap")), drops=())))
    assert plot is not None
    assert plot.front[0][0] != next(dot.x for dot in plot.dots if dot.title.startswith("fast"))


def test_luck_on_a_single_item_is_not_on_the_front() -> None:
    lucky = make_estimate("lucky", quality=Interval(mean=1.0, low=0.01, high=1.0), n_items=1)
    plot = plot_of(standings(make_result(estimates=(lucky, make_estimate("big"), make_estimate("cheap")), drops=())))
    assert plot is not None
    at = {dot.title.split(":")[0]: dot.y for dot in plot.dots}
    assert min(y for _, y in plot.front) == at["cheap"] > at["lucky"]
