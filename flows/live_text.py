"""Text of a terminal's width: cut in the middle, padded by columns, bars and intervals of characters."""

from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

Line: TypeAlias = list[Segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The characters that pictures are made of; one column each."""

    full: str = "\N{BOX DRAWINGS HEAVY HORIZONTAL}"
    empty: str = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    low: str = "\N{BOX DRAWINGS LIGHT VERTICAL AND RIGHT}"
    line: str = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    high: str = "\N{BOX DRAWINGS LIGHT VERTICAL AND LEFT}"
    mean: str = "\N{BLACK CIRCLE}"
    level: str = "\N{BOX DRAWINGS LIGHT QUADRUPLE DASH VERTICAL}"
    more: str = "\N{HORIZONTAL ELLIPSIS}"
    done: str = "\N{CHECK MARK}"
    running: str = "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"
    ahead: str = "\N{MIDDLE DOT}"
    dot: str = "\N{MIDDLE DOT}"


ASCII = Glyphs(
    full="#", empty=".", low="|", line="-", high="|", mean="o", level=":", more="~", done="x", running=">", ahead=".",
    dot="-",
)  # fmt: skip
"""For terminals that do not say that they know more."""


def glyphs_for(encoding: str) -> Glyphs:
    """Those that an encoding has."""
    try:
        "".join(getattr(Glyphs(), name) for name in Glyphs.__slots__).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return Glyphs()


def cut(text: str, width: int, glyphs: Glyphs) -> str:
    """At most `width` columns, the middle left out: of an id both ends tell who it is."""
    if cell_len(text) <= width:
        return text
    if width < 5:
        return set_cell_size(text, max(0, width)).rstrip()
    head = (width - 1) // 3  # of an id the end, with version and host, tells most
    return f"{set_cell_size(text, head).rstrip()}{glyphs.more}{_end(text, width - 1 - head)}"


def _end(text: str, width: int) -> str:
    """The last characters that fit."""
    kept = ""
    for char in reversed(text):
        if cell_len(char + kept) > width:
            break
        kept = char + kept
    return kept


def cut_end(text: str, width: int, glyphs: Glyphs) -> str:
    """At most `width` columns, the end left out: the beginning of a sentence says most."""
    if cell_len(text) <= width:
        return text
    return _head(text, width - 1) + glyphs.more if width > 1 else _head(text, width)


def _head(text: str, width: int) -> str:
    kept = ""
    for char in text:
        if cell_len(kept + char) > width:
            break
        kept += char
    return kept


def padded(text: str, width: int, glyphs: Glyphs) -> str:
    """Exactly `width` columns."""
    return set_cell_size(cut(text, width, glyphs), max(0, width))


def filled(share: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """A bar of `width` columns in two parts, the full and the empty one; a share in [0, 1], else the nearest."""
    n_full = round(min(1.0, max(0.0, share)) * width)
    return glyphs.full * n_full, glyphs.empty * (width - n_full)


@dataclass(frozen=True, slots=True)
class Axis:
    """Scores from `low` to `high` on `width` columns; `level` is marked in every bar, None is not."""

    low: float
    high: float
    width: int
    level: float | None = None

    def column(self, score: float) -> int:
        """Where a score lies; beyond the ends at the end."""
        share = (score - self.low) / (self.high - self.low)
        return round(min(1.0, max(0.0, share)) * (self.width - 1))


def interval_bar(mean: float, low: float, high: float, axis: Axis, glyphs: Glyphs) -> str:
    """Bounds and mean as characters, exactly as wide as the axis."""
    chars = [" "] * axis.width
    if axis.level is not None:
        chars[axis.column(axis.level)] = glyphs.level
    first, last = axis.column(low), axis.column(high)
    chars[first : last + 1] = [glyphs.line] * (last + 1 - first)
    chars[first], chars[last] = glyphs.low, glyphs.high
    chars[axis.column(mean)] = glyphs.mean
    return "".join(chars)


def clock(seconds: float) -> str:
    """1:23, or 1:02:03 from an hour on."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
