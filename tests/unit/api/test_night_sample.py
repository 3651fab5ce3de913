from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.api.night_sample import sample_of
from modelsearch.core.ids import ItemId

DAY = date(2026, 11, 24)


def items(n: int) -> list[ItemId]:
    return [ItemId(f"i{number}") for number in range(n)]


@given(st.integers(1, 200), st.integers(1, 80), st.integers(0, 400))
def test_as_many_as_asked_for_each_once(n_all: int, n_items: int, n_days: int) -> None:
    sample = sample_of(items(n_all), DAY + timedelta(days=n_days), n_items)
    assert len(sample) == len(set(sample)) == min(n_all, n_items)
    assert set(sample) <= set(items(n_all))


@given(st.integers(1, 12), st.integers(1, 20))
def test_every_item_has_its_turn_equally_often(n_times: int, n_items: int) -> None:
    n_all = n_times * n_items
    days = [DAY + timedelta(days=n) for n in range(3 * n_times)]
    asked = Counter(item for day in days for item in sample_of(items(n_all), day, n_items))
    assert set(asked.values()) == {3}
    assert len(asked) == n_all


def test_all_where_no_number_is_given_and_none_of_nothing() -> None:
    assert sample_of(items(5), DAY, 0) == tuple(items(5))
    assert sample_of([], DAY, 5) == ()
