"""Rows of a comparison, as the Parquet file holds them."""

import math
from typing import Any


def make_row(**changes: Any) -> dict[str, Any]:
    plain = {
        "table": "one", "baseline": "m0", "plan": "a", "seed": 0, "budget_share": 0.1, "recommended": "m2",
        "verdict": "likely", "spend_usd": 0.5, "true_quality": 0.9, "true_cost_usd": 0.001, "margin": 0.02,
        "alpha": 0.05, "p_right": 0.8, "is_baseline_imported": False, "is_cost_known": False, "n_calls": 100,
        "n_rounds": 5, "time_to_solution_s": 10.0, "wall_s": 0.2, "cpu_s": 0.1, "net_captured": 1.0,
        "net_captured_certified": 0.0, "cost_reduction": 0.7, "is_wrong": False, "is_certified": False,
        "is_false_certificate": False, "spend_share": 0.09, "is_over_budget": False, "n_candidates_tested": 4,
        "search_efficiency": 0.5, "front_hypervolume_share": 0.9,
    }  # fmt: skip
    return plain | changes


def make_rows() -> list[dict[str, Any]]:
    """Two plans on two tables, two seeds and two shares; b is wrong on table two at the small share."""
    rows = []
    for plan in ("a", "b"):
        for table in ("one", "two"):
            for seed in (0, 1):
                for share in (0.05, 0.1):
                    is_wrong = (plan, table, share) == ("b", "two", 0.05)
                    captured = -1.0 if is_wrong else math.nan if table == "two" else share * 5
                    rows.append(
                        make_row(
                            plan=plan,
                            table=table,
                            seed=seed,
                            budget_share=share,
                            is_wrong=is_wrong,
                            net_captured=captured,
                        )
                    )
    return rows
