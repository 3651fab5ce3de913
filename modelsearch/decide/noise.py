"""Tasks whose answers or scores vary from one asking to the next, and what can be claimed of them.

Without noise the N items of a task can be known in full, and a claim about them may end as sure. With noise they
cannot: what was seen of an item is one draw of its expected score. Items and noise together are then independent draws
from a population, and the certificate is the one about that population (`population`), which takes no advantage of
there being N items only: exact, whatever the noise is. What is sure, and the proof over complete rows, say nothing.

A task is taken to have noise where it asks for repeats, of its candidates or of a judge: whoever asks once, takes the
answers that were given for what the candidates say.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Claim, Estimate, Recommendation
from modelsearch.core.search import Floats, SearchView
from modelsearch.core.task import TaskSpec
from modelsearch.decide.evidence import Evidence, evidence
from modelsearch.decide.pairs import Pairs
from modelsearch.decide.population import log_population
from modelsearch.stats.within import filled

NOISE_NOTE = (
    "; answers or scores vary from one asking to the next, so this is about what comes on average, for items like these"
)


def has_noise(task: TaskSpec) -> bool:
    """Whether each item's score is a mean of several that may differ."""
    judgements = task.scorer.params.get("judgements", 1)
    return task.n_repeats > 1 or (isinstance(judgements, int) and judgements > 1)


def proof_of(view: SearchView, pairs: Pairs) -> Evidence:
    """What the pairs prove: about these items where there is no noise, else about the population."""
    if not has_noise(view.task):
        return evidence(view, pairs)
    plain = evidence(view, pairs)
    return replace(
        plain,
        log_certify=log_population(view, pairs),
        log_futility=log_population(view, pairs, is_inferior=True),
    )


def cell_noise(view: SearchView) -> Floats:
    """(n_candidates, n_items) variance of each known score as a mean of repeats; 0 elsewhere, and without noise."""
    has = ~np.isnan(view.outcomes.score)
    noise = view.outcomes.noise.astype(np.float64)
    if not has_noise(view.task) or noise.shape != has.shape:
        return np.zeros(has.shape)
    return filled(noise, has)


def noise_sd(view: SearchView) -> Floats:
    """(n_candidates,) standard deviation that repeating the search would bring to an item's score; NaN = not known."""
    known = view.outcomes.noise.astype(np.float64)
    if not has_noise(view.task) or known.shape != view.outcomes.score.shape:
        return np.full(len(view.candidates), np.nan)
    n = (~np.isnan(known)).sum(axis=1)
    return np.asarray(np.where(n > 0, np.sqrt(np.nansum(known, axis=1) / np.maximum(n, 1)), np.nan), dtype=np.float64)


def gap_noise(view: SearchView) -> Floats:
    """(n_candidates,) mean variance that noise adds to the paired difference of an item; 0 without pairs."""
    noise = cell_noise(view)
    has = ~np.isnan(view.outcomes.score)
    base = view.row[view.baseline_id]
    is_pair = has & has[base]
    added = np.where(is_pair, noise + noise[base], 0.0)
    found = added.sum(axis=1) / np.maximum(is_pair.sum(axis=1), 1)
    found[base] = 0.0
    return np.asarray(found, dtype=np.float64)


def as_claimed(view: SearchView, answer: Recommendation) -> Recommendation:
    """The recommendation with the claim that can be made of a task with noise."""
    if not has_noise(view.task):
        return answer
    return replace(answer, claim=Claim.POPULATION, reason=answer.reason + NOISE_NOTE)


def with_noise(view: SearchView, estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """The estimates with the noise that was seen."""
    if not has_noise(view.task):
        return tuple(estimates)
    found: dict[CandidateId, float] = {
        candidate.id: float(sd) for candidate, sd in zip(view.candidates, noise_sd(view), strict=True)
    }
    return tuple(
        replace(estimate, noise_sd=None if np.isnan(found[estimate.candidate_id]) else found[estimate.candidate_id])
        for estimate in estimates
    )
