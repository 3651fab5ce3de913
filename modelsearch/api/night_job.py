"""Carries out one job of a night with real calls; whatever goes wrong is the job's own end, never the night's."""

import asyncio
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from modelsearch.api.begun import AVAILABLE
from modelsearch.api.finish import result_of
from modelsearch.api.night_request import JobSearch, job_search
from modelsearch.api.night_results import outcomes_of, spent_in, standings_of, with_samples
from modelsearch.api.night_sample import sample_of
from modelsearch.api.night_work import Composites, NightWork
from modelsearch.api.observing import observed_job
from modelsearch.api.run import reports_of
from modelsearch.api.session import Opening, Session, find_session_run, open_session
from modelsearch.api.stages import write_decision, write_stage
from modelsearch.core.candidate import Candidate, Single, singles_of
from modelsearch.core.errors import BatchPendingError, ModelsearchError
from modelsearch.core.events import PhaseClosed
from modelsearch.core.ids import CandidateId, EndpointId, ItemId
from modelsearch.core.nights import Job, JobEnd, JobResult, Standing
from modelsearch.core.result import Verdict
from modelsearch.core.search import Probe
from modelsearch.evaluate.stored import stored_probes
from modelsearch.search.rows import ask_rows
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir

KNOWN, COMPOSED, ROWS = "known", "composed", "rows"
"""Phases that no plan has: replies of earlier runs, what a composite makes of them, rows that were asked for by name.
"""


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """Where a job is carried out.

    Attributes:
        run: its run directory, an earlier life's or a new one.
        known_ids: candidates whose stored replies are looked for before anything is decided; those of the job are.
        wait_s: the longest that this life of it waits for batches; None = as long as they take.
        most_usd: what is left of the night's money, by every limit.
    """

    run: RunDir
    most_usd: Decimal
    known_ids: frozenset[CandidateId] = frozenset()
    wait_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class JobDone:
    """What came of a job, and what the engine keeps for later nights.

    Attributes:
        hosts: pinned host of each endpoint that was called.
        made: the composites that a search recommends or certifies: when the first is lost, another one serves.
    """

    result: JobResult
    hosts: dict[EndpointId, str | None] = field(default_factory=dict)
    made: Composites = field(default_factory=Composites)


async def run_job(job: Job, work: NightWork, where: JobRun) -> JobDone:
    """Carry out a job, or go on with it where an earlier life left it; nothing is paid twice.

    Never raises but for what ends the process: a failure is the job's end, with its reason in one line.
    """
    if where.most_usd <= 0:
        return _ended(job, where, "out_of_money", "")
    with observed_job(work.settings, job) as told:
        done = await _whatever_happens(job, work, where)
        told(done.result)
        return done


async def _whatever_happens(job: Job, work: NightWork, where: JobRun) -> JobDone:
    try:
        return await _carried_out(job, work, where)
    except BatchPendingError as error:
        return _ended(job, where, "pending", str(error))
    except ModelsearchError as error:
        return _ended(job, where, "failed", str(error))
    except Exception as error:  # noqa: BLE001 - one job must not end the night; its words may hold anything
        return _ended(job, where, "failed", f"{fault_of(error)}; its run is kept")


async def _carried_out(job: Job, work: NightWork, where: JobRun) -> JobDone:
    search = await asyncio.to_thread(job_search, job, work, where.most_usd)
    request = search.request
    if Journal.is_begun(where.run.journal):  # the money of its first life, whatever tonight's would be
        _, request = find_session_run(work.settings, where.run.run_id)
    opening = Opening(
        settings=work.settings, market=search.market, run=where.run, batch_wait_s=where.wait_s, watch=work.watch,
        shared=work.shared,
    )  # fmt: skip
    async with open_session(request, opening) as session:
        if job.kind in ("search", "screen"):
            return await _searched(job, work, session, where)
        return await _asked(job, work, session, search)


