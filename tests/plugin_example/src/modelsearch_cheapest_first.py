"""A sampler of somebody else's: the cheapest candidate that has not been asked everything yet gets the next batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.costs import expected_cost_usd
from modelsearch.search.probes import prefix


@register("sampler", "cheapest_first", source="an example of this project, 2026")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestFirst:
    """Buys the next `step_items` items of the cheapest candidate with any left; unknown costs come last.

    Attributes:
        step_items: items a round, 1 or more.
    """

    step_items: int = 8

    def __post_init__(self) -> None:
        if self.step_items < 1:
            message = f"sampler 'cheapest_first': step_items must be 1 or more, got {self.step_items}"
            raise PlanError(message)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        cost_usd = dict(zip(view.pool, np.nan_to_num(expected_cost_usd(view), nan=np.inf), strict=True))
        for candidate_id in sorted(view.pool, key=lambda c: (cost_usd[c], c)):
            n_wanted = min(len(view.setting.item_ids), view.n_bought(candidate_id) + self.step_items)
            probe = prefix(view, candidate_id, n_wanted)
            if probe.item_ids and len(probe.item_ids) * cost_usd[candidate_id] <= float(view.spend_left_usd):
                return (probe,)
        return ()
