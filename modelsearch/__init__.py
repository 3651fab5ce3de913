"""modelsearch: the cheapest LLM, ensemble or cascade that is as good as the one you use now, with the evidence.

The public names; everything else is the house behind them. Importing this costs next to nothing: a name's room is
opened when the name is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelsearch.api.door import asearch
    from modelsearch.api.request import SearchRequest
    from modelsearch.core.candidate import Cascade, Ensemble, Single
    from modelsearch.core.errors import InputError, ModelsearchError, StoppedError
    from modelsearch.core.result import Certainty, Estimate, Recommendation, SearchResult, Verdict
    from modelsearch.core.task import Item, Prompt, Requirements, ScorerSpec, TaskSpec
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
    "SearchResult": "modelsearch.core.result",
    "Settings": "modelsearch.settings",
    "Single": "modelsearch.core.candidate",
    "StoppedError": "modelsearch.core.errors",
    "TaskSpec": "modelsearch.core.task",
    "Verdict": "modelsearch.core.result",
    "asearch": "modelsearch.api.door",
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
    "read_settings",
    "search",
]


def search(task: "TaskSpec | str | None" = None, **arguments: Any) -> "SearchResult":
    """Find the cheapest candidate that is as good as the baseline; see `modelsearch.api.door.asearch`, its async twin.

    Args:
        task: a task spec, or the path of one; None with `recorded=`.
        arguments: baseline, budget_usd, plan, seed, overrides and the other arguments of `asearch`.

    Raises:
        InputError: the input cannot be used; nothing was spent.
        StoppedError: a provider cannot go on; `modelsearch resume` does when it can.
    """
    from modelsearch.api.door import search as door  # noqa: PLC0415 - the room is opened when it is used

    return door(task, **arguments)


def __getattr__(name: str) -> Any:
    """A public name, from its room."""
    if name not in _ROOMS:
        message = f"module 'modelsearch' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_ROOMS[name]), name)
