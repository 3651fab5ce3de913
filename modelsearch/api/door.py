"""The same search from Python: plain arguments, a sync door and its async twin, without Prefect."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.api.request import SearchRequest, budget_of
from modelsearch.api.run import asearch as run_request
from modelsearch.api.run import in_own_loop
from modelsearch.api.session import Opening
from modelsearch.api.wiring import Watch
from modelsearch.core.result import SearchResult
from modelsearch.core.task import TaskSpec
from modelsearch.settings import Settings, read_settings
from modelsearch.taskfile.overrides import TaskOverrides


async def asearch(
    task: TaskSpec | Path | str | None = None,
    *,
    baseline: str = "",
    budget_usd: Decimal | float | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: Settings | None = None,
    watch: Watch | None = None,
    **options: Any,
) -> SearchResult:
    """Find the cheapest candidate that is as good as the baseline.

    Args:
        task: a task spec, or the path of one; None with `recorded=`.
        baseline: id of what serves the task today.
        budget_usd: hard limit in USD.
        overrides: margin, alpha and requirements by the names of `TaskOverrides`, such as `{"margin": 0.03}`.
        settings: where runs and catalogues are; by default from the environment and the current folder.
        watch: called with every event once it is durable.
        options: other fields of `SearchRequest`: plan, seed, recorded, budget_share, baseline_outcomes, is_emulated.

    Raises:
        InputError: the input cannot be used; nothing was spent.
        StoppedError: a provider cannot go on; `modelsearch resume` does when it can.
    """
    spec = task if isinstance(task, TaskSpec) else None
    request = SearchRequest(
        task=None if task is None or spec is not None else Path(str(task)),
        is_inline=spec is not None,
        baseline=baseline,
        budget_usd=budget_of(budget_usd),
        overrides=TaskOverrides(**dict(overrides or {})),
        **options,
    )
    return await run_request(request, Opening(settings=settings or read_settings(), task=spec, watch=watch))


def search(task: TaskSpec | Path | str | None = None, **arguments: Any) -> SearchResult:
    """`asearch` for code without an event loop, and for notebooks, which have one running."""
    return in_own_loop(asearch(task, **arguments))
