from dataclasses import replace
from decimal import Decimal

import pytest

from bench.local_market import BASELINE
from bench.local_truth import Logged, Truth
from bench.local_verdict import Shown, deserving, problems, told, warned
from modelsearch.core.budget import Spend
from modelsearch.core.ids import CandidateId, RunId
from modelsearch.core.result import Certainty, Claim, Estimate, Recommendation, SearchResult, Verdict
from modelsearch.testing.factories import make_task

BASE, OTHER, SAME = CandidateId(BASELINE), CandidateId("local/other"), CandidateId("local/same#grouped")
TASK = make_task(20)


def _estimate(candidate_id: CandidateId, n_items: int) -> Estimate:
    return Estimate(
        candidate_id=candidate_id, label=candidate_id, n_items=n_items, n_pairs=n_items, quality=None, gap=None,
        cost_usd=None, latency_p50_s=None, latency_p95_s=None, p_non_inferior=None, log_e_value=0.0, alpha_share=0.0,
        verdict=Verdict.UNDECIDED,
    )  # fmt: skip


def _truth(quality: float, answers: str = "yn") -> Truth:
    return Truth(answers=tuple(answers * (20 // len(answers))), quality=quality, cpu_s=0.1)


def _result(chosen: CandidateId = OTHER, *, settled: str = "0.00002", n_items: int = 12) -> SearchResult:
    choice = Recommendation(
        candidate_id=chosen, label=chosen, certainty=Certainty.LIKELY, claim=Claim.ITEMS, reason="cheap", p_right=0.9,
        saving_share=0.5, saving_usd_per_1k=0.1, margin=0.02, alpha=0.05, n_items=12, n_pairs=12,
    )  # fmt: skip
    return SearchResult(
        run_id=RunId("r"), task_id="task", plan="balanced", baseline_id=BASE, recommendation=choice,
        estimates=(_estimate(BASE, 12), _estimate(OTHER, 12), _estimate(SAME, n_items)), phases=(), drops=(),
        spend=Spend(settled_usd=Decimal(settled), n_calls=2), budget_usd=Decimal(1), wall_s=1.0,
        warnings=("task: something else", f"{SAME}: {SAME} answers 'y' to 100% of 12 items, while ..."),
    )  # fmt: skip


CALL = Logged(model="m", question="q", answer="y", finish_reason="stop", compute_seconds=Decimal("0.1"))
TRUTH = {BASE: _truth(0.9), OTHER: _truth(0.88), SAME: _truth(0.5, "y")}
SHOWN = Shown(result=_result(), task=TASK, truth=TRUTH, calls=[CALL, CALL], process_s=0.21)


def test_all_of_it_holds() -> None:
    assert problems(SHOWN) == []
    assert SHOWN.gap == pytest.approx(-0.02)
    assert warned(SHOWN.result) == deserving(SHOWN) == {SAME}
    lines = list(told(SHOWN))
    assert len(lines) == 5
    assert lines[-1].startswith("local: true gap of the recommendation -0.0200")
    assert lines[-1].endswith("0.2 CPU s x 0.0001 = 0.00002 USD settled, 95.2% of the CPU time of the models; "
                              f"one-answer warnings: {SAME}: holds")  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (replace(SHOWN, truth={**TRUTH, OTHER: _truth(0.87)}), "truly worse than the baseline by more than 0.02"),
        (replace(SHOWN, result=_result(CandidateId("vote-1"))), "whose truth is not known"),
        (replace(SHOWN, result=_result(settled="0.000020000001")), "is not the gateway's bill of"),
        (replace(SHOWN, result=replace(_result(), spend=Spend(settled_usd=Decimal("0.00002"), n_calls=3))), "2 calls"),
        (replace(SHOWN, process_s=0.19), "the models' processes 0.190"),
        (replace(SHOWN, process_s=0.3), "the models' processes 0.300"),
        (replace(SHOWN, result=replace(_result(), warnings=())), "warned of one answer: []"),
        (replace(SHOWN, truth={**TRUTH, SAME: _truth(0.5)}), "deserved by []"),
        (replace(SHOWN, truth={**TRUTH, OTHER: _truth(0.9, "y")}), "deserved by ['local/other', 'local/same#grouped']"),
    ],
)
def test_each_thing_that_does_not_hold_is_told(changed: Shown, problem: str) -> None:
    found = problems(changed)
    assert len(found) == 1
    assert problem in found[0]
    assert found[0] in list(told(changed))[-1]


def test_who_was_hardly_bought_need_not_be_named() -> None:
    few = replace(SHOWN, result=replace(_result(n_items=11), warnings=()))
    assert problems(few) == []
