"""What singles, votes of three and agreement cascades truly score and cost on a whole recorded table, all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from modelsearch.core.recorded import RecordedTable
from modelsearch.store.recorded import read_recorded_table

MARGIN = 0.02
EPS = 1e-12
MAX_SPLIT_ANSWERS = 0.01
"""Share of an item's answers that may have two scores: more, and the column holds grades, not answers."""
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A table as arrays, models by items; `answer` -1 = none."""

    name: str
    models: tuple[str, ...]
    score: Floats
    cost_usd: Floats
    answer: Codes
    texts: tuple[str, ...]

    @property
    def quality(self) -> Floats:
        """(n_models,) mean score."""
        return np.asarray(self.score.mean(axis=1))

    @property
    def usd(self) -> Floats:
        """(n_models,) mean cost of an item."""
        return np.asarray(self.cost_usd.mean(axis=1))

    def baselines(self) -> list[int]:
        """The three most accurate of the dearest quarter, ties to the cheaper."""
        dear = np.flatnonzero(self.usd >= np.quantile(self.usd, 0.75))
        return sorted(dear.tolist(), key=lambda row: (-self.quality[row], self.usd[row]))[:3]

    def best_single(self, baseline: int) -> int:
        """The cheapest model within the margin of the baseline."""
        right = np.flatnonzero(self.quality >= self.quality[baseline] - MARGIN - EPS)
        return int(right[self.usd[right].argmin()])


def read_whole(folder: Path) -> Whole | None:
    """The table of a folder, or None where its answers are grades."""
    table = read_recorded_table(folder)
    codes, texts = coded(table)
    if split_share(table, codes) > MAX_SPLIT_ANSWERS:
        return None
    return Whole(
        name=table.name,
        models=tuple(model.name for model in table.models),
        score=table.score,
        cost_usd=table.cost_usd,
        answer=codes,
        texts=texts,
    )


def coded(table: RecordedTable) -> tuple[Codes, tuple[str, ...]]:
    """(n_models, n_items) numbers for answers, -1 for none, and what they stand for."""
    known: dict[str, int] = {}
    codes = [[known.setdefault(text, len(known)) if text else -1 for text in row] for row in table.answer]
    return np.array(codes, dtype=np.int32), tuple(known)


def split_share(table: RecordedTable, codes: Codes) -> float:
    """Share of an item's different answers that were given two scores."""
    scores: dict[tuple[int, int], set[float]] = {}
    for row, column in zip(*np.nonzero(codes >= 0), strict=True):
        scores.setdefault((int(column), int(codes[row, column])), set()).add(float(table.score[row, column]))
    return sum(len(found) > 1 for found in scores.values()) / max(1, len(scores))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composites:
    """(n,) quality and USD per item of composites, and their members' rows."""

    quality: Floats
    usd: Floats
    members: npt.NDArray[np.int64]

    def cheapest(self, quality: float, below_usd: float) -> int | None:
        """The cheapest of at least this quality below a cost."""
        able = np.flatnonzero((self.quality >= quality - EPS) & (self.usd < below_usd))
        return int(able[self.usd[able].argmin()]) if len(able) else None


def cascades(whole: Whole, below_usd: float) -> Composites:
    """Every two models, cheaper than `below_usd` together, with every last leg, that cost less than that in all."""
    parts = []
    everybody = np.arange(len(whole.models))
    for first, second in _pairs(whole, below_usd):
        agree = (whole.answer[first] == whole.answer[second]) & (whole.answer[first] >= 0)
        passes = (~agree).astype(np.float64) / agree.size
        quality = (whole.score[first] * agree).mean() + whole.score @ passes
        usd = whole.usd[first] + whole.usd[second] + whole.cost_usd @ passes
        able = (usd < below_usd) & (everybody != first) & (everybody != second)
        members = np.column_stack([np.broadcast_to([first, second], (able.sum(), 2)), everybody[able]])
        parts.append((quality[able], usd[able], members))
    return _joined(parts)


def votes_of_three(whole: Whole, below_usd: float) -> Composites:
    """Every three models that cost less than `below_usd` together; plurality, ties to the member of best quality."""
    parts = []
    for first, second in _pairs(whole, below_usd):
        thirds = np.arange(second + 1, len(whole.models))
        usd = whole.usd[first] + whole.usd[second] + whole.usd[thirds]
        thirds, usd = thirds[usd < below_usd], usd[usd < below_usd]
        if len(thirds):
            quality = _vote_qualities(whole, first, second, thirds)
            parts.append((quality, usd, np.column_stack([np.broadcast_to([first, second], (len(thirds), 2)), thirds])))
    return _joined(parts)


def _vote_qualities(whole: Whole, first: int, second: int, thirds: npt.NDArray[np.int64]) -> Floats:
    """Where two agree their answer, where nobody does that of the best who says anything."""
    a, b, c = whole.answer[first], whole.answer[second], whole.answer[thirds]
    agree = (a == b) & (a >= 0)
    echoes = (c >= 0) & ((c == a) | (c == b))
    rows = np.stack([np.full(len(thirds), first), np.full(len(thirds), second), thirds], axis=1)
    rows = np.take_along_axis(rows, np.argsort(-whole.quality[rows], axis=1, kind="stable"), axis=1)
    says = whole.answer[rows] >= 0
    speaker = np.take_along_axis(rows, says.argmax(axis=1), axis=1)
    alone = np.where(says.any(axis=1), whole.score[speaker, np.arange(a.size)], 0.0)
    voted = np.where(agree, whole.score[first], np.where(echoes, whole.score[thirds], alone))
    return np.asarray(voted.mean(axis=1))


def _pairs(whole: Whole, below_usd: float) -> Iterator[tuple[int, int]]:
    cheap = np.flatnonzero(whole.usd < below_usd)
    return ((a, b) for a, b in combinations(cheap.tolist(), 2) if whole.usd[a] + whole.usd[b] < below_usd)


def _joined(parts: list[tuple[Floats, Floats, npt.NDArray[np.int64]]]) -> Composites:
    if not parts:
        return Composites(quality=np.zeros(0), usd=np.zeros(0), members=np.zeros((0, 3), dtype=np.int64))
    quality, usd, members = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Composites(quality=quality, usd=usd, members=members)
