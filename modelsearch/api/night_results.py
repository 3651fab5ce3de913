"""What a job's run has come to, in the words of nights: standings with tokens, samples, and money from the journal."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import fmean

from modelsearch.api.session import Session
from modelsearch.core.budget import Spend
from modelsearch.core.candidate import Candidate, Cascade, Single, singles_of
from modelsearch.core.events import OutcomeScored
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import JobResult, Standing, TokenUse
from modelsearch.core.outcome import Outcome, Usage
from modelsearch.core.result import Estimate, SearchResult
from modelsearch.core.search import Setting
from modelsearch.evaluate.batch_state import BatchState
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.stored import stored_usages
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from modelsearch.store.ledger import Ledger

Samples = tuple[tuple[int, float, float], ...]
OutcomesOf = Mapping[CandidateId, Mapping[ItemId, Outcome]]


def standings_of(session: Session, result: SearchResult, day: date) -> tuple[Standing, ...]:
    """Everybody whom the run has outcomes of; revision and place are left open, for the night knows them."""
    known, candidates = outcomes_of(session.run), session.search.fold.candidates
    return tuple(
        standing
        for estimate in result.estimates
        if (standing := _standing(session, estimate, candidates[estimate.candidate_id], known, day)) is not None
    )


def _standing(
    session: Session, estimate: Estimate, candidate: Candidate, known: OutcomesOf, day: date
) -> Standing | None:
    if estimate.n_items == 0 or estimate.quality is None or estimate.cost_usd is None:
        return None
    uses = tuple(_uses(session.plugs, candidate, known)) if session.plugs is not None else ()
    is_single, wishes = isinstance(candidate, Single), session.source.task.requirements
    has_limits = any(x is not None for x in (wishes.max_cost_usd_per_1k, wishes.max_latency_s, wishes.min_quality))
    return Standing(
        candidate_id=estimate.candidate_id,
        revision="",
        place=0,
        verdict=estimate.verdict,
        n_items=estimate.n_items,
        quality=estimate.quality.mean,
        gap=0.0 if estimate.gap is None else estimate.gap.mean,
        cost_usd=estimate.cost_usd.mean,
        tested_on=day,
        tokens_in=sum(use.tokens_in for use in uses) if is_single else 0.0,
        tokens_out=sum(use.tokens_out for use in uses) if is_single else 0.0,
        run_id=session.run.run_id,
        uses=() if is_single else uses,
        log_e_value=estimate.log_e_value,
        is_feasible=estimate.is_feasible or not has_limits,
    )


def outcomes_of(run: RunDir) -> OutcomesOf:
    """What a run's journal holds, by candidate and item; of several repeats the first."""
    found: dict[CandidateId, dict[ItemId, Outcome]] = {}
    for event in Journal.read(run.journal)[1]:
        if isinstance(event, OutcomeScored):
            found.setdefault(event.outcome.candidate_id, {}).setdefault(event.outcome.item_id, event.outcome)
    return found


def _uses(plugs: Plugs, candidate: Candidate, known: OutcomesOf) -> Iterator[TokenUse]:
    """Mean billed tokens of an item, by what is called for it; nothing where no reply can be read any more."""
    for single in singles_of(candidate):
        own = known.get(single.id, {})
        usages = stored_usages(plugs, single, [*own])
        if usages:
            share = _share_called(candidate, single, known)
            yield TokenUse(
                endpoint_id=single.endpoint_id,
                tokens_in=share * fmean(usage.prompt_tokens for usage in usages),
                tokens_out=share * fmean(_output_tokens(usage) for usage in usages),
            )


def _output_tokens(usage: Usage) -> int:
    return usage.output_tokens + usage.reasoning_tokens


def _share_called(candidate: Candidate, leg: Single, known: OutcomesOf) -> float:
    """Share of a composite's items for which a member is called; a cascade stops at the leg whose answer stands."""
    if not isinstance(candidate, Cascade):
        return 1.0
    legs, whole = known.get(leg.id, {}), known.get(candidate.id, {})
    called = [set(legs[item].call_ids) <= set(whole[item].call_ids) for item in whole if item in legs]
    return fmean(called) if called else 1.0


def with_samples(result: JobResult, setting: Setting, anew_id: CandidateId, known: OutcomesOf) -> JobResult:
    """The result of a drift job with scores, costs and latencies of items as they were and as they are now.

    An item that failed then or now tells nothing of what changed, and is left out.
    """
    place = {item.id: number for number, item in enumerate(setting.task.items)}
    old, new = known.get(result.job.candidate_id, {}), known.get(anew_id, {})
    asked = [(place[item_id], old[item_id], new[item_id]) for item_id in new if item_id in old]
    both = [(n, a, b) for n, a, b in asked if a.score is not None and b.score is not None]
    return replace(
        result,
        samples=tuple((n, float(a.score or 0.0), float(b.score or 0.0)) for n, a, b in both),
        cost_samples=tuple((n, float(a.cost_usd), float(b.cost_usd)) for n, a, b in both),
        latency_samples=_timed([(n, a.latency_s, b.latency_s) for n, a, b in both]),
    )


def _timed(samples: Sequence[tuple[int, float, float]]) -> Samples:
    return tuple((n, a, b) for n, a, b in samples if not (math.isnan(a) or math.isnan(b)))


def spent_in(run: RunDir) -> Spend:
    """What a run has spent, whatever became of it; nothing where it was not begun.

    Calls of batches that a provider works on count as reserved, those in flight at a kill as unknown.
    """
    if not Journal.is_begun(run.journal):
        return Spend()
    _, events = Journal.read(run.journal)
    return Ledger.from_events(ZERO_USD, events, still_open=BatchState(events).open_calls()).spend()
