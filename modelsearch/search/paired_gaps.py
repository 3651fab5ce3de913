"""What the bought outcomes say of every candidate against the baseline, on the items that both have.

Pairs, weights and clusters are as in `stats.paired`; variances are shrunk to the pool's, or else eight equal
differences would make an interval of width zero.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from modelsearch.core.search import Floats, Ints, SearchView
from modelsearch.stats.paired import paired_mean, unit_sums
from modelsearch.stats.shrinkage import Prior, shrunk_variance

PRIOR = Prior()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedGaps:
    """Paired differences to the baseline, one entry per row of the view.

    Attributes:
        n_pairs: (n_candidates,) items on which both have a score.
        gap: (n_candidates,) weighted mean difference in score units, NaN without pairs.
        variance: (n_candidates,) of one independent unit, shrunk; raw_variance: before shrinking.
        n_worth: (n_candidates,) effective number of independent units.
        n_total: effective number of units of the whole task.
    """

    n_pairs: Ints
    gap: Floats
    variance: Floats
    raw_variance: Floats
    n_worth: Floats
    n_total: float

    @property
    def left_share(self) -> Floats:
        """(n_candidates,) share of the units not yet compared, in [0, 1]: the finite-population factor."""
        return np.asarray(np.clip(1.0 - self.n_worth / self.n_total, 0.0, 1.0), dtype=np.float64)

    @property
    def noise_variance(self) -> Floats:
        """(n_candidates,) sampling variance of `gap` as an estimate over all items; infinite without pairs."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(self.n_worth > 0, self.variance / self.n_worth, np.inf) * self.left_share)


def paired_gaps(view: SearchView) -> PairedGaps:
    """The paired differences of all rows. O(n_candidates x n_items)."""
    scores = np.asarray(view.outcomes.score, dtype=np.float64)
    weights, codes = view.setting.item_weights, view.setting.cluster_codes
    paired = paired_mean(scores - scores[view.row[view.baseline_id]], weights, codes)
    is_other = np.arange(len(scores)) != view.row[view.baseline_id]  # the baseline ties with itself: no evidence
    sizes = unit_sums(weights[None, :], codes)[0]
    return PairedGaps(
        n_pairs=paired.n_pairs,
        gap=paired.mean,
        variance=shrunk_variance(paired.variance, paired.n_worth * is_other, PRIOR),
        raw_variance=paired.variance,
        n_worth=paired.n_worth,
        n_total=float(sizes.sum() ** 2 / (sizes**2).sum()),
    )


def mean_scores(view: SearchView) -> Floats:
    """(n_candidates,) weighted mean score on what each was bought, NaN without any."""
    scores = np.asarray(view.outcomes.score, dtype=np.float64)
    is_known = ~np.isnan(scores)
    weight = is_known @ view.setting.item_weights
    total = np.where(is_known, scores, 0.0) @ view.setting.item_weights
    mean = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
    return np.asarray(mean, dtype=np.float64)


def quality(view: SearchView) -> Floats:
    """(n_candidates,) estimated quality in score units, NaN where nothing is known.

    The baseline's mean plus the paired gap, so that nobody gains by having been bought on easy items; the plain mean
    for those that share no item with the baseline.
    """
    plain = mean_scores(view)
    paired = plain[view.row[view.baseline_id]] + paired_gaps(view).gap
    return np.asarray(np.where(np.isnan(paired), plain, paired), dtype=np.float64)


def t_upper(found: PairedGaps, confidence: float) -> Floats:
    """(n_candidates,) one-sided upper bound of the gap over all items, infinite without pairs.

    Student's t on the shrunk variance, whose prior counts as some units too, with the finite-population factor.
    """
    dof = np.maximum(found.n_worth - 1.0, 0.0) + PRIOR.n_units
    width = stdtrit(dof, confidence) * np.sqrt(found.noise_variance)
    return np.asarray(np.where(found.n_pairs > 0, np.nan_to_num(found.gap) + width, np.inf), dtype=np.float64)


def bernstein_upper(found: PairedGaps, confidence: float, half_range: float) -> Floats:
    """(n_candidates,) upper bound of a mean of independent values in [-h, h], h = `half_range`; no normality needed.

    mean + sqrt(2 V ln(2/d) / n) + 7 (2h) ln(2/d) / (3 (n - 1)), d = 1 - confidence; V the sample variance. Source:
    Maurer & Pontil 2009, Empirical Bernstein Bounds, Theorem 4, arXiv 0907.3740.
    """
    log_term = np.log(2 / (1 - confidence))
    n = np.maximum(found.n_worth, 1.0 + 1e-9)
    width = np.sqrt(2 * found.raw_variance * log_term / n) + 14 * half_range * log_term / (3 * (n - 1))
    return np.asarray(np.where(found.n_worth > 1, np.nan_to_num(found.gap) + width, np.inf), dtype=np.float64)
