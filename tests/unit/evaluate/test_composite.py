import math
from dataclasses import replace
from decimal import Decimal

import pytest

from modelsearch.core.candidate import NEVER, Cascade, Ensemble, Single
from modelsearch.core.errors import PlanError
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId, PromptId, TaskId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.composite import Judging, cascade_outcome, vote_outcome
from modelsearch.evaluate.scorers.exact import Exact
from modelsearch.evaluate.scorers.token_f1 import TokenF1

ITEM = Item(id=ItemId("i"), input="q", target="x")
TASK = TaskSpec(
    id=TaskId("t"),
    kind="k",
    items=(ITEM,),
    prompts=(Prompt(id=PromptId("default"), user="{{ input }}"),),
    scorer=ScorerSpec(name="exact"),
)
A, B, C = (Single(endpoint_id=EndpointId(name)) for name in "abc")
VOTE = Ensemble(members=(A, B, C))
CASCADE = Cascade(legs=(A, B, C), thresholds=(0.8, 0.5))


def _judging(**merit: float) -> Judging:
    return Judging(task=TASK, scorer=Exact(), merit={CandidateId(name): value for name, value in merit.items()})


def _outcome(
    single: Single, answer: str | None, status: Status = Status.OK, confidence: float | None = None
) -> Outcome:
    return Outcome(
        candidate_id=single.id,
        item_id=ITEM.id,
        status=status,
        answer=answer,
        score=1.0 if answer == "x" else 0.0,
        confidence=confidence,
        cost_usd=Decimal("0.1"),
        spend_usd=Decimal("0.1"),
        latency_s={"a": 1.0, "b": 2.0, "c": 4.0}[single.id],
        call_ids=(CallId(f"call-{single.id}"),),
    )


def test_the_plurality_wins_costs_add_and_the_slowest_sets_the_latency() -> None:
    outcome = vote_outcome(VOTE, [_outcome(A, "x"), _outcome(B, "y"), _outcome(C, "x")], ITEM, _judging(b=1.0))
    assert (outcome.answer, outcome.score, outcome.status) == ("x", 1.0, Status.OK)
    assert outcome.confidence == pytest.approx(2 / 3)
    assert outcome.cost_usd == Decimal("0.3")
    assert outcome.spend_usd == 0
    assert outcome.latency_s == 4.0
    assert outcome.call_ids == ("call-a", "call-b", "call-c")
    assert outcome.candidate_id == VOTE.id


def test_a_composite_of_a_member_with_unknown_latency_has_an_unknown_latency() -> None:
    for order in ((math.nan, 2.0), (2.0, math.nan)):
        known = [replace(_outcome(single, "x"), latency_s=s) for single, s in zip((A, B), order, strict=True)]
        assert math.isnan(vote_outcome(VOTE, [*known, _outcome(C, "x")], ITEM, _judging(b=1.0)).latency_s)


def test_a_tie_goes_to_the_answer_of_the_better_member_then_of_the_smaller_id() -> None:
    tie = [_outcome(A, "x"), _outcome(B, "y"), _outcome(C, "z")]
    assert vote_outcome(VOTE, tie, ITEM, _judging(a=0.1, b=0.9, c=0.2)).answer == "y"
    assert vote_outcome(VOTE, tie, ITEM, _judging()).answer == "x"


def test_a_weighted_vote_lets_one_good_member_outvote_two_poor_ones() -> None:
    outcomes = [_outcome(A, "x"), _outcome(B, "y"), _outcome(C, "y")]
    weighted = Ensemble(members=(A, B, C), rule="weighted", weights=(0.9, 0.3, 0.3))
    assert vote_outcome(weighted, outcomes, ITEM, _judging(a=-1.0, b=-2.0, c=-3.0)).answer == "x"
    assert vote_outcome(VOTE, outcomes, ITEM, _judging(a=0.9, b=0.3, c=0.3)).answer == "y"


@pytest.mark.parametrize("status", [Status.REFUSED, Status.INVALID, Status.TRUNCATED])
def test_members_without_an_answer_abstain(status: Status) -> None:
    outcomes = [_outcome(A, None, status), _outcome(B, None, status), _outcome(C, "x")]
    assert vote_outcome(VOTE, outcomes, ITEM, _judging(a=1.0)).answer == "x"


def test_where_all_abstain_the_vote_is_invalid_and_counts_as_the_task_says() -> None:
    outcomes = [_outcome(single, None, Status.REFUSED) for single in (A, B, C)]
    outcome = vote_outcome(VOTE, outcomes, ITEM, _judging())
    assert (outcome.status, outcome.answer, outcome.score) == (Status.INVALID, None, 0.0)
    assert outcome.cost_usd == Decimal("0.3")


@pytest.mark.parametrize("status", [Status.ERROR, Status.TIMEOUT, Status.NOT_RUN])
def test_an_outage_of_a_member_leaves_the_vote_unknown_and_never_zero(status: Status) -> None:
    outcome = vote_outcome(VOTE, [_outcome(A, "x"), _outcome(B, "x"), _outcome(C, None, status)], ITEM, _judging())
    assert (outcome.status, outcome.score) == (status, None)


def test_a_member_that_was_not_bought_leaves_the_vote_unknown() -> None:
    outcome = vote_outcome(VOTE, [_outcome(A, "x"), _outcome(B, "x")], ITEM, _judging())
    assert (outcome.status, outcome.score) == (Status.NOT_RUN, None)


