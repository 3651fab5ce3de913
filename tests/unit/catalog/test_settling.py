from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.settling import SETTLED_AFTER, settled
from modelsearch.core.market import Rate
from modelsearch.core.offering import Offering, Unsettled
from tests.unit.catalog.offers import HOUR, NOW, offer, plain, rate, usd_of


class Life:
    """An endpoint over many syncs."""

    def __init__(self, *first: Rate) -> None:
        self.offering: Offering | None = None
        self.waiting: Unsettled | None = None
        self.told: list[tuple[Rate, ...]] = []
        self.sees(first, hours=0)

    def sees(self, rates: tuple[Rate, ...], hours: float) -> None:
        found = settled(self.offering, self.waiting, rates, NOW + timedelta(hours=hours))
        self.offering, self.waiting = offer(rates=found.rates), found.unsettled
        told = found.rates if found.unsettled is None else found.unsettled.told
        if not self.told or usd_of(told) != usd_of(self.told[-1]):
            self.told.append(told)

    @property
    def in_force(self) -> tuple[Rate, ...]:
        assert self.offering is not None
        return self.offering.rates


def test_what_is_new_holds_at_once() -> None:
    life = Life(*plain())
    assert (life.in_force, life.waiting) == (plain(), None)


def test_a_rise_is_in_force_at_once_and_told_after_a_day() -> None:
    life = Life(*plain("1"))
    life.sees(plain("2"), hours=1)
    assert usd_of(life.in_force)["input"] == 2
    assert len(life.told) == 1
    life.sees(plain("2"), hours=24)
    assert [usd_of(each)["input"] for each in life.told] == [1, 2]
    assert life.waiting is None


def test_a_fall_is_in_force_and_told_after_a_day() -> None:
    life = Life(*plain("1"))
    for hours, expected in ((1, 1), (12, 1), (23.5, 1), (24, "0.5")):
        life.sees(plain("0.5"), hours=hours)
        assert str(usd_of(life.in_force)["input"]) == str(expected)
    assert len(life.told) == 2


def test_what_goes_back_within_a_day_was_never_told() -> None:
    life = Life(*plain("1"))
    for hours in range(1, 40):
        life.sees(plain("1" if hours % 2 else "0.4"), hours=hours)
    assert len(life.told) == 1
    assert usd_of(life.in_force)["input"] == 1


def test_small_changes_come_into_force_and_are_told_when_they_have_added_up() -> None:
    life = Life(*plain("1.00"))
    for day, usd in enumerate(("1.02", "1.02", "1.04", "1.04"), start=1):
        life.sees(plain(usd), hours=24 * day)
        assert str(usd_of(life.in_force)["input"]) == usd
    assert len(life.told) == 1
    life.sees(plain("1.06"), hours=24 * 5)
    life.sees(plain("1.06"), hours=24 * 6)
    assert [str(usd_of(each)["input"]) for each in life.told] == ["1.00", "1.06"]


def test_becoming_unknown_or_known_does_not_wait() -> None:
    life = Life(*plain("1"))
    life.sees(plain(None), hours=1)
    assert usd_of(life.in_force)["input"] is None
    assert life.waiting is None
    life.sees(plain("3"), hours=2)
    assert usd_of(life.in_force)["input"] == 3
    assert life.waiting is None


def test_rates_that_say_the_same_stay_the_very_rows_that_were_first_seen() -> None:
    life = Life(*plain("1"))
    life.sees(tuple(rate(each.kind, str(each.usd), observed_at=(NOW + HOUR).date()) for each in plain("1")), hours=48)
    assert life.in_force == plain("1")


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(50, 200), st.integers(50, 200)), max_size=12))
def test_the_price_in_force_is_never_below_what_is_listed(steps: list[tuple[int, int, int]]) -> None:
    life, hours = Life(*plain("1")), 0
    for n_hours, cents_in, cents_out in steps:
        hours += n_hours
        listed = plain(f"{cents_in / 100}", f"{cents_out / 100}")
        life.sees(listed, hours=hours)
        for kind, usd in usd_of(listed).items():
            held = usd_of(life.in_force)[kind]
            assert held is not None
            assert usd is not None
            assert held >= usd
    life.sees(plain("1.5"), hours=hours + 1)
    life.sees(plain("1.5"), hours=hours + 1 + SETTLED_AFTER.total_seconds() / 3600)
    assert usd_of(life.in_force) == usd_of(plain("1.5"))
