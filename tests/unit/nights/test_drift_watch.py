import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.nights.drift_watch import (
    KEPT_HISTORY,
    MOST_HISTORY,
    NIGHT_NIGHTS,
    SCORE_BLOCK,
    SCORE_NIGHTS,
    NightSeries,
    Watch,
    floats_of,
    no_places,
    watch_of,
)


def watch(n_items: int = 20, n_a_night: int = 5) -> Watch:
    return Watch(revision=1.0, price=2.0, places=no_places(n_items, n_items, n_a_night))


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(0, 40), st.integers(0, 2**32))
def test_what_is_written_is_read_again(n_items: int, n_nights: int, seed: int) -> None:
    rng, found = np.random.default_rng(seed), watch(n_items, 3)
    for day in range(n_nights):
        items = rng.permutation(n_items)[:3]
        found.add_scores(700_000 + day, items.tolist(), rng.random(len(items)).tolist())
        found.series["cost"].add(700_000 + day, float(rng.normal()))
    floats = floats_of(found)
    again = watch_of(floats)
    assert again is not None
    assert floats_of(again) == floats


@pytest.mark.parametrize("floats", [(), (0.0,), (9.0, *[0.0] * 30), floats_of(watch())[:-1]])
def test_anything_else_is_no_watch(floats: tuple[float, ...]) -> None:
    assert watch_of(floats) is None


@given(st.integers(1, 400), st.integers(1, 60))
def test_no_place_is_used_twice_in_a_window(n_items: int, n_a_night: int) -> None:
    n_a_night = min(n_a_night, n_items)
    n_places = no_places(n_items, n_items, n_a_night).shape[1]
    n_nights = SCORE_NIGHTS + SCORE_BLOCK - 1
    asked = np.arange(n_nights * n_a_night) % n_items  # the rotation takes turns
    assert np.bincount(asked).max() <= n_places


def test_scores_of_a_place_are_counted_summed_and_bounded() -> None:
    found = Watch(revision=1.0, price=1.0, places=np.zeros((1, 1, 4)))
    for day, score in enumerate([0.25, 1.0, 0.5]):
        found.add_scores(day, [0], [score])
    assert found.places[0, 0].tolist() == [3.0, 1.75, 0.25, 1.0]
    assert found.rows[:, 1:4].tolist() == [[0, 0, 0], [1, 0.75, 0.5625], [1, -0.125, 0.0156]]


def test_old_nights_leave_the_window() -> None:
    found, series = watch(), NightSeries()
    for day in range(100):
        found.add_scores(day, [day % 20], [1.0])
        series.add(day, float(day))
    assert found.rows[0, 0] == 100 - SCORE_NIGHTS
    assert series.rows[0, 0] == 100 - NIGHT_NIGHTS


def test_a_long_history_is_cut_and_the_window_begins_anew() -> None:
    series = NightSeries()
    for day in range(MOST_HISTORY + 1):
        series.add(day, float(day))
    assert len(series.values) == KEPT_HISTORY + 1
    assert len(series.rows) == 1
