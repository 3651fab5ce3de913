"""What a combiner reckons of a composite is what the evaluation makes of it, item by item."""

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import Cascade, Ensemble
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scorers.exact import Exact
from modelsearch.search.combiners.confidence_cascade import cascade_fronts
from modelsearch.search.composing import Bought, bought, sums
from modelsearch.search.voting import log_odds_of, vote_fronts
from modelsearch.testing.factories import make_view
from tests.doubles import MemoryRecorder

N_ROWS, N_ITEMS = 4, 6
COSTS = [1.0, 0.25, 0.5, 0.125]
ANSWERS = st.lists(st.sampled_from(["yes", "no", "maybe", None]), min_size=N_ITEMS, max_size=N_ITEMS)
TABLES = st.lists(ANSWERS, min_size=N_ROWS, max_size=N_ROWS)
SURE = st.lists(st.sampled_from([0.25, 0.5, 0.875, np.nan]), min_size=N_ITEMS, max_size=N_ITEMS)
CONFIDENCES = st.lists(SURE, min_size=N_ROWS, max_size=N_ROWS)
Texts = list[list[str | None]]


def _view(answers: Texts, confidence: list[list[float]]) -> SearchView:
    """Everybody asked everything; an answer is right where it is the target, "yes" or "no" in turn."""
    targets = ["no" if column % 2 else "yes" for column in range(N_ITEMS)]
    score = [[float(a == t) for a, t in zip(row, targets, strict=True)] for row in answers]
    statuses = [[Status.INVALID if a is None else Status.OK for a in row] for row in answers]
    return make_view(score, answers=answers, statuses=statuses, cost_usd=COSTS, confidence=confidence)


def _evaluated(view: SearchView, composite: Cascade | Ensemble, answers: Texts) -> tuple[Floats, Floats]:
    """(n_items,) scores and USD of a composite as the evaluator sees it."""
    known = Known(view.task, Exact(), MemoryRecorder())
    for row, name in enumerate(view.row):
        for column, item in enumerate(view.task.items):
            sure, text = float(view.outcomes.confidence[row, column]), answers[row][column]
            known.add(
                Outcome(
                    candidate_id=name, item_id=item.id, status=Status.INVALID if text is None else Status.OK,
                    answer=text, score=float(view.outcomes.score[row, column]),
                    confidence=None if text is None or np.isnan(sure) else sure, cost_usd=Decimal(repr(COSTS[row])),
                )
            )  # fmt: skip
    probe = Probe(candidate_id=composite.id, item_ids=view.setting.item_ids)
    found = known.collect([probe], {composite.id: composite})
    return np.array([o.score for o in found], dtype=np.float64), np.array([float(o.cost_usd) for o in found])


def _found(view: SearchView) -> Bought:
    found = bought(view, min_items=1)
    assert found is not None
    return found


@settings(deadline=None)
@given(answers=TABLES, confidence=CONFIDENCES)
def test_a_cascade_scores_as_its_proposal_said(answers: Texts, confidence: list[list[float]]) -> None:
    view = _view(answers, confidence)
    found = _found(view)
    fronts = cascade_fronts(found, [1, 2, 3], 2)
    if not fronts.legs:
        return
    total = sums(found, fronts, [0, 1, 2, 3]).total()
    for place, legs in enumerate(fronts.legs):
        for tail in sorted({0, 1, 2, 3} - set(legs)):
            cascade = Cascade(
                legs=tuple(found.singles[row] for row in (*legs, tail)),
                thresholds=fronts.thresholds[place],
                rule="agreement" if len(legs) == 2 else "confidence",
            )
            score, usd = _evaluated(view, cascade, answers)
            np.testing.assert_allclose(total.usd[place, tail], usd.sum(), rtol=1e-5)
            expected = float((score - found.score[found.base]).sum())
            np.testing.assert_allclose(total.gap[place, tail], expected, atol=1e-5)
            assert total.n[place, tail] == N_ITEMS


@settings(deadline=None)
@given(
    answers=TABLES,
    confidence=CONFIDENCES,
    weights=st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.5]), min_size=N_ROWS, max_size=N_ROWS),
    offsets=st.lists(st.sampled_from([-1.0, 0.0, 0.75]), min_size=N_ROWS, max_size=N_ROWS),
)
def test_a_vote_by_confidence_scores_as_its_proposal_said(
    answers: Texts, confidence: list[list[float]], weights: list[float], offsets: list[float]
) -> None:
    view = _view(answers, confidence)
    found = _found(view)
    odds = log_odds_of(found.confidence)
    worth = np.maximum(0.0, np.array(offsets)[:, None] + np.array(weights)[:, None] * odds)
    fronts = vote_fronts(found, [1, 2, 3], 3, 0.0, worth)
    for place, legs in enumerate(fronts.legs):
        vote = Ensemble(
            members=tuple(found.singles[row] for row in legs),
            rule="confidence",
            weights=tuple(weights[row] for row in legs),
            offsets=tuple(offsets[row] for row in legs),
        )
        score, _ = _evaluated(view, vote, answers)
        np.testing.assert_allclose(fronts.gap[place], score - found.score[found.base], atol=1e-6)
