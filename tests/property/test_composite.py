import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Cascade, Ensemble, Single
from modelsearch.core.ids import EndpointId, ItemId, PromptId, TaskId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.composite import Judging, cascade_outcome, vote_outcome
from modelsearch.evaluate.scorers.exact import Exact

ITEM = Item(id=ItemId("i"), input="q", target="x")
PROMPTS = (Prompt(id=PromptId("default"), user="{{ input }}"),)
TASK = TaskSpec(id=TaskId("t"), kind="k", items=(ITEM,), prompts=PROMPTS, scorer=ScorerSpec(name="exact"))
SINGLES = tuple(Single(endpoint_id=EndpointId(f"m{number}")) for number in range(5))


@st.composite
def member_outcomes(draw: st.DrawFn) -> list[Outcome]:
    made = []
    for single in SINGLES[: draw(st.integers(1, 5))]:
        status = draw(st.sampled_from([Status.OK, Status.OK, Status.OK, Status.REFUSED, Status.INVALID, Status.ERROR]))
        made.append(
            Outcome(
                candidate_id=single.id,
                item_id=ITEM.id,
                status=status,
                answer=draw(st.sampled_from(["x", "y", "z"])) if status is Status.OK else None,
                confidence=draw(st.none() | st.floats(0, 1)),
                cost_usd=Decimal(draw(st.integers(0, 1000))) / 1000,
                latency_s=draw(st.floats(0, 10)),
            )
        )
    return made


def _members(outcomes: list[Outcome]) -> tuple[Single, ...]:
    return SINGLES[: len(outcomes)]


@given(outcomes=member_outcomes(), order=st.randoms(use_true_random=False))
def test_the_order_of_members_and_outcomes_does_not_matter(outcomes: list[Outcome], order: random.Random) -> None:
    judging = Judging(task=TASK, scorer=Exact(), merit={SINGLES[1].id: 0.7, SINGLES[2].id: 0.7})
    members, shuffled = list(_members(outcomes)), list(outcomes)
    straight = vote_outcome(Ensemble(members=tuple(members)), outcomes, ITEM, judging)
    order.shuffle(members)
    order.shuffle(shuffled)
    turned = vote_outcome(Ensemble(members=tuple(members)), shuffled, ITEM, judging)
    assert (turned.candidate_id, turned.answer, turned.score, turned.status, turned.cost_usd) == (
        straight.candidate_id,
        straight.answer,
        straight.score,
        straight.status,
        straight.cost_usd,
    )


@given(outcomes=member_outcomes())
def test_a_winner_has_most_votes_and_nothing_unknown_is_scored(outcomes: list[Outcome]) -> None:
    outcome = vote_outcome(Ensemble(members=_members(outcomes)), outcomes, ITEM, Judging(task=TASK, scorer=Exact()))
    answers = [part.answer for part in outcomes if part.answer is not None]
    assert outcome.cost_usd == sum(part.cost_usd for part in outcomes)
    assert outcome.spend_usd == 0
    if any(part.status is Status.ERROR for part in outcomes):
        assert outcome.score is None
    elif answers:
        assert outcome.answer is not None
        assert answers.count(outcome.answer) == max(answers.count(answer) for answer in answers)
        assert outcome.score == float(outcome.answer == "x")
    else:
        assert (outcome.status, outcome.score) == (Status.INVALID, 0.0)


@given(outcomes=member_outcomes(), threshold=st.floats(0, 1))
def test_a_cascade_costs_at_least_its_first_leg_and_at_most_all(outcomes: list[Outcome], threshold: float) -> None:
    legs = _members(outcomes)
    outcome = cascade_outcome(Cascade(legs=legs, thresholds=(threshold,) * (len(legs) - 1)), outcomes, ITEM.id)
    total = sum((part.cost_usd for part in outcomes), Decimal(0))
    assert outcomes[0].cost_usd <= outcome.cost_usd <= total
    assert outcome.latency_s <= sum(part.latency_s for part in outcomes)
