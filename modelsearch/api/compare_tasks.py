"""Plans compared on a task of the user's own with real calls: each search pays for itself, nothing is shared.

There is no truth to score by, so what a row says of the recommendation is the search's own estimate, and the columns of
truth stay empty. A reply store shared by the searches would let the second plan look at what the first one paid for;
each has its own.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import sha256_hex
from modelsearch.core.result import SearchResult
from modelsearch.settings import Settings

Row = dict[str, Any]
UNKNOWN = (
    "true_quality", "true_cost_usd", "net_captured", "net_captured_certified", "is_wrong", "is_false_certificate",
    "search_efficiency", "front_hypervolume_share", "cpu_s",
)  # fmt: skip
"""What only a whole table could tell."""


@dataclass(frozen=True, kw_only=True)
class TaskComparison:
    """What is compared on tasks.

    Attributes:
        baseline: candidate id of what serves the tasks today.
        plans: names or YAML files.
        budgets_usd: limits of one search each.
    """

    tasks: Sequence[Path]
    baseline: str
    plans: Sequence[str]
    budgets_usd: Sequence[Decimal]
    n_seeds: int = 1

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything.

        Raises:
            OptionError: no task, no baseline, no budget.
        """
        if not self.tasks or not self.baseline or not self.budgets_usd:
            message = (
                "compare --tasks: give task specs, --baseline ID and --budget-usd (or --emulated, which needs none)"
            )
            raise OptionError(message)

    @property
    def most_usd(self) -> Decimal:
        """What all searches together may spend."""
        return sum(self.budgets_usd, Decimal(0)) * len(self.tasks) * len(self.plans) * self.n_seeds


def compare_tasks(
    comparison: TaskComparison, settings: Settings, on_done: Callable[[int, int], None] | None = None
) -> list[Row]:
    """Run every search after the other.

    Args:
        comparison: what to run.
        settings: the project's; each search keeps its runs in a folder of its own below it.
        on_done: told the searches done and all of them, after each.

    Raises:
        InputError: a task, a plan, the baseline or a key cannot be used.
        StoppedError: a provider cannot go on.
    """
    jobs = list(product(comparison.tasks, comparison.plans, range(comparison.n_seeds), comparison.budgets_usd))
    rows = []
    for n_done, (task, plan, seed, budget_usd) in enumerate(jobs, start=1):
        request = SearchRequest(task=task, baseline=comparison.baseline, plan=plan, seed=seed, budget_usd=budget_usd)
        own = replace(settings, home=settings.home / "compare" / sha256_hex(request.to_json())[:12])
        rows.append(row_of(search(request, Opening(settings=own)), seed, max(comparison.budgets_usd)))
        if on_done is not None:
            on_done(n_done, len(jobs))
    return rows


def row_of(result: SearchResult, seed: int, whole_usd: Decimal) -> Row:
    """A result as a row of a comparison; shares are of the largest budget, for nobody knows the whole cost."""
    found = result.recommendation
    tested = [each for each in result.estimates if each.n_items > 0 and each.candidate_id != result.baseline_id]
    return {
        "table": result.task_id,
        "baseline": result.baseline_id,
        "plan": result.plan,
        "seed": seed,
        "budget_share": float(result.budget_usd / whole_usd),
        "recommended": found.candidate_id,
        "verdict": str(found.certainty),
        "spend_usd": float(result.spend.committed_usd),
        "spend_share": float(result.spend.committed_usd / whole_usd),
        "margin": found.margin,
        "alpha": found.alpha,
        "p_right": math.nan if found.p_right is None else found.p_right,
        "is_certified": str(found.certainty) == "certified" and found.candidate_id != result.baseline_id,
        "is_over_budget": result.spend.committed_usd > result.budget_usd,
        "is_baseline_imported": False,
        "is_cost_known": False,
        "n_calls": result.spend.n_calls,
        "n_rounds": sum(phase.n_rounds for phase in result.phases),
        "n_candidates_tested": len(tested),
        "time_to_solution_s": result.wall_s,
        "wall_s": result.wall_s,
        "cost_reduction": math.nan if found.saving_share is None else found.saving_share,
        **dict.fromkeys(UNKNOWN),
    }