def test_free_text_cannot_be_put_to_a_vote() -> None:
    with pytest.raises(PlanError, match="TokenF1 has no canonical answers"):
        vote_outcome(VOTE, [], ITEM, Judging(task=TASK, scorer=TokenF1()))


def test_the_first_confident_leg_stands_and_later_ones_need_not_be_known() -> None:
    outcome = cascade_outcome(CASCADE, [_outcome(A, "x", confidence=0.8)], ITEM.id)
    assert (outcome.answer, outcome.score, outcome.cost_usd, outcome.latency_s) == ("x", 1.0, Decimal("0.1"), 1.0)
    assert outcome.spend_usd == 0


def test_an_unsure_refused_or_silent_leg_passes_on_and_cost_and_latency_run_up() -> None:
    outcomes = [_outcome(A, "x", confidence=0.79), _outcome(B, None, Status.REFUSED, 0.9), _outcome(C, "y")]
    outcome = cascade_outcome(CASCADE, outcomes, ITEM.id)
    assert (outcome.answer, outcome.score, outcome.cost_usd, outcome.latency_s) == ("y", 0.0, Decimal("0.3"), 7.0)
    assert outcome.confidence is None


def test_the_last_leg_stands_even_where_it_refuses() -> None:
    outcomes = [_outcome(A, "x"), _outcome(B, "x"), _outcome(C, None, Status.REFUSED)]
    assert cascade_outcome(CASCADE, outcomes, ITEM.id).status is Status.REFUSED


def test_a_needed_leg_that_is_unknown_leaves_the_cascade_unknown() -> None:
    assert cascade_outcome(CASCADE, [_outcome(A, "x", confidence=0.1)], ITEM.id).status is Status.NOT_RUN
    outcomes = [_outcome(A, None, Status.ERROR), _outcome(B, "x", confidence=0.9)]
    outcome = cascade_outcome(CASCADE, outcomes, ITEM.id)
    assert (outcome.status, outcome.score, outcome.cost_usd) == (Status.ERROR, None, Decimal("0.1"))


def test_a_cascade_by_agreement_stops_where_a_leg_says_what_an_earlier_one_said() -> None:
    cascade = Cascade(legs=(A, B, C), thresholds=(NEVER, NEVER), rule="agreement")
    agreed = cascade_outcome(cascade, [_outcome(A, "y", confidence=1.0), _outcome(B, "y", confidence=0.1)], ITEM.id)
    assert (agreed.answer, agreed.score, agreed.cost_usd, agreed.latency_s) == ("y", 0.0, Decimal("0.2"), 3.0)
    outcome = cascade_outcome(cascade, [_outcome(A, "y"), _outcome(B, "z"), _outcome(C, "x")], ITEM.id)
    assert (outcome.answer, outcome.score, outcome.cost_usd, outcome.latency_s) == ("x", 1.0, Decimal("0.3"), 7.0)


def test_two_refusals_are_no_agreement() -> None:
    cascade = Cascade(legs=(A, B, C), thresholds=(NEVER, NEVER), rule="agreement")
    silent = [_outcome(A, None, Status.REFUSED), _outcome(B, None, Status.REFUSED)]
    assert cascade_outcome(cascade, [*silent, _outcome(C, "x")], ITEM.id).answer == "x"
    assert cascade_outcome(cascade, silent, ITEM.id).status is Status.NOT_RUN


def test_a_sure_first_leg_of_a_cascade_by_agreement_stands_alone() -> None:
    cascade = Cascade(legs=(A, B, C), thresholds=(0.9, NEVER), rule="agreement")
    assert cascade_outcome(cascade, [_outcome(A, "x", confidence=0.9)], ITEM.id).cost_usd == Decimal("0.1")


def test_a_vote_by_confidence_counts_log_odds() -> None:
    by_confidence = Ensemble(members=(A, B, C), rule="confidence")
    sure = [_outcome(A, "x", confidence=0.99), _outcome(B, "y", confidence=0.8), _outcome(C, "y", confidence=0.8)]
    found = vote_outcome(by_confidence, sure, ITEM, _judging(a=-1.0))
    assert found.answer == "x"  # log(99) > 2 log(4)
    assert found.confidence == pytest.approx(math.log(99) / (math.log(99) + 2 * math.log(4)))
    doubted = Ensemble(members=(A, B, C), rule="confidence", weights=(0.5, 1.0, 1.0), offsets=(0.0, 0.0, 0.0))
    assert vote_outcome(doubted, sure, ITEM, _judging(a=-1.0)).answer == "y"


def test_a_member_that_states_no_confidence_votes_with_its_offset() -> None:
    vote = Ensemble(members=(A, B), rule="confidence", weights=(1.0, 1.0), offsets=(2.0, 0.0))
    assert vote_outcome(vote, [_outcome(A, "x"), _outcome(B, "y", confidence=0.8)], ITEM, _judging(b=1.0)).answer == "x"


def test_a_vote_below_even_chances_counts_nothing_and_never_against() -> None:
    vote = Ensemble(members=(A, B, C), rule="confidence")
    unsure = [_outcome(A, "x", confidence=0.4), _outcome(B, "y", confidence=0.1), _outcome(C, "y", confidence=0.2)]
    assert vote_outcome(vote, unsure, ITEM, _judging(a=1.0)).answer == "x"
