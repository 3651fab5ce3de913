"""The whole matrix of scores as predicted from what was bought, and the rows' doubly robust means.

Predictions are of low rank and biased by themselves; they say which cells are unsure. Means of rows are corrected by
what was drawn and how likely that was.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Bools, Floats, Ints, Probe, SearchView
from modelsearch.search.arms import FREE_USD
from modelsearch.search.costs import expected_costs
from modelsearch.search.draws import drawn_row, history
from modelsearch.stats.doubly_robust import Mean, drawn_items, mean_estimate
from modelsearch.stats.low_rank import Ensemble, FitOptions, ensemble, fitted

PAIR_WEIGHT = 50.0
"""How much likelier than by their spread alone items are drawn that the baseline has: decisions read pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleOptions:
    """How the matrix is fitted: `n_fits` fits of `rank`, each without `dropped_share` of the known cells."""

    rank: int
    n_fits: int
    dropped_share: float


@dataclass(frozen=True, kw_only=True)
class ScoreMatrix:
    """The scores of a view as predicted now.

    Attributes:
        predicted: mean and spread of every cell.
        row_means: doubly robust mean over all items of the live rows that were drawn from or are whole.
    """

    view: SearchView
    predicted: Ensemble
    row_means: dict[CandidateId, Mean]

    @cached_property
    def is_left(self) -> Bools:
        """(n_candidates, n_items) cells not yet bought."""
        return np.asarray(self.view.outcomes.status == 0, dtype=np.bool_)

    @cached_property
    def cell_sd(self) -> Floats:
        """(n_candidates, n_items) expected distance of a score from its prediction, a score in [0, 1] being p (1 - p).

        What draws in proportion to it leaves the doubly robust mean the least variance.
        """
        mean = self.predicted.mean
        return np.asarray(np.sqrt(self.predicted.spread**2 + mean * (1.0 - mean)), dtype=np.float64)

    @cached_property
    def item_usd(self) -> Floats:
        """(n_candidates,) expected USD of an item, at least `FREE_USD`, NaN = unknown."""
        return np.maximum(expected_costs(self.view), FREE_USD)

    def drawn_next(self, rows: Ints) -> Ints:
        """(n,) for each row: itself or the baseline's row, wherever a dollar lowers the variance of their gap more.

        Items go as sd / sqrt(cost): whoever is further behind that is drawn; a row without items left never, -1 where
        both have none.
        """
        base = self.view.row[self.view.baseline_id]
        n_left = self.is_left.sum(axis=1)
        n_bought = np.maximum(self.is_left.shape[1] - n_left, 1)
        behind = n_bought * np.sqrt(self.item_usd) / np.maximum(self.cell_sd.mean(axis=1), 1e-9)
        chosen = np.where((behind[base] < behind[rows]) & (n_left[base] > 0) | (n_left[rows] == 0), base, rows)
        return np.asarray(np.where(n_left[chosen] > 0, chosen, -1), dtype=np.int64)

    def drawn_probe(self, row: int, n_draws: int, rng: np.random.Generator) -> Probe:
        """Draws of a row, in order, each with its probability."""
        setting, base = self.view.setting, self.view.row[self.view.baseline_id]
        weight = self.cell_sd[row] * setting.item_weights * np.where(self.is_left[base], 1.0, PAIR_WEIGHT)
        columns, p_draw = drawn_items(rng, weight, self.is_left[row], n_draws)
        return Probe(
            candidate_id=self.view.candidates[row].id,
            item_ids=tuple(setting.item_ids[column] for column in columns),
            p_draw=tuple(p_draw.tolist()),
        )


def score_matrix(view: SearchView, options: EnsembleOptions, rng: np.random.Generator) -> ScoreMatrix:
    """Fit a view. O((n_fits + log n_cells) x n_candidates x n_items x rank^2)."""
    fit = FitOptions(rank=options.rank)
    seen = np.asarray(view.outcomes.score, dtype=np.float64)
    predicted = ensemble(seen, fit, rng, options.n_fits, options.dropped_share)
    filled = np.where((view.outcomes.status > 0) & np.isnan(seen), predicted.mean, seen)
    return ScoreMatrix(view=view, predicted=predicted, row_means=_row_means(view, seen, filled, fit))


def _row_means(view: SearchView, seen: Floats, filled: Floats, fit: FitOptions) -> dict[CandidateId, Mean]:
    """Weighted by the items' weights; failed items count as `filled` says."""
    known, weights = history(view), view.setting.item_weights

    @cache
    def predicted(at: int) -> Floats:
        return fitted(known.known_before(seen, at), fit) * weights

    n_items = len(view.setting.item_ids)
    rows = [c for c in view.pool if c in known.draws or view.n_bought(c) == n_items]
    return {c: mean_estimate(drawn_row(view, known, c, predicted, filled * weights)) for c in sorted(rows)}
