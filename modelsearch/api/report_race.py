"""The race over spend: what would have been recommended after each of some closed rounds, from the run's own events.

Nothing is stored for it: `decide` is a function of what is known, so the same events give what a search that had
stopped there would have answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from modelsearch.core.events import Event, OutcomeScored, RoundClosed
from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Estimate, Recommendation, SearchResult
from modelsearch.core.search import SearchView, Setting
from modelsearch.decide.anytime import with_anytime_gaps
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.report.page_data import RacePoint, RaceRow
from modelsearch.search.fold import Fold

MAX_POINTS, MIN_POINTS = 32, 10
MAX_WORK_CELLS = 40_000_000
"""Cells (candidates x items) looked at for a race: fewer points in a large search, some seconds in the largest."""
MAX_CONTENDERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closed:
    """A closed round: how many events there were by then, and what was spent."""

    n_events: int
    phase: str
    round: int
    n_outcomes: int
    spend_usd: float


def race_of(setting: Setting, events: Sequence[Event], result: SearchResult) -> tuple[RacePoint, ...]:
    """The race of a search; empty where nothing was asked.

    Args:
        setting: as the search was begun with.
        events: of its journal.
        result: what it came to, whose intervals the last point shows.
    """
    closed = _closed_rounds(events)
    if not closed:
        return ()
    n_cells = max(1, len(result.estimates) * len(setting.item_ids))
    chosen = _spread(closed, max(MIN_POINTS, min(MAX_POINTS, MAX_WORK_CELLS // n_cells)))
    known, answers = [], []
    for view in _views(setting, events, chosen):
        known.append(estimates(view))
        answers.append(recommend(view, known[-1]))
    wanted = _contenders(result, answers)
    views = _views(setting, events, chosen)
    rows = [_rows(view, found, wanted) for view, found in zip(views, known, strict=True)]
    points = [
        RacePoint(
            phase=at.phase,
            round=at.round,
            spend_usd=at.spend_usd,
            n_outcomes=at.n_outcomes,
            n_pool=n_pool,
            baseline_id=baseline_id,
            answer=answer,
            rows=shown,
        )
        for at, answer, (n_pool, baseline_id, shown) in zip(chosen, answers, rows, strict=True)
    ]
    return tuple(points)


def _closed_rounds(events: Sequence[Event]) -> list[_Closed]:
    """Closed rounds that brought outcomes."""
    found: list[_Closed] = []
    spend_usd, n_outcomes = 0.0, 0
    for number, event in enumerate(events, start=1):
        if isinstance(event, OutcomeScored):
            n_outcomes += 1
            spend_usd += float(event.outcome.spend_usd)
        elif isinstance(event, RoundClosed) and n_outcomes > (found[-1].n_outcomes if found else 0):
            at = _Closed(
                n_events=number, phase=event.phase, round=event.round, n_outcomes=n_outcomes, spend_usd=spend_usd
            )
            found.append(at)
    return found


def _spread(closed: Sequence[_Closed], n_points: int) -> list[_Closed]:
    """So many of them, half evenly by round and half by spend, for much is decided early at little cost; the last."""
    if len(closed) <= n_points:
        return list(closed)
    spend = np.array([at.spend_usd for at in closed])
    by_round = np.linspace(0, len(closed) - 1, n_points // 2).round().astype(int)
    by_spend = np.searchsorted(spend, np.linspace(spend[0], spend[-1], n_points - n_points // 2))
    chosen = sorted({*by_round.tolist(), *by_spend.tolist(), len(closed) - 1})
    return [closed[place] for place in chosen if place < len(closed)]


def _views(setting: Setting, events: Sequence[Event], chosen: Iterable[_Closed]) -> Iterable[SearchView]:
    """What was known at each of them, one at a time: a view of a large search takes a hundred megabytes."""
    fold, n_before = Fold(setting), 0
    for at in chosen:
        for event in events[n_before : at.n_events]:
            fold.apply(event)
        n_before = at.n_events
        yield fold.view()


def _contenders(result: SearchResult, answers: Sequence[Recommendation]) -> list[CandidateId]:
    """Who is shown: whoever was ever the answer, the runner-up, then the likeliest; never the baseline."""
    answer = result.recommendation
    first = [answer.candidate_id, *([answer.runner_up_id] if answer.runner_up_id else [])]
    ever = [each.candidate_id for each in reversed(answers)]
    asked = sorted((e for e in result.estimates if e.n_pairs > 0), key=_fame)
    names = dict.fromkeys([*first, *ever, *(e.candidate_id for e in asked)])
    return [name for name in names if name != result.baseline_id][:MAX_CONTENDERS]


def _fame(estimate: Estimate) -> tuple[float, int, str]:
    """The likeliest first; among the hopeless, those that were asked most."""
    return (-round(estimate.p_non_inferior or 0.0, 4), -estimate.n_pairs, estimate.candidate_id)


def _rows(
    view: SearchView, known: Sequence[Estimate], wanted: Sequence[CandidateId]
) -> tuple[int, CandidateId, tuple[RaceRow, ...]]:
    """The number of live candidates, the baseline, and the contenders with intervals that hold at every look."""
    base = view.baseline_id
    there = [base, *(name for name in wanted if name in view.row and name != base)]
    own = [known[view.row[name]] for name in there]
    found = with_anytime_gaps(_of(view, there), own)[1:]
    pool = set(view.pool)
    rows = tuple(
        RaceRow(candidate_id=e.candidate_id, gap=e.gap, n_items=e.n_items, is_live=e.candidate_id in pool)
        for e in found
    )
    return len(view.pool), base, rows


def _of(view: SearchView, names: Sequence[CandidateId]) -> SearchView:
    """The view with these candidates alone: an interval of a gap rests on its own row and the baseline's."""
    rows = np.array([view.row[name] for name in names])
    outcomes = view.outcomes
    matrix = replace(
        outcomes,
        score=outcomes.score[rows],
        status=outcomes.status[rows],
        cost_usd=outcomes.cost_usd[rows],
        latency_s=outcomes.latency_s[rows],
        answer=outcomes.answer[rows],
        confidence=outcomes.confidence[rows],
        noise=outcomes.noise[rows],
    )
    pool = tuple(name for name in view.pool if name in set(names))
    return replace(view, candidates=tuple(view.candidate(name) for name in names), outcomes=matrix, pool=pool)