async def _searched(job: Job, work: NightWork, session: Session, where: JobRun) -> JobDone:
    """A search or a screen: replies of earlier runs first, then the plan to its end."""
    write_stage(session, AVAILABLE)
    for phase in session.plan.phases:
        if phase.sampler is not None:
            await _take_known(session, where.known_ids | {job.candidate_id})
        await session.run_phase(phase)
        write_stage(session, phase.name)
    result = result_of(session)
    write_decision(session, result, reports_of(result, is_emulated=session.source.is_emulated, session=session))
    chosen = session.search.fold.candidates[result.recommendation.candidate_id]
    standings = standings_of(session, result, work.day)
    spend = session.search.ledger.spend()
    end: JobEnd = "out_of_money" if job.kind == "screen" and _is_short(session, job.candidate_id) else "done"
    return JobDone(
        result=JobResult(
            job=job,
            end=end,
            standings=_wanted(job, standings),
            chosen_id=chosen.id,
            spend_usd=spend.committed_usd,
            n_calls=spend.n_calls,
            run_id=session.run.run_id,
        ),
        hosts=_hosts(session),
        made=_made(session, chosen.id, [s.candidate_id for s in standings if s.verdict is Verdict.NON_INFERIOR]),
    )


def _made(session: Session, chosen_id: CandidateId, certified: Sequence[CandidateId]) -> Composites:
    found = Composites()
    for candidate_id in dict.fromkeys((chosen_id, *certified)):
        found = found.with_candidate(session.search.fold.candidates[candidate_id])
    return found


def _wanted(job: Job, standings: tuple[Standing, ...]) -> tuple[Standing, ...]:
    """Everybody's of a search; of other jobs whom they are about: the rest is known better from elsewhere."""
    return tuple(each for each in standings if job.kind == "search" or each.candidate_id == job.candidate_id)


async def _asked(job: Job, work: NightWork, session: Session, search: JobSearch) -> JobDone:
    """Rows by name: the candidate's own, or a sample of it asked anew beside what it said before."""
    if job.kind == "drift":
        items = await _sampled(job, work, session, search.about)
        additions = [search.anew] if not isinstance(search.anew, Single) else []
    else:
        await _take_known(session, frozenset(single.id for single in singles_of(search.about)))
        await _take_composite(session, search.about)
        items, additions = _missing(job, session, search.about), []
    probes = [Probe(candidate_id=search.anew.id, item_ids=items)] if items else []
    is_all = await ask_rows(session.search, ROWS, probes, additions=additions)
    spend = session.search.ledger.spend()
    result = JobResult(
        job=job,
        end="done" if is_all else "out_of_money",
        standings=() if job.kind == "drift" else _wanted(job, standings_of(session, result_of(session), work.day)),
        spend_usd=spend.committed_usd,
        n_calls=spend.n_calls,
        run_id=session.run.run_id,
    )
    if job.kind == "drift":
        result = with_samples(result, session.setting, search.anew.id, outcomes_of(session.run))
    return JobDone(result=result, hosts=_hosts(session))


def _missing(job: Job, session: Session, about: Candidate) -> tuple[ItemId, ...]:
    """What nobody knows of a row, or as many items of it as the job says."""
    fold, order = session.search.fold, session.setting.item_ids
    missing = [item_id for item_id in order if not fold.is_known(about.id, item_id)]
    return tuple(missing[: job.n_items or len(missing)])


async def _sampled(job: Job, work: NightWork, session: Session, about: Candidate) -> tuple[ItemId, ...]:
    """Tonight's sample of what is known of a candidate; what it said then is taken in, and nothing else."""
    search, order, members = session.search, session.setting.item_ids, singles_of(about)
    if KNOWN not in search.fold.closed_phases and search.fold.open_phase != KNOWN:
        stored = await _stored(session, members)
        known = [i for i in order if all(search.fold.is_known(m.id, i) or i in stored[m.id] for m in members)]
        sample = sample_of(known, work.day, job.n_items)
        wanted = [Probe(candidate_id=m.id, item_ids=tuple(i for i in sample if i in stored[m.id])) for m in members]
        await ask_rows(search, KNOWN, [probe for probe in wanted if probe.item_ids], is_free=True)
        await _take_composite(session, about)
        return sample
    await ask_rows(search, KNOWN, [], is_free=True)
    await _take_composite(session, about)
    return sample_of([i for i in order if search.fold.is_known(about.id, i)], work.day, job.n_items)


