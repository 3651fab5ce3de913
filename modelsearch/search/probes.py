"""Probes along the shared order, and what they are expected to spend.

Comparisons pair a candidate with the baseline on the items that both have, so samplers buy prefixes of one random
order: whoever is bought to depth n shares n items with everybody else of depth n.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.search import Probe, SearchView
from modelsearch.search.costs import expected_costs

ROUNDING = 1e-9
"""Relative slack for sums of floats."""


def prefix(view: SearchView, candidate_id: CandidateId, n_items: int) -> Probe:
    """The items among the first `n_items` of the shared order for which the candidate has no outcome yet."""
    status = view.outcomes.status[view.row[candidate_id], : max(n_items, 0)]
    columns = np.flatnonzero(status == 0)
    return Probe(candidate_id=candidate_id, item_ids=tuple(view.setting.item_ids[column] for column in columns))


def depth(view: SearchView, candidate_id: CandidateId) -> int:
    """Length of the candidate's unbroken prefix of the shared order, failed items included."""
    missing = np.flatnonzero(view.outcomes.status[view.row[candidate_id]] == 0)
    return int(missing[0]) if len(missing) else len(view.setting.item_ids)


class Purse:
    """What is left of `view.spend_left_usd` while one round's probes are put together, by expected costs.

    An item of a composite spends what its members lack. Outcomes that a probe of this round already asks for are not
    counted twice. A candidate of unknown cost cannot be reserved for, hence is never affordable.
    """

    def __init__(self, view: SearchView, share: float = 1.0) -> None:
        self._view = view
        self._costs_usd = expected_costs(view)
        self._is_known = view.outcomes.status > 0
        self.left_usd = float(view.spend_left_usd) * share

    def total_usd(self, probes: Iterable[Probe]) -> float:
        """Expected USD of probes on top of what this round already asks for; infinite where a cost is unknown."""
        index = self._view.setting.item_index
        return self._cells_usd(self._cells((p.candidate_id, [index[i] for i in p.item_ids]) for p in probes))

    def can_buy(self, probes: Iterable[Probe]) -> bool:
        """True where all probes together fit into what is left."""
        return self.total_usd(probes) <= self.left_usd * (1 + ROUNDING)

    def buy(self, probes: Sequence[Probe]) -> bool:
        """Take the money for all probes, or for none; True where it was taken."""
        index = self._view.setting.item_index
        cells = self._cells((p.candidate_id, [index[i] for i in p.item_ids]) for p in probes)
        spend_usd = self._cells_usd(cells)
        if spend_usd > self.left_usd * (1 + ROUNDING):
            return False
        self.left_usd = max(0.0, self.left_usd - spend_usd)
        for row, columns in cells.items():
            self._is_known[row, sorted(columns)] = True
        return True

    def prefix_usd(self, candidate_ids: Sequence[CandidateId], n_items: int) -> float:
        """Expected USD to bring all candidates to depth `n_items`, on top of what this round already asks for."""
        status = self._view.outcomes.status[:, :n_items]
        return self._cells_usd(self._cells((c, np.flatnonzero(status[self._view.row[c]] == 0)) for c in candidate_ids))

    def affordable_depth(self, candidate_ids: Sequence[CandidateId], n_items: int) -> int:
        """Largest n <= `n_items` such that all candidates can be bought to depth n together (by bisection)."""
        low, high = 0, n_items
        while low < high:
            middle = (low + high + 1) // 2
            if self.prefix_usd(candidate_ids, middle) <= self.left_usd * (1 + ROUNDING):
                low = middle
            else:
                high = middle - 1
        return low

    def _cells(self, wanted: Iterable[tuple[CandidateId, Iterable[int]]]) -> dict[int, set[int]]:
        """Columns to pay for by row; row -1 stands for members that the view does not know."""
        cells: dict[int, set[int]] = {}
        for candidate_id, columns in wanted:
            asked = np.asarray(list(columns), dtype=np.int64)
            for single in singles_of(self._view.candidate(candidate_id)):
                row = self._view.row.get(single.id, -1)
                new = asked if row < 0 else asked[~self._is_known[row, asked]]
                cells.setdefault(row, set()).update(new.tolist())
        return cells

    def _cells_usd(self, cells: Mapping[int, set[int]]) -> float:
        usd = [self._item_usd(row) * len(columns) for row, columns in cells.items() if columns]
        return float(sum(usd))

    def _item_usd(self, row: int) -> float:
        cost_usd = np.nan if row < 0 else self._costs_usd[row]
        return float("inf") if np.isnan(cost_usd) else float(cost_usd)


def by_prior(view: SearchView) -> tuple[CandidateId, ...]:
    """Live candidates but the baseline: best prior first, then the lower expected cost (unknown last), then the id."""
    costs_usd = np.nan_to_num(expected_costs(view), nan=np.inf)
    others = [c for c in view.pool if c != view.baseline_id]
    return tuple(sorted(others, key=lambda c: (-view.priors.get(c, 0.0), costs_usd[view.row[c]], c)))


def merged(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """One probe per candidate with the union of its items in the order asked; empty probes left out."""
    items: dict[CandidateId, dict[ItemId, None]] = {}
    for probe in probes:
        items.setdefault(probe.candidate_id, {}).update(dict.fromkeys(probe.item_ids))
    return tuple(Probe(candidate_id=c, item_ids=tuple(wanted)) for c, wanted in items.items() if wanted)
