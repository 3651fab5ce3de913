import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.report.site_charts import charts_of, spark_of, spend_chart
from modelsearch.report.site_scale import HEIGHT, WIDTH, nice_values, scale_from_zero
from modelsearch.report.site_trends import Side, TrendNight, saved_usd, trend_of
from tests.unit.report.sites import BASE, CHEAP, TODAY, make_task, night_line, standing_line


def side(quality: float = 0.9, cost_usd: float = 0.001, name: str = CHEAP, **more: float) -> Side:
    return Side(candidate_id=name, quality=quality, cost_usd=cost_usd, **more)  # type: ignore[arg-type]


def night(n: int, **more: object) -> TrendNight:
    return TrendNight(day=TODAY + timedelta(days=n), **more)  # type: ignore[arg-type]


def test_a_history_becomes_a_day_each_and_the_last_line_of_a_day_counts() -> None:
    lines = [
        standing_line(TODAY, "both", BASE, cost_usd=0.004, quality=0.5, quality_then=None, quality_anew=None),
        standing_line(TODAY, "incumbent", CHEAP, cost_usd=0.001, quality=0.9, quality_then=0.8, quality_anew=0.7),
        standing_line(TODAY, "baseline", BASE, cost_usd=0.004),
    ]
    nights = [night_line(TODAY, spend_usd="0.5"), night_line(TODAY, spend_usd="0.25")]
    (found,) = trend_of(make_task(standings=lines, nights=nights))
    assert found.incumbent is not None
    assert found.incumbent.quality_now == pytest.approx(0.8)
    assert found.saving_share == pytest.approx(0.75)
    assert (found.spend_usd, found.n_calls) == (0.75, 200)
    (kept,) = trend_of(make_task(standings=lines[:1], nights=nights))
    assert kept.incumbent == kept.baseline
    assert kept.saving_share == 0


def test_an_incumbent_that_is_lost_is_not_taken_for_the_baseline() -> None:
    (found,) = trend_of(make_task(standings=[standing_line(TODAY, "baseline", BASE)], nights=[]))
    assert found.incumbent is None
    assert found.baseline is not None
    assert found.saving_share is None


def test_lines_that_make_no_sense_are_unknown() -> None:
    broken = standing_line(TODAY, "both", BASE, quality=None, cost_usd="NaN")
    (found,) = trend_of(make_task(standings=[broken], nights=[]))
    assert found.incumbent is None
    assert charts_of([found])[0].title.startswith("Spent")


def test_money_saved_is_a_sum_over_days() -> None:
    base, own = side(cost_usd=0.003, name=BASE), side(cost_usd=0.001)
    trend = [night(0, incumbent=base, baseline=base), night(2, incumbent=own, baseline=base)]
    per_day = 0.002 * 300_000 / (365.25 / 12)
    assert saved_usd(trend, 300_000, TODAY + timedelta(days=12)) == pytest.approx(10 * per_day)
    assert saved_usd(trend, 300_000, TODAY) == 0
    assert saved_usd([], 1, TODAY) == 0


values = st.floats(0, 1)
nights = st.lists(
    st.tuples(st.none() | values, st.none() | st.floats(0, 1e3), st.floats(0, 1e6), st.integers(1, 40)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(nights)
def test_whatever_is_drawn_lies_inside_the_frame(rows: list[tuple[float | None, float | None, float, int]]) -> None:
    trend, day = [], TODAY
    for quality, cost, spend, step in rows:
        known = None if quality is None or cost is None else side(quality, cost, quality_now=1 - quality)
        trend.append(TrendNight(day=day, incumbent=known, baseline=side(0.5, 1.0, BASE), spend_usd=spend))
        day += timedelta(days=step)
    for chart in charts_of(trend):
        for line in chart.series:
            assert all(-5 <= float(n) <= WIDTH for n in re.findall(r"[HM]([\d.-]+)", line.d))
            assert all(0 <= float(n) <= HEIGHT for n in re.findall(r"V([\d.-]+)", line.d))
            assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in line.marks)
        assert all(bar.height >= 0 and bar.y >= 0 for bar in chart.bars)
        assert 1 <= len(chart.y_ticks) <= 6
        assert all(0 <= tick.at <= HEIGHT for tick in chart.y_ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
def test_ticks_are_round_and_in_range(low: float, span: float) -> None:
    if low + span > low:
        found = nice_values(low, low + span)
        assert len(found) <= 6
        assert found == sorted(found)


def test_a_spark_needs_two_nights_and_a_flat_one_is_a_line() -> None:
    flat = [night(0, spend_usd=1.0), night(9, spend_usd=1.0)]
    assert spark_of(flat[:1], lambda each: each.spend_usd) == ""
    assert spark_of(flat, lambda each: each.spend_usd) == "M2.0 15.0H118.0V15.0"
    assert spark_of(flat, lambda _: None) == ""


def test_nights_that_cost_nothing_are_drawn() -> None:
    chart = spend_chart([night(0), night(1)])
    assert chart is not None
    assert {bar.height for bar in chart.bars} == {0.0}
    assert spend_chart([]) is None
    assert scale_from_zero([TODAY], [0.0]).high == 1.0