async def _stored(session: Session, singles: Sequence[Single]) -> dict[CandidateId, set[ItemId]]:
    """The items of each single whose replies are in the store."""
    found: dict[CandidateId, set[ItemId]] = {single.id: set() for single in singles}
    if session.plugs is not None:
        for probe in await asyncio.to_thread(stored_probes, session.plugs, singles, session.setting.item_ids):
            found[probe.candidate_id] = set(probe.item_ids)
    return found


async def _take_known(session: Session, candidate_ids: frozenset[CandidateId]) -> None:
    """Outcomes of stored replies, free of charge, before anything is decided: nobody plans to pay for them."""
    plugs, search = session.plugs, session.search
    if plugs is None or KNOWN in search.fold.closed_phases:
        return
    probes = []
    if search.fold.open_phase != KNOWN:
        wanted = {*candidate_ids, session.setting.baseline_id}
        singles = [c for c in session.setting.candidates if isinstance(c, Single) and c.id in wanted]
        probes = await asyncio.to_thread(stored_probes, plugs, singles, session.setting.item_ids)
    await ask_rows(search, KNOWN, probes, is_free=True)


async def _take_composite(session: Session, composite: Candidate) -> None:
    """A composite's outcomes on the items that all its members are known on; nothing is asked."""
    if isinstance(composite, Single) or COMPOSED in session.search.fold.closed_phases:
        return
    fold, members = session.search.fold, singles_of(composite)
    items = [i for i in session.setting.item_ids if all(fold.is_known(member.id, i) for member in members)]
    probes = [Probe(candidate_id=composite.id, item_ids=tuple(items))] if items else []
    await ask_rows(session.search, COMPOSED, probes, additions=[composite], is_free=True)


def _is_short(session: Session, candidate_id: CandidateId) -> bool:
    """Whether a test ended for want of money: undecided, with an item left that the budget does not hold."""
    fold = session.search.fold
    closed = [event for event in Journal.read(session.run.journal)[1] if isinstance(event, PhaseClosed)]
    if not closed or candidate_id not in fold.pool:
        return False
    missing = [item_id for item_id in session.setting.item_ids if not fold.is_known(candidate_id, item_id)]
    if not missing:
        return False
    probe = Probe(candidate_id=candidate_id, item_ids=(missing[0],))
    (bounds,) = session.search.evaluator.bound_usd([probe], fold.candidates)
    left_usd = session.setting.budget.spend_usd - session.search.ledger.spend().committed_usd
    return sum(bounds) > left_usd


def _hosts(session: Session) -> dict[EndpointId, str | None]:
    """Of every endpoint that was called."""
    market, known = session.setting.market, outcomes_of(session.run)
    called = [c for c in session.setting.candidates if isinstance(c, Single) and c.id in known]
    return {single.endpoint_id: market.endpoints[single.endpoint_id].host for single in called}


def _ended(job: Job, where: JobRun, end: JobEnd, error: str) -> JobDone:
    """What a job that did not come to its end has spent, from its journal."""
    try:
        spend = spent_in(where.run)
    except ModelsearchError:
        return JobDone(result=JobResult(job=job, end=end, error=error, spend_usd=job.budget_usd))
    is_begun = where.run.exists
    result = JobResult(
        job=job,
        end=end,
        error=" ".join(error.split()),
        spend_usd=spend.committed_usd,
        n_calls=spend.n_calls,
        run_id=where.run.run_id if is_begun else None,
    )
    return JobDone(result=result)


def fault_of(error: Exception) -> str:
    """What kind of fault it was and where, without its words, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"a fault of ours, {type(error).__name__}{where}"
