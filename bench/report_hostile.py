"""One page with every payload wherever a stranger's text may stand, for `bench.report`."""

from dataclasses import replace
from decimal import Decimal

from modelsearch.core.budget import Spend
from modelsearch.core.ids import CandidateId, ItemId, RunId
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
from modelsearch.report.page_data import (
    Again,
    Disagreement,
    Disagreements,
    LatencySpread,
    PageData,
    RacePoint,
    RaceRow,
    Said,
    SpendCell,
)
from modelsearch.testing.hostile import PAYLOADS

SPREAD = LatencySpread(p10_s=0.1, p50_s=0.5, p90_s=1.0, p95_s=1.25, n_items=150)
ALL = " ".join(PAYLOADS[:60])
"""Where there is one place only."""


def hostile_result() -> SearchResult:
    """Each payload is a candidate's id and label, a phase, a strategy, a reason, a remedy, an evidence, a warning."""
    ids = [CandidateId(text) for text in PAYLOADS]
    return SearchResult(
        run_id=RunId(PAYLOADS[0]), task_id=ALL, plan=ALL, baseline_id=ids[1], recommendation=_answer(ids),
        estimates=tuple(_estimate(n, text) for n, text in enumerate(PAYLOADS)),
        phases=tuple(_phase(text) for text in PAYLOADS),
        drops=tuple((text, _drop(f"dropped {text}", text)) for text in PAYLOADS),
        spend=Spend(settled_usd=Decimal(1), n_calls=9), budget_usd=Decimal(5), wall_s=1.0, warnings=PAYLOADS,
        run_dir=f"/runs/{PAYLOADS[0]}",
    )  # fmt: skip


def hostile_data() -> PageData:
    """Each payload is an item's id, input, target, what either said; a provider, a path, a fact, a part left out."""
    ids = [CandidateId(text) for text in PAYLOADS]
    said = [Said(status=text, answer=text, score=0.0, reply=f"{text} {text}") for text in PAYLOADS]
    found = tuple(
        Disagreement(item_id=ItemId(text), input=text, target=text, ours=own, baseline=replace(own, score=1.0))
        for text, own in zip(PAYLOADS, said, strict=True)
    )
    gap = Interval(mean=-0.01, low=-0.05, high=0.03)
    race = tuple(
        RacePoint(
            phase=text, round=n, spend_usd=0.1 * (n + 1), n_outcomes=n + 1, n_pool=9, baseline_id=ids[1],
            answer=replace(_answer(ids), label=text),
            rows=tuple(RaceRow(candidate_id=name, gap=gap, n_items=9, is_live=True) for name in ids[2 : 2 + 12]),
        )
        for n, text in enumerate(PAYLOADS[:30])
    )  # fmt: skip
    return PageData(
        kinds={name: ("single", "vote", "cascade")[n % 3] for n, name in enumerate(ids)},
        race=race,
        disagreements=Disagreements(
            candidate_id=ids[0], label=ALL, n_both=99, found=found, tables=f"/runs/{ALL}/outcomes.parquet"
        ),
        spend=tuple(SpendCell(provider=text, phase=PAYLOADS[0], spend_usd=Decimal(1), n_calls=1) for text in PAYLOADS),
        latencies=dict.fromkeys(ids, SPREAD),
        again=Again(command=ALL, facts=tuple((text, text) for text in PAYLOADS)),
        left_out=PAYLOADS,
    )


def _answer(ids: list[CandidateId]) -> Recommendation:
    return Recommendation(
        candidate_id=ids[0], label=PAYLOADS[0], certainty=Certainty.LIKELY, claim=Claim.ITEMS, reason=ALL, p_right=0.8,
        saving_share=0.5, saving_usd_per_1k=5.0, margin=0.02, alpha=0.05, n_items=99, n_pairs=99, runner_up_id=ids[2],
    )  # fmt: skip


def _estimate(number: int, text: str) -> Estimate:
    quality = Interval(mean=0.5 + number / 200, low=0.4 + number / 200, high=0.55 + number / 200)
    cost = 0.01 if number == 1 else 0.0001 * (number + 1)
    return Estimate(
        candidate_id=CandidateId(text), label=text, n_items=99, n_pairs=99, quality=quality,
        gap=Interval(mean=-0.01, low=-0.05, high=0.03), cost_usd=Interval(mean=cost, low=cost, high=cost),
        latency_p50_s=0.5, latency_p95_s=1.25, p_non_inferior=0.5, log_e_value=0.0, alpha_share=0.01,
        verdict=Verdict.UNDECIDED,
    )  # fmt: skip


def _phase(text: str) -> PhaseSummary:
    return PhaseSummary(
        phase=text, n_started=9, n_left=8, n_added=0, n_rounds=1, n_outcomes=9, spend_usd=Decimal(1),
        drops_by_strategy={text: 1}, reason=text,
    )  # fmt: skip


def _drop(name: str, text: str) -> Drop:
    return Drop(candidate_id=CandidateId(name), reason=text, evidence={text: 1.0}, remedy=text, strategy=text)
