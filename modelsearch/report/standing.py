"""Where each candidate ended: live or dropped, when, by whom; the order in which tables name them."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Estimate, SearchResult, Verdict
from modelsearch.core.search import Drop
from modelsearch.report.plain import short

VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.NON_INFERIOR: "good enough, certified",
    Verdict.INFERIOR: "inferior, certified",
    Verdict.UNDECIDED: "undecided",
}
_ORDER = tuple(VERDICT_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One candidate at the end of a search. `phase` and `drop` are None while it is in the pool.

    Attributes:
        role: `recommended`, `baseline`, `recommended (baseline)`, `runner-up`, or empty.
    """

    candidate_id: CandidateId
    label: str
    role: str
    estimate: Estimate | None
    phase: str | None
    drop: Drop | None

    @property
    def is_measured(self) -> bool:
        """Whether any item is known of it."""
        return self.estimate is not None and self.estimate.n_items > 0

    @property
    def is_baseline(self) -> bool:
        """Whether it is what all others are compared with."""
        return "baseline" in self.role

    @property
    def verdict(self) -> str:
        """What is known of it in words; a drop with its phase."""
        if self.is_baseline:
            return "what all are compared with"
        if self.role == "recommended" and self.estimate and self.estimate.verdict is Verdict.UNDECIDED:
            return "likely good enough, not certified"
        known = VERDICT_WORDS[self.estimate.verdict] if self.estimate and self.is_measured else "never asked"
        return f"{known}; dropped in {short(self.phase)}" if self.drop else known


def standings(result: SearchResult) -> list[Standing]:
    """Every candidate once: recommended, baseline, runner-up, then good enough before undecided before inferior."""
    known = {estimate.candidate_id: estimate for estimate in result.estimates}
    left = {drop.candidate_id: (phase, drop) for phase, drop in result.drops}
    found = []
    for candidate_id in dict.fromkeys([*known, *left]):
        phase, drop = left.get(candidate_id, (None, None))
        estimate = known.get(candidate_id)
        found.append(
            Standing(
                candidate_id=candidate_id,
                label=short(estimate.label if estimate else candidate_id),
                role=_role(result, candidate_id),
                estimate=estimate,
                phase=phase,
                drop=drop,
            )
        )
    return sorted(found, key=_rank)


def standing_of(result: SearchResult, candidate_id: CandidateId) -> Standing | None:
    """The standing of one candidate; None if the search never knew it."""
    return next((s for s in standings(result) if s.candidate_id == candidate_id), None)


def _role(result: SearchResult, candidate_id: CandidateId) -> str:
    if candidate_id == result.recommendation.candidate_id:
        return "recommended (baseline)" if candidate_id == result.baseline_id else "recommended"
    if candidate_id == result.baseline_id:
        return "baseline"
    return "runner-up" if candidate_id == result.recommendation.runner_up_id else ""


def _rank(standing: Standing) -> tuple[int, bool, int, float, float, str]:
    roles = ("recommended (baseline)", "recommended", "baseline", "runner-up", "")
    estimate = standing.estimate
    verdict = _ORDER.index(estimate.verdict) if estimate else 0
    verdict = (0, 2, 1)[verdict]
    p = -1.0 if estimate is None or estimate.p_non_inferior is None else estimate.p_non_inferior
    cost = float("inf") if estimate is None or estimate.cost_usd is None else estimate.cost_usd.mean
    return (roles.index(standing.role), not standing.is_measured, verdict, -p, cost, standing.candidate_id)
