"""What the cascade and vote combiners propose from a bought share of a table, and what that truly scores and costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.composites_truth import EPS, MARGIN, Codes, Floats, Whole
from modelsearch.core.candidate import Candidate, Ensemble, singles_of
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Combiner
from modelsearch.core.search import STATUS_CODES, OutcomeMatrix, SearchView
from modelsearch.search.composing import alone, bought, sums
from modelsearch.search.crossfit import Limits, best_first, worth_of
from modelsearch.search.voting import vote_scores
from modelsearch.testing.factories import make_view

SLACK = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen: its true quality, USD per item and whether it is no single."""

    quality: float
    usd: float
    is_composite: bool

    def saving(self, whole: Whole, baseline: int) -> float:
        """1 - cost / the baseline's; -1 where it is worse than margin and slack."""
        if self.quality < whole.quality[baseline] - MARGIN - SLACK - EPS:
            return -1.0
        return 1.0 - self.usd / float(whole.usd[baseline])


def view_of(whole: Whole, baseline: int, order: Sequence[int], n_bought: int) -> SearchView:
    """Everybody bought on the first `n_bought` items of an order."""
    columns = np.asarray(order)
    has = np.arange(len(columns)) < n_bought
    shape = whole.score.shape
    score = np.where(has, whole.score[:, columns], np.nan).astype(np.float32)
    plain = make_view(np.full(shape, np.nan), baseline=baseline, cost_usd=whole.usd, margin=MARGIN)
    matrix = OutcomeMatrix(
        score=score,
        status=np.broadcast_to(np.where(has, STATUS_CODES[Status.OK], 0), shape).astype(np.uint8),
        cost_usd=np.where(has, whole.cost_usd[:, columns], np.nan),
        latency_s=np.where(has, 1.0, np.nan).astype(np.float32),
        answer=np.where(has, whole.answer[:, columns], -1).astype(np.int32),
        answers=whole.texts,
    )
    return replace(plain, outcomes=matrix, setting=replace(plain.setting, list_cost_usd={}))


def single_choice(view: SearchView, whole: Whole, baseline: int) -> Choice:
    """The worthiest single by the same sums, or the baseline."""
    found = bought(view, min_items=1)
    if found is not None:
        rows = [row for row in range(len(found.singles)) if row != found.base]
        base_usd = float(found.cost_usd[found.base])
        limits = Limits(margin=MARGIN, max_usd=base_usd, base_usd=base_usd, min_items=1)
        worth = worth_of(found, sums(found, alone(found, rows)).total(), limits)
        for index in best_first(worth, 1):
            return truth_of(found.singles[rows[index[0]]], view, whole)
    return Choice(quality=float(whole.quality[baseline]), usd=float(whole.usd[baseline]), is_composite=False)


def choice_with(view: SearchView, whole: Whole, baseline: int, combiners: Sequence[Combiner]) -> Choice:
    """The first proposal of the combiners, or else the single."""
    for combiner in combiners:
        for candidate in combiner.combine(view):
            return truth_of(candidate, view, whole)
    return single_choice(view, whole, baseline)


def truth_of(candidate: Candidate, view: SearchView, whole: Whole) -> Choice:
    """Quality and cost on the whole table, counted here anew."""
    rows = [view.row[single.id] for single in singles_of(candidate)]
    if len(rows) == 1:
        return Choice(quality=float(whole.quality[rows[0]]), usd=float(whole.usd[rows[0]]), is_composite=False)
    if isinstance(candidate, Ensemble):
        score = vote_scores(whole.answer[rows], whole.score[rows], 0.0)
        return Choice(quality=float(score.mean()), usd=float(whole.usd[rows].sum()), is_composite=True)
    score, usd = _agreement(whole.answer[rows], whole.score[rows], whole.cost_usd[rows])
    return Choice(quality=float(score.mean()), usd=float(usd.mean()), is_composite=True)


def _agreement(answer: Codes, score: Floats, cost_usd: Floats) -> tuple[Floats, Floats]:
    """(n_items,) score and USD of a cascade of three that stops where the first two agree."""
    stops = (answer[0] == answer[1]) & (answer[0] >= 0)
    return np.where(stops, score[0], score[2]), cost_usd[0] + cost_usd[1] + np.where(stops, 0.0, cost_usd[2])
