"""The scales of the Gaussian process, fitted every few candidates and from where the last fit ended, without state.

A strategy sees nothing but the view, so "the last fit" must be a function of it. Three rules make it one:

- *What is fitted on changes seldom.* A candidate counts with its first 2^k pairs, the largest power that it has, and
  with its own variance alone: it changes when its depth has doubled, not every round. The deepest come first (ties by
  id), so that those just begun stand at the end, and only a multiple of `refit_every` of them counts.
- *Warm start.* The scales of the first 5, 10, 20, ... candidates in that order are fitted one after the other, each
  from where the one before ended (5 = `refit_every`). The earlier rungs seldom change and are cheap.
- *A memo, not a memory.* Fits are kept by their inputs. A process that begins anew, after a kill, fits the rungs once
  more and gets the same numbers.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from modelsearch.core.search import Floats, Ints, SearchView
from modelsearch.search.features import FeatureTable
from modelsearch.search.gaussian_process import MAX_FIT, OWN_SD, fit, one_thread, squared_distances
from modelsearch.search.paired_gaps import PRIOR, PairedGaps, paired_gaps

MIN_NOISE_VARIANCE = 1e-6
"""Of an observed gap: a candidate that is known whole is known but for rounding."""
DIGITS = 9
"""Decimal places of the inputs and of the scales, so that the last bits of a machine decide nothing."""


class _Told(NamedTuple):
    """What is fitted on, the baseline first: points (n, n_features), gaps (n,) and their noise variance (n,)."""

    points: Floats
    target: Floats
    noise: Floats


def kernel_scales(view: SearchView, table: FeatureTable, refit_every: int) -> Floats:
    """(1 + n_groups,) log amplitude and log length scales by maximum a posteriori; near the prior's without outcomes.

    Args:
        view: of the search.
        table: features of its candidates.
        refit_every: candidates by which the set that is fitted on grows.

    O(steps x min(n_observed, MAX_FIT)^3) where something changed, O(n_candidates x n_items) where nothing did.
    """
    told = _told(view, table, refit_every)
    rungs = [n for n in _rungs(refit_every) if n < len(told.target)] + [len(told.target)]
    scales = np.zeros(0)
    with one_thread():
        for n in rungs:
            part = np.round(np.column_stack([told.target[:n], told.noise[:n], told.points[:n]]), DIGITS)
            scales = _fitted(part.tobytes(), part.shape[1], table.group.tobytes(), scales.tobytes())
    return scales


def _rungs(refit_every: int) -> list[int]:
    """Sizes of the sets fitted on the way, the baseline counted."""
    sizes = [refit_every]
    while sizes[-1] < MAX_FIT:
        sizes.append(2 * sizes[-1])
    return [size + 1 for size in sizes]


def _told(view: SearchView, table: FeatureTable, refit_every: int) -> _Told:
    early = _halted(view)
    found, base_row = paired_gaps(early), view.row[view.baseline_id]
    ids = [candidate.id for candidate in view.candidates]
    others = [row for row in np.flatnonzero(found.n_pairs > 0).tolist() if row != base_row]
    others.sort(key=lambda row: (-int(found.n_pairs[row]), ids[row]))
    n_told = len(others) if len(others) < refit_every else len(others) // refit_every * refit_every
    rows = np.array([base_row, *others[: min(n_told, MAX_FIT - 1)]], dtype=np.int64)
    is_base = rows == base_row
    return _Told(
        points=table.values[rows],
        target=np.where(is_base, 0.0, np.nan_to_num(found.gap[rows])),
        noise=np.where(is_base, 0.0, _noise_variance(found)[rows]) + MIN_NOISE_VARIANCE,
    )


def _noise_variance(found: PairedGaps) -> Floats:
    """(n_candidates,) as `found.noise_variance`, but shrunk to the prior alone: another's outcomes change nothing."""
    weight = np.maximum(found.n_worth - 1.0, 0.0)
    variance = (weight * found.raw_variance + PRIOR.n_units * PRIOR.variance) / (weight + PRIOR.n_units)
    return np.asarray(variance * found.left_share / np.maximum(found.n_worth, 1.0), dtype=np.float64)


def _halted(view: SearchView) -> SearchView:
    """The view with each candidate's scores beyond its first 2^k pairs taken away."""
    score = view.outcomes.score
    is_pair = ~np.isnan(score) & ~np.isnan(score[view.row[view.baseline_id]])
    count = np.cumsum(is_pair, axis=1)
    last = 2.0 ** np.floor(np.log2(np.maximum(count[:, -1:], 1)))
    kept = np.where(is_pair & (count <= last), score, np.nan).astype(np.float32)
    kept[view.row[view.baseline_id]] = score[view.row[view.baseline_id]]
    return replace(view, outcomes=replace(view.outcomes, score=kept))


@lru_cache(maxsize=64)
def _fitted(part: bytes, n_columns: int, group: bytes, start: bytes) -> Floats:
    """One rung; everything by value, so that it can be kept."""
    told = np.frombuffer(part).reshape(-1, n_columns)
    target, noise, points = told[:, 0], told[:, 1], told[:, 2:]
    groups: Ints = np.frombuffer(group, dtype=np.int64)
    distances = squared_distances(points, points, groups)
    begin = np.frombuffer(start) if start else None
    scales = np.round(fit(distances, target, noise + OWN_SD**2, begin), DIGITS)
    scales.setflags(write=False)
    return scales
