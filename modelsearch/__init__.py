"""modelsearch: the cheapest LLM, ensemble or cascade that is as good as the one you use now, with the evidence.

The public names; everything else is the house behind them. Importing this costs next to nothing: a name's room is
opened when the name is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from pathlib import Path

    from modelsearch.api.door import asearch
    from modelsearch.api.request import SearchRequest
    from modelsearch.api.results import read_result
    from modelsearch.api.wiring import Watch
    from modelsearch.core.candidate import Cascade, Ensemble, Single
    from modelsearch.core.errors import InputError, ModelsearchError, StoppedError
    from modelsearch.core.result import Certainty, Estimate, Recommendation, Verdict
    from modelsearch.core.task import Item, Prompt, Requirements, ScorerSpec, TaskSpec
    from modelsearch.report.notebook import SearchResult
    from modelsearch.settings import Settings, read_settings

# the room of that name is opened before the function below takes the name: a later import would replace the function
importlib.import_module("modelsearch.search")

_ROOMS = {
    "Cascade": "modelsearch.core.candidate",
    "Certainty": "modelsearch.core.result",
    "Ensemble": "modelsearch.core.candidate",
    "Estimate": "modelsearch.core.result",
    "InputError": "modelsearch.core.errors",
    "Item": "modelsearch.core.task",
    "ModelsearchError": "modelsearch.core.errors",
    "Prompt": "modelsearch.core.task",
    "Recommendation": "modelsearch.core.result",
    "Requirements": "modelsearch.core.task",
    "ScorerSpec": "modelsearch.core.task",
    "SearchRequest": "modelsearch.api.request",
    "SearchResult": "modelsearch.report.notebook",
    "Settings": "modelsearch.settings",
    "Single": "modelsearch.core.candidate",
    "StoppedError": "modelsearch.core.errors",
    "TaskSpec": "modelsearch.core.task",
    "Verdict": "modelsearch.core.result",
    "asearch": "modelsearch.api.door",
    "read_result": "modelsearch.api.results",
    "read_settings": "modelsearch.settings",
}

__all__ = [
    "Cascade",
    "Certainty",
    "Ensemble",
    "Estimate",
    "InputError",
    "Item",
    "ModelsearchError",
    "Prompt",
    "Recommendation",
    "Requirements",
    "ScorerSpec",
    "SearchRequest",
    "SearchResult",
    "Settings",
    "Single",
    "StoppedError",
    "TaskSpec",
    "Verdict",
    "asearch",
    "read_result",
    "read_settings",
    "search",
]


def search(  # noqa: PLR0913 - the options of the command line, one by one, for editors and `help`
    task: "TaskSpec | Path | str | None" = None,
    *,
    baseline: str = "",
    budget_usd: "Decimal | float | str | None" = None,
    budget_share: float | None = None,
    max_calls: int | None = None,
    recorded: "Path | str | None" = None,
    plan: "Path | str" = "balanced",
    seed: int = 0,
    margin: float | None = None,
    alpha: float | None = None,
    max_cost_usd_per_1k: "Decimal | float | str | None" = None,
    max_latency_s: float | None = None,
    min_quality: float | None = None,
    target_quality: float | None = None,
    weights: "Mapping[str, float] | None" = None,
    min_context_tokens: int | None = None,
    providers: "Iterable[str] | str | None" = None,
    pricing: "Iterable[str] | str | None" = None,
    include: "Iterable[str] | str | None" = None,
    exclude: "Iterable[str] | str | None" = None,
    require: "Iterable[str] | str | None" = None,
    is_kind_strict: bool = False,
    baseline_outcomes: "Path | str | None" = None,
    is_emulated: bool = False,
    emulator_url: str | None = None,
    batch: str = "never",
    batch_deadline_h: float = 24.0,
    batch_min_calls: int = 200,
    settings: "Settings | None" = None,
    watch: "Watch | None" = None,
) -> "SearchResult":
    """Find the cheapest LLM or ensemble that is as good as the baseline, with the evidence.

    The options are those of `modelsearch search`. Works in a notebook too; `asearch` is the async twin.

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
        The result: recommendation, estimates, spend, and where the run's files are (`run_dir`).

    Raises:
        InputError: the input cannot be used; nothing was spent.
        StoppedError: a provider cannot go on; `modelsearch resume` does when it can.
    """
    given = locals()
    from modelsearch.api.door import search as door  # noqa: PLC0415 - the room is opened when it is used

    return door(**given)


def __getattr__(name: str) -> Any:
    """A public name, from its room."""
    if name not in _ROOMS:
        message = f"module 'modelsearch' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_ROOMS[name]), name)
