"""The loop: fold, filter, rank, ask, append, evaluate. It alone assembles a move, and appends it before any call.

A killed search goes on where it was: `Fold` knows the open round, which is finished first, so strategies only ever
see closed rounds and decide the same. A round is cut to what its upper bounds allow before it is appended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.errors import PlanError
from modelsearch.core.events import Event, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CandidateId
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.ports import Evaluator, Ledger, Recorder
from modelsearch.core.registry import name_of
from modelsearch.core.search import Drop, Move, OutcomeMatrix, Probe, SearchView, Setting
from modelsearch.search.endings import check_pool, ended
from modelsearch.search.fold import Fold
from modelsearch.search.splits import split_move

_A = TypeVar("_A", bound=npt.NDArray[Any])


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search under way: its state and what it is plugged into."""

    fold: Fold
    evaluator: Evaluator
    recorder: Recorder
    ledger: Ledger

    def record(self, event: Event) -> None:
        """Append to the journal, then fold."""
        self.recorder.append(event)
        self.fold.apply(event)


async def run_plan(search: Search, plan: Plan) -> None:
    """Run every phase that is not closed yet."""
    for phase in plan.phases:
        await run_phase(search, phase)


async def run_phase(search: Search, phase: Phase) -> None:
    """Run one phase to its end, from wherever it was left.

    Raises:
        EmptyPoolError: only the baseline is left and nothing was ever asked.
        StoppedError: a provider cannot go on; the search can be resumed.
    """
    fold = search.fold
    if phase.name in fold.closed_phases:
        return
    if fold.open_phase != phase.name:
        left = max(Decimal(0), fold.setting.budget.spend_usd - search.ledger.spend().committed_usd)
        search.record(PhaseStarted(phase=phase.name, spend_usd=left * Decimal(str(phase.spend_share))))
    if fold.open_move is not None:
        await finish_round(search, fold.open_move)
    while not (reason := ended(fold, phase)):
        await _run_round(search, phase)
    _settle_splits(search)
    search.record(PhaseClosed(phase=phase.name, reason=reason))
    if not fold.has_asked:  # who leaves later, also where nobody answered and nothing was billed, left on evidence
        check_pool(fold)


async def _run_round(search: Search, phase: Phase) -> None:
    """One round."""
    _settle_splits(search)
    move = affordable(search, decide_move(search.fold.view(), phase))
    search.record(move)
    await finish_round(search, move)


def _settle_splits(search: Search) -> None:
    """A round of its own, without a call, for candidates that another model answers for."""
    fold = search.fold
    move = split_move(fold.view(), fold.splits, fold.apart) if fold.splits else None
    if move is not None:
        search.record(move)
        search.record(RoundClosed(phase=move.phase, round=move.round))


async def finish_round(search: Search, move: Move) -> None:
    """Evaluate the probes of a move that is recorded, and close the round."""
    probes = (*move.probes, *_member_probes(search.fold, move.probes))
    for outcome in await search.evaluator.evaluate(probes, search.fold.candidates) if probes else ():
        search.fold.take(outcome)
    search.record(RoundClosed(phase=move.phase, round=move.round))


def _member_probes(fold: Fold, probes: Sequence[Probe]) -> Iterable[Probe]:
    """What composites are made of: bought with them, so it has to be known, and counted as spend, with them too."""
    candidates = fold.candidates
    for probe in probes:
        candidate = candidates[probe.candidate_id]
        for member in () if isinstance(candidate, Single) else singles_of(candidate):
            missing = tuple(item_id for item_id in probe.item_ids if not fold.is_known(member.id, item_id))
            if missing and member.id in candidates:
                yield Probe(candidate_id=member.id, item_ids=missing)


def decide_move(view: SearchView, phase: Phase) -> Move:
    """Everything that a phase decides on a view: pure.

    Raises:
        PlanError: a strategy breaks its contract (drops the baseline or a stranger, asks for a stranger).
    """
    drops: list[Drop] = []
    for strategy in phase.filters:
        found = [replace(drop, strategy=name_of(strategy)) for drop in strategy.drop(view)]
        _check_ids("filter", strategy, [d.candidate_id for d in found], set(view.pool) - {view.baseline_id})
        drops += found
        view = _without(view, {drop.candidate_id for drop in found})
    view = replace(view, priors=_priors(view, phase))
    additions = _additions(view, phase)
    view = _with_additions(view, additions)
    probes = tuple(phase.sampler.ask(view)) if phase.sampler is not None else ()
    _check_ids("sampler", phase.sampler, [p.candidate_id for p in probes], set(view.pool))
    _check_items(phase.sampler, view, probes)
    probes = tuple(_unknown_only(view, probes)) + tuple(free_probes(view))
    return Move(phase=view.phase, round=view.round, drops=tuple(drops), additions=additions, probes=probes)


def free_probes(view: SearchView) -> Iterable[Probe]:
    """Composites of the pool on the items that all their members have: evaluated without a call."""
    done = view.outcomes.status != 0
    for candidate_id in view.pool:
        candidate = view.candidate(candidate_id)
        rows = [view.row.get(member.id) for member in singles_of(candidate)]
        if isinstance(candidate, Single) or any(row is None for row in rows):
            continue
        free = done[rows].all(axis=0) & ~done[view.row[candidate_id]]
        if free.any():
            yield Probe(
                candidate_id=candidate_id, item_ids=tuple(view.setting.item_ids[c] for c in np.flatnonzero(free))
            )


