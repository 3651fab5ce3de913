"""The same search from Python: the command line's options as arguments, a sync door and its async twin, no Prefect."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.api.run import asearch as run_request
from modelsearch.api.run import in_own_loop
from modelsearch.api.session import Opening
from modelsearch.api.typed import request_of
from modelsearch.api.wiring import Watch
from modelsearch.core.errors import OptionError
from modelsearch.core.task import TaskSpec
from modelsearch.report.notebook import SearchResult
from modelsearch.settings import Settings, read_settings


async def asearch(  # noqa: PLR0913 - the options of the command line, one by one, for editors and `help`
    task: TaskSpec | Path | str | None = None,
    *,
    baseline: str = "",
    budget_usd: Decimal | float | str | None = None,
    budget_share: float | None = None,
    max_calls: int | None = None,
    recorded: Path | str | None = None,
    plan: Path | str = "balanced",
    seed: int = 0,
    margin: float | None = None,
    alpha: float | None = None,
    max_cost_usd_per_1k: Decimal | float | str | None = None,
    max_latency_s: float | None = None,
    min_quality: float | None = None,
    target_quality: float | None = None,
    weights: Mapping[str, float] | None = None,
    min_context_tokens: int | None = None,
    providers: Iterable[str] | str | None = None,
    pricing: Iterable[str] | str | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
    require: Iterable[str] | str | None = None,
    is_kind_strict: bool = False,
    baseline_outcomes: Path | str | None = None,
    is_emulated: bool = False,
    emulator_url: str | None = None,
    batch: str = "never",
    batch_deadline_h: float = 24.0,
    batch_min_calls: int = 200,
    settings: Settings | None = None,
    watch: Watch | None = None,
) -> SearchResult:
    """Find the cheapest candidate that is as good as the baseline; `search` for code with an event loop.

    Args:
        task: a task spec, or the path of one; none with `recorded`.
        baseline: what serves the task today: the id of an endpoint, `endpoint#prompt` where the task has several
            prompts; "" only with `is_emulated`, for the emulated market's own.
        budget_usd: hard limit of what the search may spend, in USD.
        budget_share: with `recorded`, in place of `budget_usd`: share in (0, 1] of the table's whole cost.
        max_calls: hard limit of the calls that the search may make.
        recorded: folder of a recorded table to search in place of a task.
        plan: cheap, balanced, thorough, or the path of a plan (YAML).
        seed: of the item order and every random choice.
        margin: largest loss of quality accepted, in score units.
        alpha: rate of false certificates accepted.
        max_cost_usd_per_1k: largest cost of 1,000 items in USD.
        max_latency_s: largest 95th percentile of latency in s.
        min_quality: lowest quality accepted, in [0, 1].
        target_quality: quality beyond which more earns nothing, in [0, 1].
        weights: of cost, quality and latency in the composite score.
        min_context_tokens: least context in tokens.
        providers: only these.
        pricing: only these classes: premium, variable, budget, local.
        include: only endpoints that match one of these globs; one alone may be given as text.
        exclude: no endpoint that matches one of these globs.
        require: open-weights, region=XX, zdr, or a capability.
        is_kind_strict: drop what the task kind avoids, in place of a lower rank.
        baseline_outcomes: file with the baseline's known answers or scores, which need not be bought.
        is_emulated: against the emulator on loopback: made-up models, no key, no real money.
        emulator_url: of an emulator that runs already (`modelsearch emulate`), in place of one of this search's own.
        batch: never, wide (rounds of at least `batch_min_calls` calls) or always: buy in batches, cheaper and in hours.
        batch_deadline_h: hours after the first batch within which others are handed in.
        batch_min_calls: calls from which on a round is wide.
        settings: where runs, catalogues and keys are; by default from the environment and the current folder.
        watch: called with every event once it is durable.

    Returns:
        The result; everything else is in its `run_dir`.

    Raises:
        InputError: the input cannot be used; nothing was spent.
        StoppedError: a provider cannot go on; `modelsearch resume` does when it can.
    """
    return await _searched(locals())


def search(**arguments: Any) -> SearchResult:
    """`asearch` for code without an event loop, and for notebooks, which have one running."""
    return in_own_loop(asearch(**arguments))


async def _searched(given: Mapping[str, Any]) -> SearchResult:
    task, settings, watch = given["task"], given["settings"], given["watch"]
    if settings is not None and not isinstance(settings, Settings):
        message = f"settings: expected what modelsearch.read_settings gives, got {type(settings).__name__}"
        raise OptionError(message)
    if watch is not None and not callable(watch):
        message = f"watch: expected a function of one event, got {type(watch).__name__}"
        raise OptionError(message)
    spec = task if isinstance(task, TaskSpec) else None
    opening = Opening(settings=settings or read_settings(), task=spec, watch=watch)
    return SearchResult.of(await run_request(request_of(given), opening))
