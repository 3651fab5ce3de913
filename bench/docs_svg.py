"""Plain line charts as SVG for the documentation. Colours are the page's own where the picture is inlined in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import log10

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 28, 16, 46
INK = "var(--md-default-fg-color, #333)"
FAINT = "var(--ms-faint, #6b7280)"
COLOURS = {
    "chosen": "var(--ms-chosen, #0f766e)",
    "baseline": "var(--ms-baseline, #8a4b00)",
    "bad": "var(--ms-bad, #b42318)",
    "faint": FAINT,
}
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart. `dashes` keeps lines apart for those who see no colour."""

    name: str
    points: Points
    colour: str
    dashes: str = ""


@dataclass(frozen=True, kw_only=True)
class Band:
    """What lies between two lines over the same x."""

    low: Points
    high: Points
    colour: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart: axes with ticks `(value, text)`, lines, bands; `is_log` is of the y axis."""

    x_name: str
    y_name: str
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    bands: Sequence[Band] = ()
    is_log: bool = False
    notes: Sequence[tuple[float, float, str]] = field(default_factory=tuple)


def drawn(chart: Chart) -> str:
    """The chart as an SVG file, its text as text."""
    x, y = _scale(chart.x_ticks, LEFT, WIDTH - RIGHT), _scale(chart.y_ticks, HEIGHT - BOTTOM, TOP, is_log=chart.is_log)
    parts = [*_axes(chart, x, y)]
    parts += [_band(band, x, y) for band in chart.bands]
    parts += [_line(line, x, y) for line in chart.lines]
    parts += [_text(x(a) + 4, y(b) - 5, told, FAINT) for a, b, told in chart.notes]
    parts += _legend(chart.lines)
    n_legend_px = 20 * ((len(chart.lines) + 1) // 2)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + n_legend_px}" '
        f'width="{WIDTH}" height="{HEIGHT + n_legend_px}" font-family="system-ui, sans-serif" font-size="13">'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _scale(
    ticks: Sequence[tuple[float, str]], start: float, end: float, *, is_log: bool = False
) -> Callable[[float], float]:
    lowest, highest = ticks[0][0], ticks[-1][0]

    def place(value: float) -> float:
        inside = min(max(value, lowest), highest)
        low, high, at = (log10(lowest), log10(highest), log10(inside)) if is_log else (lowest, highest, inside)
        return start + (end - start) * (at - low) / (high - low)

    return place


def _axes(chart: Chart, x: Callable[[float], float], y: Callable[[float], float]) -> list[str]:
    parts = []
    for value, told in chart.y_ticks:
        parts.append(_rule(LEFT, y(value), WIDTH - RIGHT, y(value), "0.25"))
        parts.append(_text(LEFT - 8, y(value) + 4, told, FAINT, anchor="end"))
    for value, told in chart.x_ticks:
        parts.append(_rule(x(value), HEIGHT - BOTTOM, x(value), HEIGHT - BOTTOM + 5, "0.8"))
        parts.append(_text(x(value), HEIGHT - BOTTOM + 20, told, FAINT, anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, chart.x_name, INK, anchor="middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    parts.append(
        f'<text x="14" y="{middle:.0f}" {turned} text-anchor="middle" fill="{INK}">{escape(chart.y_name)}</text>'
    )
    return parts


def _rule(x1: float, y1: float, x2: float, y2: float, opacity: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{FAINT}" stroke-opacity="{opacity}"/>'
    )


def _text(x: float, y: float, told: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(told)}</text>'


def _path(points: Points, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    return " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)


def _line(line: Line, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
    points = _path(line.points, x, y)
    return f'<polyline points="{points}" fill="none" stroke="{COLOURS[line.colour]}" stroke-width="2"{dashes}/>'


def _band(band: Band, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    points = _path([*band.low, *reversed(band.high)], x, y)
    return f'<polygon points="{points}" fill="{COLOURS[band.colour]}" fill-opacity="0.18"/>'


def _legend(lines: Sequence[Line]) -> list[str]:
    parts = []
    for at, line in enumerate(lines):
        x, y = LEFT + (at % 2) * (WIDTH - LEFT) / 2, HEIGHT + 12 + 20 * (at // 2)
        dashes = f' stroke-dasharray="{line.dashes}"' if line.dashes else ""
        parts.append(
            f'<line x1="{x:.0f}" y1="{y - 4:.0f}" x2="{x + 26:.0f}" y2="{y - 4:.0f}" '
            f'stroke="{COLOURS[line.colour]}" stroke-width="2"{dashes}/>'
        )
        parts.append(_text(x + 33, y, line.name, INK))
    return parts
