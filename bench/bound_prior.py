"""What the complete truth of the other tables lets expect of a new one: quality by price, and the items' covariance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.covariance import ledoit_wolf

from bench.bound_belief import Floats, Told
from modelsearch.compare.cases import baselines_of
from modelsearch.compare.tables import Field

BANDWIDTH = 0.7
"""Of the kernel over log(cost / the baseline's cost), in logs."""
LOWEST_LOG = -9.0
LEAST_NOISE = 0.003


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Every cheaper model beside every baseline of some tables.

    Attributes:
        log_cost: (n,) log(cost / the baseline's); gap: (n,) true gap; weight: (n,) each case counts alike.
        case: (n,) whose pair it is; baseline: (n_cases,) true quality of each case's baseline.
    """

    log_cost: Floats
    gap: Floats
    weight: Floats
    case: Floats
    baseline: Floats


def pairs_of(fields: Sequence[Field]) -> Pairs:
    """The truth of whole tables."""
    log_cost, gap, weight, case = list[Floats](), list[Floats](), list[Floats](), list[Floats]()
    baseline = list[float]()
    for field in fields:
        for name in baselines_of(field):
            at = field.rows[name]
            rows = cheaper_rows(field, at)
            log_cost.append(np.log(np.maximum(field.cost_usd[rows], 1e-12) / field.cost_usd[at]))
            gap.append(field.quality[rows] - field.quality[at])
            weight.append(np.full(len(rows), 1.0 / len(rows)))
            case.append(np.full(len(rows), float(len(baseline))))
            baseline.append(float(field.quality[at]))
    joined = [np.concatenate(parts) for parts in (log_cost, gap, weight, case)]
    return Pairs(
        log_cost=np.maximum(joined[0], LOWEST_LOG),
        gap=joined[1],
        weight=joined[2],
        case=joined[3],
        baseline=np.array(baseline, dtype=np.float64),
    )


def cheaper_rows(field: Field, at: int) -> list[int]:
    """Rows of the models that are truly cheaper than the baseline, in table order."""
    return [int(row) for row in np.flatnonzero(field.cost_usd < field.cost_usd[at])]


def told(pairs: Pairs, field: Field, rows: Sequence[int]) -> Told:
    """What a buyer of `rows`, the baseline first, is told: the prior from other tables, this one's true covariance."""
    cost = field.cost_usd[list(rows)]
    log_cost = np.maximum(np.log(np.maximum(cost[1:], 1e-12) / cost[0]), LOWEST_LOG)
    mean, sd = _line(pairs, log_cost)
    fitted, spread = _line(pairs, pairs.log_cost)
    shared = _shared(pairs, (pairs.gap - fitted) / spread)
    n_rows = len(rows)
    covariance = np.full((n_rows, n_rows), float(pairs.baseline.var(ddof=1)))
    covariance[1:, 1:] += shared * np.outer(sd, sd) + (1.0 - shared) * np.diag(sd**2)
    base = float(pairs.baseline.mean())
    noise, _ = ledoit_wolf(field.table.score[list(rows)].T)
    return Told(
        mean=np.concatenate([[base], base + mean]),
        covariance=covariance,
        noise=np.asarray(noise, dtype=np.float64) + LEAST_NOISE * np.eye(n_rows),
    )


def _line(pairs: Pairs, log_cost: Floats) -> tuple[Floats, Floats]:
    """(n,) kernel mean and standard deviation of the gap at log costs."""
    kernel = pairs.weight * np.exp(-0.5 * ((log_cost[:, None] - pairs.log_cost) / BANDWIDTH) ** 2)
    kernel = kernel / kernel.sum(axis=1, keepdims=True)
    mean = kernel @ pairs.gap
    return mean, np.sqrt(np.maximum(kernel @ pairs.gap**2 - mean**2, 1e-4))


def _shared(pairs: Pairs, residual: Floats) -> float:
    """Correlation of the standardised residuals of two models of one case."""
    found = []
    for case in np.unique(pairs.case):
        own = residual[pairs.case == case]
        found.append((own.sum() ** 2 - (own**2).sum()) / max(1, len(own) * (len(own) - 1)))
    return float(np.clip(np.mean(found), 0.0, 0.95))
