"""A comparison as one HTML page: captured saving against spend with bands, wrong rates, calibration, all tables.

A yardstick of several settings is drawn as its best one at each share; the tables hold every setting.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

from modelsearch.compare.aggregate import Row, Standing, calibration, grouped, standings
from modelsearch.compare.peers import yardstick_of
from modelsearch.compare.svg import Chart, Line, Point, chart_svg
from modelsearch.compare.tell import comparison_lines

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}svg{width:100%;height:auto}
.grid{stroke:#ddd}.right{stroke:#999;stroke-dasharray:4 4}.tick{font-size:12px;fill:#555}.label{font-size:13px}
pre{overflow-x:auto;font-size:12px;background:#f6f6f6;padding:1rem}
"""


def comparison_page(rows: Sequence[Row]) -> str:
    """The page; whatever came from a file or a user is escaped."""
    found = best_settings(standings(rows))
    charts = [
        Chart(
            title="Net captured saving against spend",
            x_label="share of the whole cost X that might be spent",
            y_label="net captured saving, 95 % band by table",
            lines=_lines(found, lambda each: (each.captured.mean, each.captured.low, each.captured.high)),
            y_low=-1.0 if any(each.captured.mean < -0.25 for each in found) else -0.25,
            y_high=1.0,
        ),
        Chart(
            title="Wrong recommendations against spend",
            x_label="share of the whole cost X that might be spent",
            y_label="wrong recommendations",
            lines=_lines(found, lambda each: (each.wrong_share, math.nan, math.nan)),
            y_low=0.0,
            y_high=max(0.2, math.ceil(10 * max((each.wrong_share for each in found), default=0.0)) / 10),
        ),
        _calibration_chart(rows),
    ]
    drawn = "".join(f"<h2>{escape(chart.title)}</h2>{chart_svg(chart)}" for chart in charts)
    text = escape("\n".join(comparison_lines(rows)))
    head = f'<meta charset="utf-8"><title>Search plans compared</title><style>{_STYLE}</style>'
    told = escape(_told(rows))
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body><h1>Search plans compared</h1><p>{told}</p>{drawn}'
        f"<h2>All numbers</h2><pre>{text}</pre></body></html>\n"
    )


def best_settings(found: Sequence[Standing]) -> list[Standing]:
    """Of several settings of one yardstick the best at each share."""
    best: dict[tuple[str, float], Standing] = {}
    for each in found:
        key = (yardstick_of(each.plan), each.budget_share)
        if key not in best or _rank(each) > _rank(best[key]):
            best[key] = each
    return list(best.values())


def _rank(each: Standing) -> tuple[float, str]:
    mean = each.captured.mean
    return (-2.0 if math.isnan(mean) else mean, each.plan)


def _lines(found: Sequence[Standing], of: Callable[[Standing], tuple[float, float, float]]) -> tuple[Line, ...]:
    names = sorted({yardstick_of(each.plan) for each in found})
    lines = []
    for name in names:
        own = sorted((each for each in found if yardstick_of(each.plan) == name), key=lambda each: each.budget_share)
        values = [(each.budget_share, *of(each)) for each in own]
        lines.append(Line(name=name, points=tuple(Point(x=x, y=y, low=low, high=high) for x, y, low, high in values)))
    return tuple(lines)


def _calibration_chart(rows: Sequence[Row]) -> Chart:
    lines = []
    for (plan,), some in grouped(rows, "plan").items():
        bins = [each for each in calibration(some) if each.n]
        if bins and yardstick_of(plan) == plan:
            lines.append(Line(name=plan, points=tuple(Point(x=each.stated, y=each.right_share) for each in bins)))
    return Chart(
        title="Calibration: how often recommendations were right, by the probability stated",
        x_label="stated probability, mean of a bin",
        y_label="right",
        lines=tuple(lines),
        y_low=0.0,
        y_high=1.0,
        is_log_x=False,
        is_diagonal=True,
    )


def _told(rows: Sequence[Row]) -> str:
    tables = {str(row["table"]) for row in rows}
    cases = {(row["table"], row["baseline"]) for row in rows}
    seeds = {row["seed"] for row in rows}
    given = [text for name, text in _GIVEN.items() if any(row[name] for row in rows)]
    return f"{len(tables)} tables, {len(cases)} cases, {len(seeds)} seeds, {len(rows)} rows" + "".join(given)


_GIVEN = {
    "is_baseline_imported": "; the baseline's outcomes were given",
    "is_cost_known": "; true mean costs were given",
}
