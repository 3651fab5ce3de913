"""What a certificate costs: a reference for each case, and when a search first holds a correct one."""

from collections.abc import Sequence

import numpy as np

from modelsearch.compare.aggregate import Row, column, grouped
from modelsearch.compare.metrics import feasible
from modelsearch.compare.tables import Field

SHARES = (0.005, 0.01, 0.02, 0.035, 0.05, 0.07, 0.1, 0.14, 0.2)
"""At which a search is looked at; its spend to a certificate is that of the first look at which it holds one."""
LEAST_EDGE = 1e-9


def reference_usd(field: Field, baseline: str, margin: float, alpha: float) -> float:
    """Min over cheaper feasible c of (k(baseline) + k(c)) min(N, 2 v_D ln(1/alpha) / (gap + margin)^2); inf if none."""
    base = field.rows[baseline]
    score, cost = field.table.score, field.cost_usd
    n_items = score.shape[1]
    found = [np.inf]
    for row in np.flatnonzero(feasible(field, baseline, margin) & (cost < cost[base])):
        difference = score[row] - score[base]
        edge = max(float(difference.mean()) + margin, LEAST_EDGE)
        n_needed = min(n_items, 2 * float(difference.var()) * np.log(1 / alpha) / edge**2)
        found.append(float(cost[base] + cost[row]) * n_needed)
    return float(min(found))


def spend_ratios(rows: Sequence[Row], fields: dict[str, Field]) -> list[float]:
    """Spend at the first correct certificate over the case's reference spend, a search each; inf where none came.

    Cases in which nothing cheaper is feasible are left out.
    """
    references: dict[tuple[str, str], float] = {}
    ratios = []
    for (table, baseline, _), some in grouped(rows, "table", "baseline", "seed").items():
        case = (table, baseline)
        if case not in references:
            references[case] = reference_usd(fields[table], baseline, float(some[0]["margin"]), float(some[0]["alpha"]))
        if np.isfinite(references[case]):
            ratios.append(_first_usd(some) / references[case])
    return ratios


def _first_usd(rows: Sequence[Row]) -> float:
    """What a search had spent at the first look at which it held a correct certificate."""
    ordered = sorted(rows, key=lambda row: float(row["budget_share"] or 0.0))
    right = column(ordered, "is_certified") - column(ordered, "is_false_certificate")
    return float(column(ordered, "spend_usd")[int(right.argmax())]) if right.max() > 0 else np.inf
