"""Too small, or shown too weak, to be good enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.ids import CandidateId
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, Floats, SearchView
from modelsearch.decide.pairs import paired
from modelsearch.search.ceilings import is_like_learnt, larger_kin, law_gap, lead, log_futility, offset_at
from modelsearch.search.composing import bought, undominated
from modelsearch.search.paired_gaps import PairedGaps, paired_gaps
from modelsearch.search.parameters import require_count, require_range

_Found = tuple[str, str, Mapping[str, float]]
MIN_LEG_ITEMS = 40
"""Scored items shared with the baseline from which on a combiner looks at a single."""


@register(
    "filter",
    "quality_ceiling",
    source="client's strategy 7, Dynamic Pruning; Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009; Koenker & "
    "Bassett 1978, doi:10.2307/1913643",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCeiling:
    """Drops who cannot reach the baseline's quality less the margin, by a bound on the best that it can be.

    The bar is the baseline's quality - margin: what the incumbent is held against too, so that nobody who is good
    enough leaves because another is better yet. A ceiling is any of three bounds. By what was bought: the futility
    e-process of the candidate's pairs, or that of a larger member of its family with the catalogue's slack for kin.
    By size, architecture and family: the catalogue's scaling law, for who has fewer than `min_items` pairs, beside a
    baseline like those it was learnt from, raised by whatever anybody bought is ahead of the baseline.

    Who is too weak alone may be the cheap leg of a cascade that is good enough: of those bought, the `n_legs` singles
    that fewest others beat in both cost and quality stay, where answers can be put to a vote at all.

    Over all looks the best candidate is dropped by what was bought with probability at most `alpha`, half of it its
    own e-process and half its kin's (split over them); each law misses in 1 - `level` beside that. Unknown size is
    never judged by a law, and a composite only by its own pairs. Score units. Without outcomes only the law speaks;
    failed items count in a candidate's favour; ties stay; the baseline stays. O(n_candidates x n_items + n_pool^2).

    Attributes:
        alpha: in (0, 0.5].
        level: of the catalogue's laws, in [0.5, 1); a level beyond what they were fitted for switches them off.
        min_items: pairs from which on the law no longer speaks, at least 1.
        n_legs: singles kept as possible parts of composites, at least 0.
    """

    alpha: float = 0.01
    level: float = 0.98
    min_items: int = 8
    n_legs: int = 16

    def __post_init__(self) -> None:
        require_range(self, "alpha", 1e-12, 0.5)
        require_range(self, "level", 0.5, 0.999999)
        require_count(self, "min_items", 1)
        require_count(self, "n_legs", 0)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        gaps, kin = paired_gaps(view), _KinEvidence.of(view, self.level)
        own = log_futility(view, paired(view), view.task.margin)
        ceiling = lead(view, gaps, self.min_items) if is_like_learnt(view) else None
        drops = []
        for candidate_id in sorted(set(view.pool) - {view.baseline_id} - self._legs(view)):
            found = self._by_outcomes(view, candidate_id, own, gaps) or self._by_kin(view, candidate_id, kin, gaps)
            if found is None and ceiling is not None and gaps.n_pairs[view.row[candidate_id]] < self.min_items:
                found = self._by_law(view, candidate_id, ceiling)
            if found is not None:
                reason, remedy, evidence = found
                drops.append(
                    Drop(
                        candidate_id=candidate_id,
                        reason=reason,
                        remedy=remedy,
                        evidence=evidence,
                        strategy="quality_ceiling",
                    )
                )
        return tuple(drops)

    def _legs(self, view: SearchView) -> set[CandidateId]:
        """Who may yet be part of a composite, as the combiners choose their legs."""
        found = bought(view, min_items=MIN_LEG_ITEMS) if view.setting.is_votable and self.n_legs else None
        return set() if found is None else {found.singles[row].id for row in undominated(found, self.n_legs)}

    def _by_outcomes(self, view: SearchView, candidate_id: CandidateId, own: Floats, gaps: PairedGaps) -> _Found | None:
        row, margin = view.row[candidate_id], view.task.margin
        if own[row] < np.log(2 / self.alpha):
            return None
        reason = f"shown to be worse than the baseline by more than the margin of {margin:g}: {_seen(gaps, row)}"
        numbers = {"log_e_value": float(own[row]), "n_pairs": float(gaps.n_pairs[row]), "margin": margin}
        return reason, "a wider margin", numbers

    def _by_kin(
        self, view: SearchView, candidate_id: CandidateId, kin: "_KinEvidence", gaps: PairedGaps
    ) -> _Found | None:
        larger = larger_kin(view, candidate_id) if kin.slack is not None else ()
        if not larger or kin.slack is None:
            return None
        best = max(larger, key=lambda c: (kin.log_e[view.row[c]], c))
        row = view.row[best]
        if kin.log_e[row] < np.log(2 * len(larger) / self.alpha):
            return None
        reason = (
            f"its larger kin {best} is worse than the baseline by more than {view.task.margin + kin.slack:.3f} "
            f"({_seen(gaps, row)}), and a model is at most {kin.slack:.3f} better than larger kin at {self.level:.0%}"
        )
        numbers = {"kin_log_e_value": float(kin.log_e[row]), "kin_slack": kin.slack, "level": self.level}
        return reason, "a wider margin, or a higher level of this filter", numbers

    def _by_law(self, view: SearchView, candidate_id: CandidateId, lead_gap: float) -> _Found | None:
        model = view.model(candidate_id)
        bound = None if model is None else law_gap(model, view.setting.market, self.level)
        if model is None or model.params_b is None or bound is None or bound + lead_gap >= -view.task.margin:
            return None
        reason = (
            f"{model.params_b:g} B parameters: at most {bound + lead_gap:+.3f} beside a baseline like this one at "
            f"{self.level:.0%}, with a margin of {view.task.margin:g}"
        )
        numbers = {"params_b": model.params_b, "gap_high": bound + lead_gap, "level": self.level}
        return reason, "a wider margin, or a higher level of this filter", numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class _KinEvidence:
    """(n_candidates,) evidence against being within margin + slack of the baseline; slack None = no law."""

    slack: float | None
    log_e: Floats

    @classmethod
    def of(cls, view: SearchView, level: float) -> "_KinEvidence":
        rule = view.setting.market.scaling
        slack = None if rule is None else offset_at(rule.kin_offsets, level)
        if slack is None or view.task.margin + slack >= 1.0:
            return cls(slack=None, log_e=np.zeros(len(view.candidates)))
        slack = max(0.0, slack)
        return cls(slack=slack, log_e=log_futility(view, paired(view), view.task.margin + slack))


def _seen(gaps: PairedGaps, row: int) -> str:
    return f"gap {gaps.gap[row]:+.3f} on {gaps.n_pairs[row]} shared items"
