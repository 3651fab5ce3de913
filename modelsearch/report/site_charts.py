"""Small charts of the nightly site as coordinates, drawn by its templates: lines in steps, dots, bars, sparklines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from modelsearch.report.numbers import amount, counted, percent, points, usd
from modelsearch.report.plain import short
from modelsearch.report.site_scale import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    Tick,
    scale_from_zero,
    scale_of_scores,
    scale_of_shares,
)
from modelsearch.report.site_trends import Side, TrendNight

SPARK_WIDTH, SPARK_HEIGHT = 120.0, 30.0
MAX_BAR = 14.0
Value = Callable[[TrendNight], float | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot, or the bar below it, and what a pointer over it shows."""

    x: float
    y: float
    title: str
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line: `d` is an SVG path in steps, broken where nothing is known; `kind` its style."""

    kind: str
    d: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything to draw. `title` says what, `told` the same in a sentence for those who do not see it."""

    title: str
    told: str
    series: tuple[Series, ...] = ()
    bars: tuple[Mark, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


def charts_of(trend: Sequence[TrendNight]) -> tuple[Chart, ...]:
    """Quality, cost, saving and spend of a task over its nights; those of which nothing is known are left out."""
    found = (_quality(trend), _cost(trend), _saving(trend), spend_chart(trend))
    return tuple(chart for chart in found if chart is not None)


def spark_of(trend: Sequence[TrendNight], value: Value) -> str:
    """An SVG path of a value over the nights, without axes; "" with fewer than two nights of it."""
    known = [(night.day, told) for night in trend if (told := value(night)) is not None]
    if len(known) < 2:
        return ""
    low, high = min(told for _, told in known), max(told for _, told in known)
    n_days, span = (known[-1][0] - known[0][0]).days or 1, high - low
    places = [
        (
            round(2 + (day - known[0][0]).days / n_days * (SPARK_WIDTH - 4), 1),
            round(SPARK_HEIGHT - 4 - ((told - low) / span if span > 0 else 0.5) * (SPARK_HEIGHT - 8), 1),
        )
        for day, told in known
    ]
    return "".join(f"H{x}V{y}" if n else f"M{x} {y}" for n, (x, y) in enumerate(places))


def spend_chart(trend: Sequence[TrendNight], title: str = "Spent a night, USD") -> Chart | None:
    """Money that went into nights, a bar a day."""
    if not trend:
        return None
    scale = scale_from_zero([night.day for night in trend], [night.spend_usd for night in trend])
    width = round(max(1.0, min(MAX_BAR, 0.7 * (WIDTH - LEFT - RIGHT) / max(1, scale.n_days))), 1)
    total, most = sum(night.spend_usd for night in trend), max(night.spend_usd for night in trend)
    return Chart(
        title=title,
        told=f"{usd(round(total, 6))} over {counted(len(trend), 'night')}, at most {usd(most)} in one.",
        bars=tuple(_bar(night, scale, width) for night in trend),
        x_ticks=scale.x_ticks(),
        y_ticks=scale.y_ticks(_money),
    )


def _bar(night: TrendNight, scale: Scale, width: float) -> Mark:
    top = scale.y(night.spend_usd)
    title = f"{night.day}: {usd(night.spend_usd)}, {counted(night.n_calls, 'call')}"
    return Mark(round(scale.x(night.day) - width / 2, 1), top, title, width, round(HEIGHT - BOTTOM - top, 1))


def _quality(trend: Sequence[TrendNight]) -> Chart | None:
    values = [side.quality for night in trend for side in _sides(night)]
    values += [side.quality_now for night in trend for side in _sides(night) if side.quality_now is not None]
    if not values:
        return None
    scale = scale_of_scores([night.day for night in trend], values)
    series = [_line(trend, scale, kind, lambda side: side.quality, _samples) for kind in ("baseline", "incumbent")]
    return Chart(
        title="Quality, points of 100",
        told=_told(trend, lambda side: points(side.quality), "as measured"),
        series=tuple(line for line in series if line.d),
        x_ticks=scale.x_ticks(),
        y_ticks=scale.y_ticks(lambda value: f"{100 * value:.4g}"),
    )


def _cost(trend: Sequence[TrendNight]) -> Chart | None:
    values = [1000 * side.cost_usd for night in trend for side in _sides(night)]
    if not values:
        return None
    scale = scale_from_zero([night.day for night in trend], values)
    kinds = ("baseline", "incumbent")
    series = [_line(trend, scale, kind, lambda side: 1000 * side.cost_usd, _prices) for kind in kinds]
    return Chart(
        title="Cost of 1,000 items, USD",
        told=_told(trend, lambda side: usd(1000 * side.cost_usd), "at that day's prices"),
        series=tuple(line for line in series if line.d),
        x_ticks=scale.x_ticks(),
        y_ticks=scale.y_ticks(_money),
    )


def _saving(trend: Sequence[TrendNight]) -> Chart | None:
    known = [(night.day, night.saving_share) for night in trend]
    values = [share for _, share in known if share is not None]
    if not values:
        return None
    scale = scale_of_shares([night.day for night in trend], values)
    shown = [(day, None if share is None else max(scale.low, share)) for day, share in known]
    marks = tuple(
        Mark(scale.x(day), scale.y(max(scale.low, share)), f"{day}: {percent(share)} saved")
        for day, share in _changed(known)
    )
    return Chart(
        title="Saving against the baseline",
        told=f"The last one saves {percent(values[-1])} of what the baseline costs.",
        series=(Series("incumbent", scale.path(shown), marks),),
        x_ticks=scale.x_ticks(),
        y_ticks=scale.y_ticks(lambda value: f"{100 * value:.0f} %"),
    )


def _line(
    trend: Sequence[TrendNight],
    scale: Scale,
    kind: str,
    value: Callable[[Side], float],
    marks: Callable[[Sequence[TrendNight], Scale, str], tuple[Mark, ...]],
) -> Series:
    known = [(night.day, _of(night, kind)) for night in trend]
    path = scale.path([(day, None if side is None else value(side)) for day, side in known])
    return Series(kind, path, marks(trend, scale, kind))


def _samples(trend: Sequence[TrendNight], scale: Scale, kind: str) -> tuple[Mark, ...]:
    """Where a night's sample puts the quality."""
    found = []
    for night in trend:
        side = _of(night, kind)
        if side is not None and side.quality_now is not None:
            told = f"{night.day}, {_word(kind)} {short(side.candidate_id)}: {points(side.quality_now)} by "
            told += f"{counted(side.n_sampled, 'item')} asked anew, {points(side.quality)} as measured"
            found.append(Mark(scale.x(night.day), scale.y(side.quality_now), told))
    return tuple(found)


def _prices(trend: Sequence[TrendNight], scale: Scale, kind: str) -> tuple[Mark, ...]:
    """Where the cost changed."""
    sides = {night.day: _of(night, kind) for night in trend}
    costs = [(day, None if side is None else 1000 * side.cost_usd) for day, side in sides.items()]
    return tuple(
        Mark(scale.x(day), scale.y(cost), f"{day}, {_word(kind)} {_name(sides[day])}: {usd(cost)}")
        for day, cost in _changed(costs)
    )


def _changed(values: Sequence[tuple[date, float | None]]) -> list[tuple[date, float]]:
    """The first one, the last one, and those that differ from the one before."""
    known = [(day, value) for day, value in values if value is not None]
    return [each for n, each in enumerate(known) if n in (0, len(known) - 1) or each[1] != known[n - 1][1]]


def _of(night: TrendNight, kind: str) -> Side | None:
    """The side of a kind; the incumbent's only where it is not the baseline."""
    if kind == "baseline":
        return night.baseline
    return None if night.baseline is not None and night.incumbent == night.baseline else night.incumbent


def _sides(night: TrendNight) -> list[Side]:
    return [side for side in (night.incumbent, night.baseline) if side is not None]


def _word(kind: str) -> str:
    return "recommended" if kind == "incumbent" else kind


def _name(side: Side | None) -> str:
    return "" if side is None else short(side.candidate_id)


def _money(value: float) -> str:
    return "0" if value == 0 else amount(value).removesuffix(".00")


def _told(trend: Sequence[TrendNight], text: Callable[[Side], str], how: str) -> str:
    """The newest night of which something is known, in a sentence."""
    night = next(night for night in reversed(trend) if _sides(night))
    named = [(_word(kind), _of(night, kind)) for kind in ("incumbent", "baseline")]
    told = ", ".join(f"{word} {text(side)}" for word, side in named if side is not None)
    return f"On {night.day}: {told}, {how}."
