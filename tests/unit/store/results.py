"""A finished search for the tests of the store."""

from decimal import Decimal

from modelsearch.core.budget import Spend
from modelsearch.core.ids import CandidateId, RunId
from modelsearch.core.result import (
    Certainty,
    Claim,
    Estimate,
    Interval,
    PhaseSummary,
    Recommendation,
    SearchResult,
    Verdict,
)
from modelsearch.core.search import Drop

BIG, SMALL = CandidateId("acme/big"), CandidateId("acme/small")

ESTIMATES = (
    Estimate(
        candidate_id=SMALL,
        label="small",
        n_items=90,
        n_pairs=80,
        quality=Interval(mean=0.9, low=0.85, high=0.94),
        gap=Interval(mean=-0.01, low=-0.03, high=float("inf")),
        cost_usd=Interval(mean=0.001, low=0.0009, high=0.0012),
        latency_p50_s=0.4,
        latency_p95_s=1.5,
        p_non_inferior=0.97,
        log_e_value=3.5,
        alpha_share=0.05,
        verdict=Verdict.NON_INFERIOR,
    ),
    Estimate(
        candidate_id=BIG,
        label="big",
        n_items=0,
        n_pairs=0,
        quality=None,
        gap=None,
        cost_usd=None,
        latency_p50_s=None,
        latency_p95_s=None,
        p_non_inferior=None,
        log_e_value=float("-inf"),
        alpha_share=0.0,
        verdict=Verdict.UNDECIDED,
        is_feasible=False,
    ),
)
RESULT = SearchResult(
    run_id=RunId("20261123-153000-ab12cd"),
    task_id="triage",
    plan="balanced",
    baseline_id=BIG,
    recommendation=Recommendation(
        candidate_id=SMALL,
        label="small",
        certainty=Certainty.CERTIFIED,
        claim=Claim.ITEMS,
        reason="null",
        p_right=None,
        saving_share=0.9,
        saving_usd_per_1k=8.5,
        margin=0.02,
        alpha=0.05,
        n_items=90,
        n_pairs=80,
        covers=("quality", "cost"),
    ),
    estimates=ESTIMATES,
    phases=(
        PhaseSummary(
            phase="race",
            n_started=5,
            n_left=2,
            n_added=1,
            n_rounds=3,
            n_outcomes=170,
            spend_usd=Decimal("0.123456789012"),
            drops_by_strategy={"racing": 3},
            reason="all wanted items bought",
        ),
    ),
    drops=(("screen", Drop(candidate_id=CandidateId("x"), reason="too dear", evidence={"price": float("nan")})),),
    spend=Spend(settled_usd=Decimal("0.123456789012"), unknown_usd=Decimal("0.01"), n_calls=170),
    budget_usd=Decimal(1),
    wall_s=12.5,
    warnings=("true",),
)
