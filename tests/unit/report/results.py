"""Small finished searches with known numbers."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

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

HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m\x07",
    "a|b`c`*d*_e_[x](javascript:alert(1))![y](http://evil.example/z.png)",
    "\u202egnp.exe\u2066\u200b",
    '=HYPERLINK("http://evil.example","x")',
    '"><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}',
    "line one\r\n\n# heading\n---\n</title></style><style>*{display:none}",
    "$x$ www.evil.example me@evil.example &lt;b&gt; &#60;b&#62;",
)


def make_estimate(name: str, **changes: Any) -> Estimate:
    """Quality 0.70 (0.62 to 0.77), gap -0.01 (-0.04 to 0.02), 0.002 USD an item, undecided."""
    fields: dict[str, Any] = {
        "candidate_id": CandidateId(name),
        "label": name,
        "n_items": 150,
        "n_pairs": 140,
        "quality": Interval(mean=0.70, low=0.62, high=0.77),
        "gap": Interval(mean=-0.01, low=-0.04, high=0.02),
        "cost_usd": Interval(mean=0.002, low=0.0019, high=0.0021),
        "latency_p50_s": 0.512,
        "latency_p95_s": 1.25,
        "p_non_inferior": 0.81,
        "log_e_value": 1.5,
        "alpha_share": 0.01,
        "verdict": Verdict.UNDECIDED,
    }
    return Estimate(**(fields | changes))


def make_recommendation(name: str = "cheap", **changes: Any) -> Recommendation:
    """`cheap` is likely good enough (81 %) and saves 8 of 10 USD per 1,000 of 926 items."""
    fields: dict[str, Any] = {
        "candidate_id": CandidateId(name),
        "label": name,
        "certainty": Certainty.LIKELY,
        "claim": Claim.ITEMS,
        "reason": "on 140 shared items it scored 1.0 points below the baseline",
        "p_right": 0.81,
        "saving_share": 0.8,
        "saving_usd_per_1k": 8.0,
        "margin": 0.02,
        "alpha": 0.05,
        "n_items": 926,
        "n_pairs": 140,
        "runner_up_id": CandidateId("second"),
    }
    return Recommendation(**(fields | changes))


def make_drop(name: str, **changes: Any) -> Drop:
    """A drop by `Racing` for a loss of 0.2."""
    fields: dict[str, Any] = {
        "candidate_id": CandidateId(name),
        "reason": "worse than the baseline by more than the margin",
        "evidence": {"gap": -0.2, "n_pairs": 24.0},
        "remedy": "a margin above 0.03 would have kept it",
        "strategy": "Racing",
    }
    return Drop(**(fields | changes))


def make_phase(name: str, **changes: Any) -> PhaseSummary:
    """A phase of 5 candidates in which nobody left."""
    fields: dict[str, Any] = {
        "phase": name,
        "n_started": 5,
        "n_left": 5,
        "n_added": 0,
        "n_rounds": 1,
        "n_outcomes": 0,
        "spend_usd": Decimal(0),
        "drops_by_strategy": {},
        "reason": "a phase without calls",
    }
    return PhaseSummary(**(fields | changes))


def make_result(**changes: Any) -> SearchResult:
    """Baseline `big` at 10 USD per 1,000, `cheap` recommended, `second`, `bad` dropped measured, `dear` unmeasured."""
    big = make_estimate("big", gap=Interval(mean=0, low=0, high=0), p_non_inferior=1.0)
    unmeasured: dict[str, Any] = {"quality": None, "gap": None, "n_items": 0, "n_pairs": 0, "p_non_inferior": None}
    fields: dict[str, Any] = {
        "run_id": RunId("20260101-000000-abc123"),
        "task_id": "support",
        "plan": "balanced",
        "baseline_id": CandidateId("big"),
        "recommendation": make_recommendation(),
        "estimates": (
            make_estimate("bad", gap=Interval(mean=-0.2, low=-0.3, high=-0.1), verdict=Verdict.INFERIOR, n_items=24),
            replace(big, cost_usd=Interval(mean=0.01, low=0.009, high=0.011), verdict=Verdict.NON_INFERIOR),
            make_estimate("cheap"),
            make_estimate("dear", cost_usd=Interval(mean=0.02, low=0.02, high=0.02), latency_p50_s=None, **unmeasured),
            make_estimate("second", p_non_inferior=0.6, cost_usd=Interval(mean=0.003, low=0.0029, high=0.0031)),
        ),
        "phases": (
            make_phase("quick_wins", n_left=4, drops_by_strategy={"PriceCeiling": 1}),
            make_phase(
                "race",
                n_started=4,
                n_left=3,
                n_rounds=7,
                n_outcomes=474,
                spend_usd=Decimal("1.2345"),
                drops_by_strategy={"Racing": 1},
                reason="nothing more to ask",
            ),
        ),
        "drops": (
            (
                "quick_wins",
                make_drop(
                    "dear",
                    reason="at 20 USD per 1,000 items no cheaper than the baseline (10)",
                    strategy="PriceCeiling",
                    evidence={"cost_usd_per_1k": 20.0},
                    remedy="",
                ),
            ),
            ("race", make_drop("bad")),
        ),
        "spend": Spend(settled_usd=Decimal("1.2345"), unknown_usd=Decimal("0.0021"), n_calls=476),
        "budget_usd": Decimal(5),
        "wall_s": 12.34,
        "warnings": ("bad: gives one answer to nearly all items",),
        "run_dir": "/tmp/project/.modelsearch/runs/20260101-000000-abc123",  # noqa: S108 - only shown, never opened
    }
    return SearchResult(**(fields | changes))


def make_kept(certainty: Certainty = Certainty.UNDECIDED, **changes: Any) -> SearchResult:
    """The baseline is kept."""
    answer = make_recommendation(
        "big", certainty=certainty, p_right=None, saving_share=0.0, saving_usd_per_1k=0.0, reason="keep the baseline"
    )
    return make_result(recommendation=answer, **changes)


def make_hostile(text: str) -> SearchResult:
    """A result with a stranger's text wherever one may stand."""
    name = CandidateId(text)
    odd = make_estimate(text, label=f"vote of {text}")
    base = make_estimate("big", label=text)
    return make_result(
        task_id=text,
        plan=text,
        recommendation=make_recommendation(text, label=text, reason=text, runner_up_id=name),
        estimates=(odd, base),
        phases=(make_phase(text, drops_by_strategy={text: 1}, reason=text),),
        drops=((text, make_drop(f"x{text}", reason=text, remedy=text, strategy=text, evidence={text: 1.0})),),
        warnings=(text,),
        run_dir=f"/runs/{text}",
    )
