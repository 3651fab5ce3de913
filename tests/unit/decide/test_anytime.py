import numpy as np
import pytest

from modelsearch.core.outcome import Status
from modelsearch.core.result import Interval
from modelsearch.core.search import SearchView
from modelsearch.decide.anytime import with_anytime_intervals
from modelsearch.decide.estimates import estimates
from tests.unit.decide.views import NAN, make_view, rows, with_status


def width(interval: Interval | None) -> float:
    assert interval is not None
    return interval.high - interval.low


def both(view: SearchView) -> tuple[Interval, Interval]:
    """Quality and gap of row 1."""
    found = with_anytime_intervals(view, estimates(view))[1]
    assert found.quality is not None
    assert found.gap is not None
    return found.quality, found.gap


def test_they_hold_the_mean_are_wider_than_at_one_look_and_end_in_the_truth() -> None:
    part, whole = make_view(rows(0.8, 0.7, n_items=200, n_seen=80)), make_view(rows(0.8, 0.7, n_items=200))
    once = estimates(part)[1]
    quality, gap = both(part)
    assert quality.low <= quality.mean <= quality.high
    assert gap.low <= gap.mean <= gap.high
    assert width(quality) > width(once.quality)
    assert width(gap) > width(once.gap)
    quality, gap = both(whole)
    assert (quality.low, quality.high) == pytest.approx((0.7, 0.7))
    assert (gap.low, gap.high) == pytest.approx((-0.1, -0.1))


def test_failures_widen_both_ways_and_the_baselines_gap_is_nothing() -> None:
    view = make_view(rows(0.8, 0.7, n_items=200, n_seen=80))
    failed = with_status(view, 1, slice(10, 20), Status.ERROR)
    assert width(both(failed)[1]) > width(both(view)[1])
    assert width(both(failed)[0]) > width(both(view)[0])
    base = with_anytime_intervals(view, estimates(view))[0]
    assert base.gap is not None
    assert (base.gap.low, base.gap.high) == (0.0, 0.0)


def test_what_is_unknown_stays_unknown_and_costs_only_widen() -> None:
    view = make_view(np.concatenate([rows(0.8, 0.7, n_items=60, n_seen=30), np.full((1, 60), NAN)]))
    before, after = estimates(view), with_anytime_intervals(view, estimates(view))
    assert after[2].quality is None
    assert after[2].gap is None
    for old, new in zip(before, after, strict=True):
        if old.cost_usd is None:
            assert new.cost_usd is None
        else:
            assert width(new.cost_usd) >= width(old.cost_usd)


@pytest.mark.slow
def test_a_gap_is_rarely_missed_at_any_look() -> None:
    rng = np.random.default_rng(3)
    n_runs, missed = 60, 0
    truth = rows(0.8, 0.75, n_items=120)
    for _ in range(n_runs):
        scores = truth[:, rng.permutation(120)]
        is_missed = False
        for n_seen in (15, 40, 80):
            seen = scores.copy()
            seen[:, n_seen:] = NAN
            quality, gap = both(make_view(seen))
            is_missed |= not gap.low - 1e-9 <= -0.05 <= gap.high + 1e-9
            is_missed |= not quality.low - 1e-9 <= 0.75 <= quality.high + 1e-9
        missed += is_missed
    assert missed / n_runs <= 0.1 + 3 * np.sqrt(0.09 / n_runs)
