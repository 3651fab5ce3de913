"""The search, end to end, under Prefect: one subflow per phase, then decision and report."""

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, cast

from prefect import State, flow, runtime, tags
from prefect.states import Completed

from flows.come_back import come_back, patience_s
from flows.names import search_told
from flows.phase import PENDING, run_phase_flow
from modelsearch.api.begun import AVAILABLE
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, Session, find_session_run, open_session
from modelsearch.evaluate.batch import BatchingEvaluator
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.replay import ReplayEvaluator
from modelsearch.report.artifacts import answer_told
from modelsearch.settings import read_settings
from modelsearch.store.result_json import result_from_json
from tasks.evaluate import PrefectEvaluator
from tasks.progress import ShownProgress
from tasks.sessions import forget, is_open, keep, session_of
from tasks.stages import report, write_stage_tables


def _run_name() -> str:
    """Such as `search classification vs gpt-4o, 5 USD`, from the parameters."""
    given = runtime.flow_run.parameters
    return search_told(given.get("request", {}), is_resumed=bool(given.get("run_id")) and not is_open(given["run_id"]))


@flow(name="search", flow_run_name=_run_name, validate_parameters=False)
async def search(request: dict[str, Any], run_id: str = "") -> dict[str, str]:
    """Search to a recommendation, from the start or from wherever the run was left.

    Args:
        request: a `SearchRequest` as JSON; it holds names of keys at most, never a key.
        run_id: of a run to go on with; "" begins a new one.

    Returns:
        run id and run directory; everything else is in the run directory. Where batches are under way, a final state
        that says so: another run of the deployment is scheduled to go on.

    Raises:
        BatchPendingError: the same without a deployment; whoever started the run resumes it.
    """
    async with AsyncExitStack() as stack:
        session = await _session(request, run_id, stack)
        with tags(session.run.run_id):
            progress = _shown_progress(session)
            await progress.begin()
            await write_stage_tables(session.run.run_id, AVAILABLE)
            for phase in session.plan.phases:
                written = await run_phase_flow(session.run.run_id, phase.name)
                if PENDING in written:
                    ending = await come_back(request, session.run.run_id, written[PENDING])
                    return cast("dict[str, str]", ending)  # a state that a flow returns is how its run ends
            await report(session.run.run_id, session.source.is_emulated)
            await progress.end()
        return cast("dict[str, str]", _ended(session))


async def _session(request: dict[str, Any], run_id: str, stack: AsyncExitStack) -> Session:
    """The session that the caller has open, or a new one, or the old run's; its calls are task runs."""
    if run_id and is_open(run_id):
        session = session_of(run_id)
    else:
        opening = Opening(settings=read_settings(), batch_wait_s=patience_s())
        asked = SearchRequest.from_json(request)
        if run_id:
            run, asked = find_session_run(opening.settings, run_id)
            opening = replace(opening, run=run)
        session = await stack.enter_async_context(open_session(asked, opening))
        keep(session)
        stack.callback(forget, session)
    evaluator = session.search.evaluator
    batching = evaluator if isinstance(evaluator, BatchingEvaluator) else None
    inner = batching.inner if batching is not None else evaluator
    if isinstance(inner, LiveEvaluator | ReplayEvaluator):
        fold = session.search.fold
        shown = PrefectEvaluator(
            inner=inner, run_id=session.run.run_id, where=lambda: fold.next_round, batching=batching
        )
        session.search = replace(session.search, evaluator=shown)
    return session


def _shown_progress(session: Session) -> ShownProgress:
    """Told after each round, where rounds are shown at all."""
    progress, evaluator = ShownProgress(session=session), session.search.evaluator
    if isinstance(evaluator, PrefectEvaluator):
        evaluator.round_ended = progress.round_ended
    return progress


def _ended(session: Session) -> State[dict[str, str]]:
    """The state in which a search ends: the answer stands on the run's own page."""
    result = result_from_json(session.run.result.read_bytes())
    found = {"run_id": str(session.run.run_id), "run_dir": str(session.run.path)}
    return Completed(message=answer_told(result), data=found)
