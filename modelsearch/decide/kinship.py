"""What candidates have in common where one endpoint is asked in several ways: the model, the prompt, both.

Without variants there is nothing beside the family, which the model of gaps knows by itself.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from modelsearch.core.candidate import Single
from modelsearch.core.ids import PromptId
from modelsearch.core.search import Bools, Floats, Ints, SearchView
from modelsearch.stats.gap_kin import Kinship

FAMILY = (0.20, 0.20, 0.10, 0.15, 0.35)
MODEL = (0.40, 0.60, 0.20, 0.25, 0.05)
TEMPLATE = (0.05, 0.02, 0.10, 0.03, 0.01)
WAY = (0.12, 0.05, 0.40, 0.05, 0.02)
FIT = (0.08, 0.05, 0.05, 0.30, 0.02)
"""Guesses of what share of the qualities' variance around the line is a family's, a model's whatever it is asked, a
template's and a whole way of asking's whatever the model, and a template's fit to a model; the rest is the candidate's
own. In turn: a bit of all, models alone, ways above all, which suits whom, hardly anything.
"""
EFFORT_LEVELS = {"none": 0.0, "minimal": 1.0, "low": 2.0, "medium": 3.0, "high": 4.0, "xhigh": 5.0, "max": 6.0}


class _Way(NamedTuple):
    """A single's groups; None = a composite, which is in none."""

    family: Hashable
    model: Hashable
    template: Hashable
    way: Hashable


def has_variants(view: SearchView) -> bool:
    """Whether some endpoint is asked in several ways; free in a task that has one prompt."""
    return len(view.task.prompts) > 1 or len(view.task.variants) > 1


def kinships(view: SearchView) -> tuple[Kinship, ...]:
    """Groups of the view's rows, with their shares; empty where every endpoint is asked in one way. O(n_candidates)."""
    if not has_variants(view):
        return ()
    ways = _ways(view)
    return (
        Kinship(code=_codes([way and way.family for way in ways]), shares=FAMILY),
        Kinship(code=_codes([way and way.model for way in ways]), shares=MODEL),
        Kinship(code=_codes([way and way.template for way in ways]), shares=TEMPLATE),
        Kinship(code=_codes([way and way.way for way in ways]), shares=WAY),
        Kinship(code=_codes([way and (way.model, way.template) for way in ways]), shares=FIT),
    )


def same_model(view: SearchView) -> Bools | None:
    """(n_candidates,) who is the baseline's own model asked another way; None without variants."""
    if not has_variants(view):
        return None
    base = view.model(view.baseline_id)
    is_same = [base is not None and view.model(candidate.id) is base for candidate in view.candidates]
    return np.array(is_same, dtype=np.bool_)


def efforts(view: SearchView) -> Floats | None:
    """(n_candidates,) reasoning effort on a scale whose steps are alike, NaN = none given; None where all are alike."""
    told = [
        candidate.params.reasoning_effort if isinstance(candidate, Single) else None for candidate in view.candidates
    ]
    if len(set(told) - {None}) < 2:
        return None
    return np.array([EFFORT_LEVELS.get(effort or "", np.nan) for effort in told], dtype=np.float64)


def templates(view: SearchView) -> dict[PromptId, PromptId]:
    """Template of each prompt."""
    return {prompt.id: prompt.template_id or prompt.id for prompt in view.task.prompts}


def _ways(view: SearchView) -> list[_Way | None]:
    template = templates(view)
    found: list[_Way | None] = []
    for candidate in view.candidates:
        model = view.model(candidate.id)
        if not isinstance(candidate, Single) or model is None:
            found.append(None)
            continue
        found.append(
            _Way(
                family=model.family or None,
                model=model.id,
                template=template.get(candidate.prompt_id, candidate.prompt_id),
                way=candidate.asked,
            )
        )
    return found


def _codes(names: Sequence[Hashable]) -> Ints:
    """(n,) number of each name by its first place; -1 for None."""
    code: dict[Hashable, int] = {}
    return np.array([-1 if name is None else code.setdefault(name, len(code)) for name in names], dtype=np.int64)
