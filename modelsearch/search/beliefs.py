"""What a Gaussian process believes of every live candidate's gap to the baseline, and of its saving."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.costs import cost_spreads, expected_costs
from modelsearch.search.features import feature_table
from modelsearch.search.gaussian_process import posterior
from modelsearch.search.kernel_scales import MIN_NOISE_VARIANCE, kernel_scales
from modelsearch.search.paired_gaps import paired_gaps

SQRT_2PI = np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """One entry per live candidate but the baseline, in the order of `ids`.

    Attributes:
        p_feasible: (n,) probability that the gap is at least -margin.
        gap: (n,) expected gap to the baseline in score units; gap_sd: (n,) its standard deviation.
        saving: (n,) expected 1 - cost / baseline's cost; NaN where a cost is unknown.
        saving_sd: (n,) its standard deviation.
    """

    ids: tuple[CandidateId, ...]
    p_feasible: Floats
    gap: Floats
    gap_sd: Floats
    saving: Floats
    saving_sd: Floats

    @property
    def worth(self) -> Floats:
        """(n,) worth of choosing each: p (saving + 1) - 1, as in `decide.choice`; the baseline is worth 0."""
        return np.asarray(np.nan_to_num(self.p_feasible * (self.saving + 1.0) - 1.0, nan=-1.0), dtype=np.float64)

    @property
    def expected_gain(self) -> Floats:
        """(n,) constrained expected improvement: P(feasible) x EI of the saving over the best worth there is now.

        EI = (mu - best) Phi(z) + sigma phi(z), z = (mu - best) / sigma: Jones, Schonlau & Welch 1998, eq. 15,
        doi:10.1023/A:1008306431147; the constraint as in Gardner et al. 2014, eq. 5. 0 where a cost is unknown.
        """
        best = max(0.0, float(self.worth.max(initial=0.0)))
        ahead = np.nan_to_num(self.saving - best, nan=-np.inf)
        sd = np.maximum(np.nan_to_num(self.saving_sd), 1e-9)
        z = np.clip(ahead / sd, -40.0, 40.0)
        improvement = np.maximum(ahead, -1e6) * ndtr(z) + sd * np.exp(-0.5 * z * z) / SQRT_2PI
        return np.asarray(self.p_feasible * np.where(np.isneginf(ahead), 0.0, np.maximum(improvement, 0.0)))


def n_observed(view: SearchView) -> int:
    """Candidates, dropped ones included, that share a scored item with the baseline."""
    n_pairs = paired_gaps(view).n_pairs
    return int(np.count_nonzero(n_pairs)) - int(n_pairs[view.row[view.baseline_id]] > 0)


def beliefs(view: SearchView, ids: tuple[CandidateId, ...], refit_every: int = 5) -> Beliefs:
    """Beliefs from everything bought, dropped candidates included; the baseline's own gap is known to be 0.

    The noise of each observed gap is its paired variance over its number of pairs, shrunk to the pool's, 0 when all
    items are known. O(n_observed^3).

    Args:
        view: of the search.
        ids: live candidates to say something of.
        refit_every: candidates compared by which the scales are fitted anew, see `kernel_scales`.
    """
    found, table = paired_gaps(view), feature_table(view)
    observed = np.flatnonzero(found.n_pairs > 0)
    base_row = view.row[view.baseline_id]
    rows = np.union1d(observed, [base_row])
    gap = np.where(rows == base_row, 0.0, found.gap[rows])
    noise = np.where(rows == base_row, 0.0, found.noise_variance[rows]) + MIN_NOISE_VARIANCE
    asked = np.array([view.row[c] for c in ids], dtype=np.int64)
    relevant = np.union1d(rows, asked)
    scales = kernel_scales(view, table, refit_every)
    fitted = posterior(table.values[relevant], table.group, np.searchsorted(relevant, rows), gap, noise, scales)
    at = np.searchsorted(relevant, asked)
    costs_usd, spreads_usd = expected_costs(view), cost_spreads(view)
    base_usd = costs_usd[base_row] if costs_usd[base_row] > 0 else np.nan
    return Beliefs(
        ids=ids,
        p_feasible=np.asarray(ndtr((fitted.mean[at] + view.task.margin) / fitted.sd[at]), dtype=np.float64),
        gap=fitted.mean[at],
        gap_sd=fitted.sd[at],
        saving=np.asarray(1.0 - costs_usd[asked] / base_usd, dtype=np.float64),
        saving_sd=np.asarray(spreads_usd[asked] / base_usd, dtype=np.float64),
    )
