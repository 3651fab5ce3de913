"""A vote is worth what its proposal said: combiner and evaluation break ties alike."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scorers.exact import Exact
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.voting import vote_scores
from modelsearch.testing.factories import make_view
from tests.doubles import MemoryRecorder

COSTS = [1.0, 0.2, 0.2, 0.2]
Texts = list[list[str | None]]


def _view(answers: Texts) -> SearchView:
    """Everybody asked everything; an answer is right where it is the target, "yes" or "no" in turn."""
    targets = ["no" if column % 2 else "yes" for column in range(len(answers[0]))]
    score = np.array([[float(a == t) for a, t in zip(row, targets, strict=True)] for row in answers])
    statuses = [[Status.INVALID if a is None else Status.OK for a in row] for row in answers]
    return make_view(score, answers=answers, statuses=statuses, cost_usd=COSTS[: len(answers)])


def _evaluated(view: SearchView, vote: Ensemble, answers: Texts) -> Floats:
    """(n_items,) scores of the vote as the evaluator sees it."""
    known = Known(view.task, Exact(), MemoryRecorder())
    for name, row in zip(view.row, answers, strict=True):
        for item, answer in zip(view.task.items, row, strict=True):
            status = Status.INVALID if answer is None else Status.OK
            score = 0.0 if answer is None else Exact().score(answer, item)
            known.add(Outcome(candidate_id=name, item_id=item.id, status=status, answer=answer, score=score))
    probe = Probe(candidate_id=vote.id, item_ids=view.setting.item_ids)
    return np.array([outcome.score for outcome in known.collect([probe], {vote.id: vote})], dtype=np.float64)


def test_a_three_way_tie_goes_to_the_best_member_from_proposal_to_outcome() -> None:
    """m03 is the best and the last by name; where all three differ its answer is the vote's."""
    n_items = 30
    targets = ["no" if column % 2 else "yes" for column in range(n_items)]
    wrong = ["yes" if t == "no" else "no" for t in targets]
    answers: Texts = [list(targets) for _ in range(4)]
    for column in range(8):
        answers[1][column] = wrong[column]
    for column in range(8, 16):
        answers[2][column] = wrong[column]
    for column in range(16, 20):
        answers[3][column] = wrong[column]
    for column in range(20, 24):  # only the best is right, and all three differ
        answers[1][column], answers[2][column] = wrong[column], "maybe"
    view = _view(answers)
    (vote,) = MajorityVote(min_items=8).combine(view)
    assert [member.id for member in vote.members] == ["m03", "m01", "m02"]
    np.testing.assert_array_equal(_evaluated(view, vote, answers), np.ones(n_items))


@given(
    answers=st.lists(
        st.lists(st.sampled_from(["yes", "no", "maybe", None]), min_size=6, max_size=6), min_size=3, max_size=4
    ),
    order=st.randoms(use_true_random=False),
)
def test_the_score_of_a_proposal_is_the_score_of_the_vote(answers: Texts, order: random.Random) -> None:
    view = _view(answers)
    rows = list(range(1, len(answers)))
    order.shuffle(rows)
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(f"m{row:02d}")) for row in rows))
    proposed = vote_scores(view.outcomes.answer[rows], view.outcomes.score[rows].astype(np.float64), 0.0)
    assert _evaluated(view, vote, answers).tolist() == pytest.approx(proposed.tolist())
