"""Inspect's own scorers under our scorer `python`, for tasks whose scores no scorer of ours gives.

`scorer: {python: "modelsearch.interop.inspect_scoring:FILE.py@task"}` names a task by its reference, for which this
module has an attribute: a function that runs the task's solver and scorer on an answer, as Inspect would. Several
scorers: `FILE.py@task#name`.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from modelsearch.core.errors import OptionError, ScoringError
from modelsearch.interop.inspect_loading import InspectTask, load_inspect_task, scored_by

MODULE = "modelsearch.interop.inspect_scoring"
Function = Callable[[str, Mapping[str, Any]], float | None]


def __getattr__(name: str) -> Function:
    """The function of a task's reference (PEP 562)."""
    if "@" not in name:
        message = f"module {MODULE!r} has no attribute {name!r}"
        raise AttributeError(message)
    return inspect_function(name)


@lru_cache(maxsize=16)
def inspect_function(name: str) -> Function:
    """What scores answers to a task of Inspect's.

    Args:
        name: the task's reference, with `#scorer` behind it where it has several.

    Raises:
        OptionError: there is no such task or scorer.
    """
    reference, _, wanted = name.partition("#")
    loaded = load_inspect_task(reference)
    scorer_name = chosen_scorer(loaded, wanted)

    def score(answer: str, item: Mapping[str, Any]) -> float | None:
        return asyncio.run(inspect_score(loaded, str(item["id"]), answer, scorer_name))

    score.__module__ = MODULE
    return score


def chosen_scorer(loaded: InspectTask, wanted: str) -> str:
    """The name of a scorer; of the only one without a wish.

    Raises:
        OptionError: there are several, or none of that name.
    """
    names = ", ".join(loaded.scorers)
    if wanted and wanted not in loaded.scorers:
        raise OptionError(f"{loaded.reference}: scorer: expected one of {names}, got {wanted!r}")
    if not wanted and len(loaded.scorers) > 1:
        raise OptionError(f"{loaded.reference}: it has several scorers ({names}): choose one with --score")
    return wanted or next(iter(loaded.scorers))


async def inspect_score(loaded: InspectTask, sample_id: str, answer: str, scorer: str) -> float | None:
    """The score of an answer in [0, 1]; None where the scorer gives none.

    Raises:
        ScoringError: there is no such sample, or the scorer gives no number in [0, 1].
    """
    from inspect_ai.scorer import value_to_float  # noqa: PLC0415 - the extra `inspect`

    if sample_id not in loaded.samples:
        raise ScoringError(f"{loaded.reference}: no sample {sample_id!r}: the dataset has changed since the import")
    found = await scored_by(loaded, sample_id, answer, loaded.scorers[scorer])
    if found is None or isinstance(found.value, dict | list):
        return None
    number = float(value_to_float()(found.value))
    if not 0.0 <= number <= 1.0:
        raise ScoringError(f"{loaded.reference}: scorer {scorer}: expected a score in [0, 1], got {number}")
    return number
