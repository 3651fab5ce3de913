"""What a search ends with: estimates, a verdict on each candidate, and one recommendation with its certainty."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modelsearch.core.budget import Spend
from modelsearch.core.ids import CandidateId, RunId
from modelsearch.core.search import Drop


class Verdict(StrEnum):
    """Of one candidate, at alpha and margin."""

    NON_INFERIOR = "non_inferior"
    INFERIOR = "inferior"
    UNDECIDED = "undecided"


class Certainty(StrEnum):
    """Of a recommendation."""

    CERTIFIED = "certified"
    LIKELY = "likely"
    UNDECIDED = "undecided"


class Claim(StrEnum):
    """What the statement is about: these N items, or the population that they were drawn from."""

    ITEMS = "these items"
    POPULATION = "the population"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A number with its bounds; `level` is the coverage stated."""

    mean: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is known of one candidate, measured against the baseline on the items that both have.

    Attributes:
        gap: quality minus the baseline's on shared items; None without any.
        cost_usd: expected USD per item; None where unknown.
        p_non_inferior: posterior probability that the gap over all items is >= -margin; None without pairs.
        log_e_value: log of the e-process against "inferior by more than the margin"; 1000 = sure.
        log_e_inferior: log of its twin, against "non-inferior"; 1000 = sure.
        alpha_share: the part of alpha this candidate's certificate is tested at.
        evidence_missing_share: share of compared items that failed and were taken at their worst.
        noise_sd: standard deviation that asking or judging all again would bring to an item's score; None = not known.
    """

    candidate_id: CandidateId
    label: str
    n_items: int
    n_pairs: int
    quality: Interval | None
    gap: Interval | None
    cost_usd: Interval | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    p_non_inferior: float | None
    log_e_value: float
    alpha_share: float
    verdict: Verdict
    evidence_missing_share: float = 0.0
    is_feasible: bool = True
    log_e_inferior: float = 0.0
    noise_sd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer. `p_right` is set where certainty is `likely`; `saving_share` is 1 - cost/baseline's cost.

    Attributes:
        covers: which constraints the certificate covers (always quality; cost and latency where tested).
        is_for_population: whether the certificate about these items holds for the population they were drawn from too,
            tested apart at the same alpha.
    """

    candidate_id: CandidateId
    label: str
    certainty: Certainty
    claim: Claim
    reason: str
    p_right: float | None
    saving_share: float | None
    saving_usd_per_1k: float | None
    margin: float
    alpha: float
    n_items: int
    n_pairs: int
    covers: tuple[str, ...] = ("quality",)
    is_for_population: bool = False
    runner_up_id: CandidateId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSummary:
    """One line of the funnel."""

    phase: str
    n_started: int
    n_left: int
    n_added: int
    n_rounds: int
    n_outcomes: int
    spend_usd: Decimal
    drops_by_strategy: Mapping[str, int]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """What the providers' prompt caches did for a run.

    Attributes:
        n_prompt_tokens: input of all calls that were paid, cached or not.
        saved_usd: USD less at list prices than all of it as plain input; below 0 where keeping it cost more.
    """

    n_prompt_tokens: int
    n_read_tokens: int
    n_written_tokens: int
    saved_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeUse:
    """What the model did that scored the answers.

    Attributes:
        spend_usd: of its calls, a part of the run's spend.
        n_unscored: outcomes that have no score because nobody could read its reply.
        kappa: agreement with people beyond chance, quadratic weights; None without answers that people have scored.
        n_labels: answers that it was held against people on; `p_equal`: share of them with the very same score.
    """

    endpoint_id: str
    n_calls: int
    spend_usd: Decimal
    n_unscored: int = 0
    kappa: Interval | None = None
    n_labels: int = 0
    p_equal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """A finished search. `cache_use`, `judge_use` are None where there was no prompt cache, no model that scores."""

    run_id: RunId
    task_id: str
    plan: str
    baseline_id: CandidateId
    recommendation: Recommendation
    estimates: tuple[Estimate, ...]
    phases: tuple[PhaseSummary, ...]
    drops: tuple[tuple[str, Drop], ...]
    spend: Spend
    budget_usd: Decimal
    wall_s: float
    warnings: tuple[str, ...]
    run_dir: str | None = None
    cache_use: CacheUse | None = None
    judge_use: JudgeUse | None = None