def affordable(search: Search, move: Move) -> Move:
    """The move cut, in its own order, to what its upper bounds allow of phase and budget.

    An item that is not known takes a call at least; the ledger refuses what the limit of calls does not hold.
    """
    fold = search.fold
    n_calls_left = _n_calls_left(search)
    left = min(
        fold.phase_budget_usd - fold.phase_spend_usd,
        fold.setting.budget.spend_usd - search.ledger.spend().committed_usd,
    )
    candidates = {**fold.candidates, **{c.id: c for c in move.additions}}
    kept = []
    for probe, bounds in zip(move.probes, search.evaluator.bound_usd(move.probes, candidates), strict=True):
        n_kept = 0
        for bound in bounds:
            n_calls = int(bound > 0)
            if bound > left or n_calls > n_calls_left:
                break
            left -= bound
            n_calls_left -= n_calls
            n_kept += 1
        if n_kept:
            p_draw = probe.p_draw[:n_kept] if probe.p_draw is not None else None
            kept.append(replace(probe, item_ids=probe.item_ids[:n_kept], p_draw=p_draw))
    return replace(move, probes=tuple(kept), is_cut=tuple(kept) != move.probes)


def _n_calls_left(search: Search) -> float:
    """How many calls the budget still holds; infinite without a limit."""
    most = search.fold.setting.budget.calls
    return float("inf") if most is None else most - search.ledger.spend().n_calls


def _unknown_only(view: SearchView, probes: Sequence[Probe]) -> Iterable[Probe]:
    """Probes without the items that have an outcome, and without empty ones."""
    for probe in probes:
        status = view.outcomes.status[view.row[probe.candidate_id]]
        keep = [i for i, item in enumerate(probe.item_ids) if status[view.setting.item_index[item]] == 0]
        if keep:
            p_draw = tuple(probe.p_draw[i] for i in keep) if probe.p_draw is not None else None
            yield replace(probe, item_ids=tuple(probe.item_ids[i] for i in keep), p_draw=p_draw)


def _priors(view: SearchView, phase: Phase) -> dict[CandidateId, float]:
    """Mean of the rankers' normalised ranks (Borda), in [0, 1]; a candidate without opinion gets the middle."""
    if not phase.rankers:
        return {}
    total = np.zeros(len(view.pool))
    for ranker in phase.rankers:
        merit = np.asarray(ranker.rank(view), dtype=np.float64)
        levels = np.unique(merit[~np.isnan(merit)])
        place = np.searchsorted(levels, merit) / max(1, len(levels) - 1)
        total += np.where(np.isnan(merit), 0.5, place)
    return dict(zip(view.pool, (total / len(phase.rankers)).tolist(), strict=True))


def _additions(view: SearchView, phase: Phase) -> tuple[Candidate, ...]:
    found: dict[CandidateId, Candidate] = {}
    for combiner in phase.combiners:
        for candidate in combiner.combine(view):
            if candidate.id not in view.row:
                found.setdefault(candidate.id, candidate)
    return tuple(found.values())


def _without(view: SearchView, gone: set[CandidateId]) -> SearchView:
    return replace(view, pool=tuple(c for c in view.pool if c not in gone)) if gone else view


def _with_additions(view: SearchView, additions: tuple[Candidate, ...]) -> SearchView:
    """The view with empty rows for new candidates."""
    if not additions:
        return view
    n_rows, n_items = len(additions), len(view.setting.item_ids)
    old = view.outcomes
    outcomes = OutcomeMatrix(
        score=_padded(old.score, n_rows, n_items, np.nan),
        status=_padded(old.status, n_rows, n_items, 0),
        cost_usd=_padded(old.cost_usd, n_rows, n_items, np.nan),
        latency_s=_padded(old.latency_s, n_rows, n_items, np.nan),
        answer=_padded(old.answer, n_rows, n_items, -1),
        answers=old.answers,
        confidence=_padded(old.confidence, n_rows, n_items, np.nan),
        noise=_padded(old.noise, n_rows, n_items, np.nan),
    )
    pool = tuple(sorted((*view.pool, *(c.id for c in additions))))
    return replace(view, candidates=(*view.candidates, *additions), pool=pool, outcomes=outcomes)


def _padded(array: _A, n_rows: int, n_items: int, fill: float) -> _A:
    padded = np.concatenate([array, np.full((n_rows, n_items), fill, dtype=array.dtype)])
    padded.setflags(write=False)
    return cast("_A", padded)


def _check_ids(role: str, strategy: object, ids: Sequence[CandidateId], allowed: set[CandidateId]) -> None:
    strangers = [candidate_id for candidate_id in ids if candidate_id not in allowed]
    if strangers:
        rule = "may only name live candidates (a filter never the baseline)"
        message = f"{role} {type(strategy).__name__}: {rule}, got {strangers[:3]}: mend the strategy"
        raise PlanError(message)


def _check_items(sampler: object, view: SearchView, probes: Sequence[Probe]) -> None:
    strangers = [item_id for probe in probes for item_id in probe.item_ids if item_id not in view.setting.item_index]
    if strangers:
        message = f"sampler {type(sampler).__name__}: may only ask for items of the task, got {strangers[:3]}: mend it"
        raise PlanError(message)


def check_free_phases(setting: Setting, plan: Plan, drops: Sequence[Drop]) -> None:
    """Run the phases before the first call in thought, so that constraints that leave nothing are told at once.

    Args:
        setting: of the search.
        plan: whose phases without a sampler, up to the first with one, are decided.
        drops: who left before the plan's first phase.

    Raises:
        EmptyPoolError: they leave nothing but the baseline.
    """
    fold = Fold(setting)
    fold.apply(Move(phase="available", round=0, drops=tuple(drops)))
    check_pool(fold)
    for phase in plan.phases:
        if phase.sampler is not None:
            return
        fold.apply(decide_move(fold.view_of(phase.name, Decimal(0)), phase))
        check_pool(fold)
