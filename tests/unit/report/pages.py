"""Everything that a page shows beside a result, made up, with a stranger's text wherever one may stand."""

from dataclasses import replace
from decimal import Decimal

from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.result import Interval
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
from tests.unit.report.results import make_kept, make_recommendation

CHEAP, BIG, SECOND = CandidateId("cheap"), CandidateId("big"), CandidateId("second")
SPREAD = LatencySpread(p10_s=0.1, p50_s=0.5, p90_s=1.0, p95_s=1.25, n_items=150)


def make_said(text: str = "no", score: float | None = 0.0) -> Said:
    """An answer in so many words."""
    return Said(status="ok", answer=text, score=score, reply=f"My answer: {text}")


def make_disagreement(name: str = "i1", text: str = "a question", *, loss: float = 1.0) -> Disagreement:
    """The baseline is right (`loss` 1) or wrong (-1)."""
    base, ours = (1.0, 1.0 - loss) if loss > 0 else (1.0 + loss, 1.0)
    return Disagreement(
        item_id=ItemId(name), input=text, target=text, ours=make_said(text, ours), baseline=make_said(text, base)
    )


def make_race(label: str = "cheap") -> tuple[RacePoint, ...]:
    """Undecided, then likely, as in the result."""
    kept = make_kept().recommendation
    wide, narrow = Interval(mean=-0.1, low=-0.5, high=0.3), Interval(mean=-0.01, low=-0.04, high=0.02)
    rows: tuple[RaceRow, ...] = (RaceRow(candidate_id=CHEAP, gap=wide, n_items=4, is_live=True),)
    first = RacePoint(
        phase="race", round=0, spend_usd=0.1, n_outcomes=8, n_pool=4, baseline_id=BIG, answer=kept, rows=rows,
    )  # fmt: skip
    rows = (
        replace(rows[0], gap=narrow, n_items=150),
        RaceRow(candidate_id=SECOND, gap=None, n_items=0, is_live=False),
    )
    answer = make_recommendation(label=label)
    return (first, replace(first, round=6, spend_usd=1.2345, n_outcomes=474, answer=answer, rows=rows))


def make_page_data(text: str = "cheap", n_items: int = 3) -> PageData:
    """All of it."""
    found = tuple(make_disagreement(f"{text}{n}", f"{text} {n}", loss=1 - 2 * (n % 2)) for n in range(n_items))
    return PageData(
        kinds={CHEAP: "cascade", BIG: "single", SECOND: "vote"},
        race=tuple(replace(point, phase=text) for point in make_race(text)),
        disagreements=Disagreements(
            candidate_id=CHEAP, label=text, n_both=140, found=found, tables=f"/runs/{text}/stages/*/outcomes.parquet"
        ),
        spend=(
            SpendCell(provider=text, phase=text, spend_usd=Decimal("1.2"), n_calls=470, unknown_usd=Decimal("0.0021")),
            SpendCell(provider="other", phase=text, spend_usd=Decimal("0.0345"), n_calls=6),
        ),
        latencies={CHEAP: SPREAD, BIG: replace(SPREAD, p95_s=2.0)},
        max_latency_s=2.5,
        again=Again(command=f"modelsearch search '{text}'", facts=(("seed", "0"), (f"begun {text}", text))),
        left_out=(f"the race: {text}",),
    )
