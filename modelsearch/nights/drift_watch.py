"""What is remembered of one candidate between nights to see it change: one tuple of floats.

Scores are kept by item: count, sum, least and largest of its earlier scores, in as many places per item as a window of
nights asks it anew, so that no measurement meets itself within a window. Of a night as a whole (its mean score, its
cost, its latency, each against the row that was first measured) the one number is kept.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from modelsearch.core.search import Floats
from modelsearch.stats.drift import RANK_WEIGHTS, SCORE_WEIGHTS, References, rank_log_bets, score_log_bets

SCORE_NIGHTS, SCORE_BLOCK = 16, 4
"""A change of scores is looked for among the last so many days; starts are added up by so many."""
NIGHT_NIGHTS, NIGHT_BLOCK = 30, 10
"""The same of numbers that tell of a whole night."""
MOST_HISTORY, KEPT_HISTORY = 180, 120
"""Nights whose numbers are kept. When they are cut the window begins anew, for it must be read against one history."""
MIN_ITEMS = 5
"""Of a night, for its number to say anything."""
METRICS = ("score", "cost", "latency")
_VERSION = 1.0
_HEAD = 5
_ROW_HEAD = 4
_DIGITS = 4


@dataclass(kw_only=True)
class NightSeries:
    """One number a night, in order, and the bets of the nights in the window.

    Attributes:
        values: (n_nights,) the newest last.
        rows: (n_window, 1 + n_bets): day of the night, its log bets; the last of `values` are theirs.
    """

    values: Floats = field(default_factory=lambda: np.zeros(0))
    rows: Floats = field(default_factory=lambda: np.zeros((0, 1 + len(RANK_WEIGHTS))))

    def add(self, day: int, value: float) -> None:
        """Take in a night."""
        if len(self.values) >= MOST_HISTORY:
            self.values, self.rows = self.values[-KEPT_HISTORY:], self.rows[:0]
        row = np.array([day, *np.round(rank_log_bets(value, self.values), _DIGITS)])
        self.values = np.append(self.values, round(value, 6))
        self.rows = np.vstack([self.rows[self.rows[:, 0] > day - NIGHT_NIGHTS], row])


@dataclass(kw_only=True)
class Watch:
    """One candidate, watched since `revision` serves.

    Attributes:
        revision: hash of what stands behind its name; `price`: hash of its prices.
        places: (n_items, n_places, 4): count, sum, least, largest score.
        rows: (n_window, 4 + n_bets): day of the night; n, sum and sum of squares of new score minus mean of earlier
            ones; log bets.
    """

    revision: float
    price: float
    places: Floats
    rows: Floats = field(default_factory=lambda: np.zeros((0, _ROW_HEAD + len(SCORE_WEIGHTS))))
    series: dict[str, NightSeries] = field(default_factory=lambda: {name: NightSeries() for name in METRICS})

    def add_scores(self, day: int, items: Sequence[int], scores: Sequence[float]) -> None:
        """Take in a night's new scores, at most one of an item."""
        at = np.array(items, dtype=np.int64)
        new: Floats = np.round(np.clip(np.array(scores, dtype=np.float64), 0.0, 1.0), _DIGITS).astype(np.float64)
        place = self.places[at, :, 0].sum(axis=1).astype(np.int64) % self.places.shape[1]
        n, total, low, high = (self.places[at, place, column] for column in range(4))
        log_bets = score_log_bets(References(n=n, total=total, low=low, high=high), new).sum(axis=0)
        every = self.places[at].sum(axis=1)
        gained = (new - every[:, 1] / np.maximum(every[:, 0], 1))[every[:, 0] > 0]
        head = [day, len(gained), gained.sum(), (gained**2).sum()]
        kept = self.rows[self.rows[:, 0] > day - SCORE_NIGHTS]
        self.rows = np.vstack([kept, np.round(np.array([*head, *log_bets]), _DIGITS)])
        low, high = np.where(n > 0, np.minimum(low, new), new), np.where(n > 0, np.maximum(high, new), new)
        self.places[at, place] = np.round(np.stack([n + 1, total + new, low, high], axis=1), _DIGITS)


def no_places(n_items: int, n_rotated: int, n_a_night: int) -> Floats:
    """Empty `Watch.places`.

    Args:
        n_items: of the task.
        n_rotated: how many of them take turns.
        n_a_night: asked anew each night.
    """
    n_places = math.ceil((SCORE_NIGHTS + SCORE_BLOCK - 1) * max(n_a_night, 1) / max(n_rotated, 1))
    return np.zeros((n_items, n_places, 4))


def floats_of(watch: Watch) -> tuple[float, ...]:
    """All of it, for `TaskState.drift`."""
    n_items, n_places, _ = watch.places.shape
    head = [_VERSION, watch.revision, watch.price, n_items, n_places]
    parts = [watch.places, watch.rows]
    for name in METRICS:
        parts += [watch.series[name].values, watch.series[name].rows]
    lengths = [len(part) for part in parts[1:]]
    return tuple(np.concatenate([head, lengths, *(part.ravel() for part in parts)]).tolist())


def watch_of(floats: Sequence[float]) -> Watch | None:
    """What `floats_of` gave; None where it is empty or of another version."""
    n_lengths = 1 + 2 * len(METRICS)
    if len(floats) < _HEAD + n_lengths or floats[0] != _VERSION:
        return None
    _, revision, price, n_items, n_places = floats[:_HEAD]
    lengths = [int(x) for x in floats[_HEAD : _HEAD + n_lengths]]
    widths = [_ROW_HEAD + len(SCORE_WEIGHTS), *(1, 1 + len(RANK_WEIGHTS)) * len(METRICS)]
    shapes = [(int(n_items), int(n_places) * 4), *zip(lengths, widths, strict=True)]
    if len(floats) != _HEAD + n_lengths + sum(rows * width for rows, width in shapes):
        return None
    parts = _parts(np.array(floats[_HEAD + n_lengths :], dtype=np.float64), shapes)
    places, rows = next(parts).reshape(int(n_items), int(n_places), 4), next(parts)
    series = {name: NightSeries(values=next(parts).ravel(), rows=next(parts)) for name in METRICS}
    return Watch(revision=revision, price=price, places=places, rows=rows, series=series)


def _parts(data: Floats, shapes: Sequence[tuple[int, int]]) -> Iterator[Floats]:
    start = 0
    for rows, width in shapes:
        yield data[start : start + rows * width].reshape(rows, width).copy()
        start += rows * width
