"""How far a judge agrees with people, on the answers of a task that people have scored.

It is asked before anything else is bought, so that a judge which people would not follow is known before the money is
spent; its calls are like any other of its calls, kept and never paid twice.
"""

import asyncio
import math
from collections.abc import Sequence

import numpy as np

from modelsearch.core.task import Item
from modelsearch.evaluate.grader import Grader
from modelsearch.evaluate.judge import JudgeGrader
from modelsearch.stats.agreement import Kappa, weighted_kappa

MAX_LABELS = 200
"""More of them narrow the interval by little, and cost as much as answers do."""
N_AT_ONCE = 16


async def agreement_with_people(grader: Grader | None, items: Sequence[Item]) -> Kappa | None:
    """Quadratic-weighted kappa of the judge's scores and people's; None without a judge or without labels.

    Args:
        grader: of the task.
        items: those with `human_score` and `human_answer` are judged, the first `MAX_LABELS` of them.

    Raises:
        StoppedError: the judge's account cannot go on.
    """
    if not isinstance(grader, JudgeGrader) or grader.judge.is_against_baseline:
        return None
    labelled = [item for item in items if item.human_score is not None and item.human_answer is not None][:MAX_LABELS]
    if not labelled:
        return None
    room = asyncio.Semaphore(N_AT_ONCE)

    async def scored(item: Item) -> float:
        async with room:
            other = str(item.target) if grader.judge.mode == "pairwise" else ""
            judged = await grader.judged(item, item.human_answer or "", other)
        return float(np.mean(judged.scores)) if judged.scores else math.nan

    judged = np.array(await asyncio.gather(*map(scored, labelled)))
    people = np.array([grader.judge.share_of(item.human_score or 0.0) for item in labelled])
    is_read = ~np.isnan(judged)
    return weighted_kappa(judged[is_read], people[is_read])
