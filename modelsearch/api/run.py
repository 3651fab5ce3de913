"""A search from start to result without Prefect: an async core and a sync door."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from modelsearch.api.begun import AVAILABLE
from modelsearch.api.finish import result_of
from modelsearch.api.report_data import page_data_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, Session, open_session
from modelsearch.api.stages import write_decision, write_stage
from modelsearch.core.result import SearchResult
from modelsearch.report.html import html
from modelsearch.report.markdown import markdown

T = TypeVar("T")


async def asearch(request: SearchRequest, opening: Opening | None = None) -> SearchResult:
    """Run a search to its recommendation, in this event loop.

    Raises:
        InputError: the input cannot be used; nothing was spent.
        StoppedError: a provider cannot go on; `opening.run` resumes it.
    """
    async with open_session(request, opening) as session:
        write_stage(session, AVAILABLE)
        for phase in session.plan.phases:
            await session.run_phase(phase)
            write_stage(session, phase.name)
        result = result_of(session)
        write_decision(session, result, reports_of(result, is_emulated=session.source.is_emulated, session=session))
        return result


def reports_of(result: SearchResult, *, is_emulated: bool, session: Session | None = None) -> dict[str, str]:
    """The reports of a result by kind.

    Args:
        result: a finished search.
        is_emulated: no provider was called.
        session: still open, whose run holds what the page shows beside the result; None = the result alone.
    """
    data = None if session is None else page_data_of(session, result)
    return {
        "markdown": markdown(result, is_emulated=is_emulated),
        "html": html(result, is_emulated=is_emulated, data=data),
    }


def search(request: SearchRequest, opening: Opening | None = None) -> SearchResult:
    """`asearch` for code without an event loop, and for notebooks, which have one running."""
    return in_own_loop(asearch(request, opening))


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in a thread of its own where this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()
