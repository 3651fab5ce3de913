"""Who competes: a plan under a name, and the rule by which it chooses at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.plan import Plan
from modelsearch.core.search import SearchView
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.costs import expected_costs
from modelsearch.search.paired_gaps import paired_gaps

Rule = Literal["house", "point"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a search says at some moment: whom, how sure, and with which probability it is right (None = not told)."""

    candidate_id: CandidateId
    verdict: str
    p_right: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A plan that competes.

    Attributes:
        name: in the results' column `plan`.
        rules: `house` = the product's own decision (worth against keeping the baseline); `point` = what the field does:
            the cheapest whose mean on the shared items is within the margin. Each gives a row of its own.
    """

    name: str
    plan: Plan
    rules: tuple[Rule, ...] = ("house",)

    def choices(self, view: SearchView) -> dict[str, Choice]:
        """What is chosen on what is known, by the name that the row goes under."""
        return {f"{self.name} ({r})" if r != "house" else self.name: RULES[r](view) for r in self.rules}


def house_choice(view: SearchView) -> Choice:
    """The product's recommendation."""
    found = recommend(view, estimates(view))
    return Choice(candidate_id=found.candidate_id, verdict=str(found.certainty), p_right=found.p_right)


def point_choice(view: SearchView) -> Choice:
    """The cheapest live candidate whose mean gap on shared items is at least -margin; the baseline where none is."""
    found, costs_usd = paired_gaps(view), expected_costs(view)
    base_usd = float(np.nan_to_num(costs_usd[view.row[view.baseline_id]], nan=np.inf))
    good = [
        (float(costs_usd[row]), candidate_id)
        for candidate_id in view.pool
        if candidate_id != view.baseline_id
        and found.n_pairs[row := view.row[candidate_id]] > 0
        and found.gap[row] >= -view.task.margin
        and costs_usd[row] < base_usd
    ]
    chosen = min(good)[1] if good else view.baseline_id
    return Choice(candidate_id=chosen, verdict="undecided" if chosen == view.baseline_id else "likely")


RULES: Mapping[Rule, Callable[[SearchView], Choice]] = {"house": house_choice, "point": point_choice}
