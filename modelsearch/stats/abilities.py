"""What past tasks let expect of models on a new one: a small hierarchical model over models, their versions and tasks.

A model's quality on a task is the task's mean plus the task's spread times an ability. Abilities are normal: a part of
the model itself, one of its line (versions of one model), one of its family, one in proportion to log price, so a
model that nobody has seen is placed by relatives and price. Abilities on two tasks agree as far as the tasks are alike;
what a model does on one task alone is noise, and so is what few items cannot tell. All of it is one Gaussian process,
solved exactly: nothing is sampled. Source: Gelman & Hill 2006, chapter 12 (partial pooling); Bonilla, Chai & Williams
2007 (task kernel times input kernel).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_RECORDS = 2000
"""Records that are used, those of the most alike tasks first; the work grows with their cube."""
_MEAN_VARIANCE = 50.0
"""Of a task's mean, in squared spreads: practically nothing is believed of it before."""
_TYPICAL_SPREAD, _SPREAD_RECORDS = 0.15, 5.0
"""Spread of qualities between models before a task is seen, and the records that it counts as."""
_LOG_SPREAD_VARIANCE = 0.1
"""Least doubt about a new task's spread, in squared logs; that of the past tasks' comes on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Variances of the parts of ability, in squared spreads of a task; together about 1.

    They were set once, to one digit, on ten public tables, where the rank correlation on left-out tables was between
    0.69 and 0.71 for every one of a dozen settings: no table depends on them.

    Attributes:
        model, line, family: what models, versions and relatives have in common wherever they are asked.
        price: per squared standard deviation of log price; own: of a model on one task alone.
    """

    model: float = 0.1
    line: float = 0.3
    family: float = 0.1
    price: float = 0.5
    own: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """(n_rows,) codes of model, line and family, equal where they are the same; log list price, NaN = unknown."""

    model: Ints
    line: Ints
    family: Ints
    log_price: Floats

    def at(self, rows: Ints | npt.NDArray[np.bool_]) -> "Models":
        """Some of the rows."""
        return Models(
            model=self.model[rows], line=self.line[rows], family=self.family[rows], log_price=self.log_price[rows]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What was seen: a model on a task.

    Attributes:
        models: (n_records,) who; task: (n_records,) codes 0 ... n_tasks - 1.
        quality: (n_records,) mean score in [0, 1]; error_variance: (n_records,) of it, 0 = known.
    """

    models: Models
    task: Ints
    quality: Floats
    error_variance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """(n_models,) expected quality in [0, 1] and its standard deviation.

    `sd` is that of the place among the models of the new task; how hard the task is as a whole is not told.
    """

    quality: Floats
    sd: Floats


def task_likeness(distances: Floats, *, most: float = 0.95, least: float = 0.4) -> Floats:
    """(n, n) how far abilities on two tasks agree, from their distances: 1 on the diagonal, a valid kernel.

    Args:
        distances: (n, n) sums of differences and of 1 for differing labels (then exp(-d) is positive definite).
        most: between tasks of distance 0.
        least: between the most unlike; what is good at something is mostly good.
    """
    likeness = least + (most - least) * np.exp(-distances)
    np.fill_diagonal(likeness, 1.0)
    return np.asarray(likeness, dtype=np.float64)


def expected_quality(seen: Records, wanted: Models, likeness: Floats, shares: Shares | None = None) -> Expected:
    """What is to be expected of models on a new task. O(min(n_records, MAX_RECORDS)^3).

    Args:
        seen: what was seen on past tasks, at least one record.
        wanted: the models of the new task, with codes of the same numbering.
        likeness: (n_tasks + 1, n_tasks + 1) of the tasks, the new one last.
        shares: of variance.
    """
    shares = shares or Shares()
    seen = _most_alike(seen, likeness[-1])
    mean, spread = _task_scales(seen, len(likeness) - 1)
    prices = _standardised(seen.models.log_price, wanted.log_price)
    past, new = (seen.models, prices[0]), (wanted, prices[1])
    agree = likeness[np.ix_(seen.task, seen.task)]
    within = _alike(past, past, shares) * agree + _MEAN_VARIANCE * (seen.task[:, None] == seen.task)
    within[np.diag_indices_from(within)] += shares.own + seen.error_variance / spread[seen.task] ** 2
    across = _alike(new, past, shares) * likeness[-1, seen.task]
    weights = np.linalg.solve(within, np.column_stack([(seen.quality - mean[seen.task]) / spread[seen.task], across.T]))
    ability = across @ weights[:, 0]
    left = _own_variance(new, shares) - np.einsum("ij,ji->i", across, weights[:, 1:])
    trust = _trust(seen, likeness)
    scale, doubt = _new_scale(np.log(spread), trust)
    ability = ability - ability.mean()
    variance = np.maximum(left, 0.0) * (1.0 + doubt) + doubt * ability**2
    quality = np.clip(trust @ mean + scale * ability, 0.0, 1.0)
    return Expected(quality=quality, sd=scale * np.sqrt(variance))


def _most_alike(seen: Records, likeness: Floats) -> Records:
    if len(seen.task) <= MAX_RECORDS:
        return seen
    kept = np.sort(np.argsort(-likeness[seen.task], kind="stable")[:MAX_RECORDS])
    return Records(
        models=seen.models.at(kept),
        task=seen.task[kept],
        quality=seen.quality[kept],
        error_variance=seen.error_variance[kept],
    )


def _task_scales(seen: Records, n_tasks: int) -> tuple[Floats, Floats]:
    """(n_tasks,) mean and spread of qualities; a spread of few records is near the typical one."""
    counts = np.bincount(seen.task, minlength=n_tasks).astype(np.float64)
    mean = np.bincount(seen.task, seen.quality, n_tasks) / np.maximum(counts, 1.0)
    squares = np.bincount(seen.task, (seen.quality - mean[seen.task]) ** 2 - seen.error_variance, n_tasks)
    variance = (np.maximum(squares, 0.0) + _SPREAD_RECORDS * _TYPICAL_SPREAD**2) / (counts + _SPREAD_RECORDS)
    return mean, np.sqrt(variance)


def _new_scale(log_spread: Floats, trust: Floats) -> tuple[float, float]:
    """The new task's spread, and the relative variance of what is multiplied with it (log-normal)."""
    centre = float(trust @ log_spread)
    variance = float(trust @ (log_spread - centre) ** 2) + _LOG_SPREAD_VARIANCE
    return float(np.exp(centre)), float(np.expm1(variance))


def _standardised(past: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Log prices in standard deviations from their mean; unknown = 0."""
    both = np.concatenate([past, new])
    known = both[~np.isnan(both)]
    if len(known) == 0 or known.std() < 1e-9:
        return np.zeros(len(past)), np.zeros(len(new))
    scaled = np.nan_to_num((both - known.mean()) / known.std())
    return scaled[: len(past)], scaled[len(past) :]


def _alike(left: tuple[Models, Floats], right: tuple[Models, Floats], shares: Shares) -> Floats:
    """(n_left, n_right) covariance of abilities on one task."""
    (one, price), (two, other) = left, right
    same = shares.model * (one.model[:, None] == two.model)
    same = same + shares.line * (one.line[:, None] == two.line)
    same = same + shares.family * (one.family[:, None] == two.family)
    return np.asarray(same + shares.price * np.outer(price, other), dtype=np.float64)


def _own_variance(models: tuple[Models, Floats], shares: Shares) -> Floats:
    """(n_models,) variance of ability and of what a model does on the new task alone."""
    return shares.model + shares.line + shares.family + shares.own + shares.price * models[1] ** 2


def _trust(seen: Records, likeness: Floats) -> Floats:
    """(n_tasks,) weights of the past tasks' own mean and spread, sum 1."""
    counts = np.bincount(seen.task, minlength=len(likeness) - 1)
    weights = likeness[-1, :-1] ** 2 * counts / (counts + _SPREAD_RECORDS)
    return np.asarray(weights / weights.sum(), dtype=np.float64)
