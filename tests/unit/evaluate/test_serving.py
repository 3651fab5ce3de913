"""What is served is what was evaluated, item by item; outages, money and usage are told as they are."""

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from modelsearch.core.candidate import NEVER, Candidate, Cascade, Ensemble, Single
from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.task import Item
from modelsearch.evaluate.given import Asked
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.serving import AnswersOnly, _finish
from tests.unit.evaluate.served_world import as_evaluated, asked, evaluated, served, singles, task

THRESHOLDS = st.sampled_from((0.0, 0.5, 0.9, 0.99, NEVER))


@st.composite
def composites(draw: st.DrawFn) -> Candidate:
    """Any vote, any cascade."""
    members = tuple(draw(st.permutations(singles()))[: draw(st.integers(2, 4))])
    n = len(members)
    kind = draw(st.sampled_from(("majority", "weighted", "confidence", "cascade", "agreement")))
    if kind in ("cascade", "agreement"):
        thresholds = tuple(draw(st.lists(THRESHOLDS, min_size=n - 1, max_size=n - 1)))
        return Cascade(legs=members, thresholds=thresholds, rule="agreement" if kind == "agreement" else "confidence")
    if kind == "majority":
        return Ensemble(members=members)
    numbers = st.lists(st.floats(0, 3), min_size=n, max_size=n)
    offsets = tuple(draw(numbers)) if kind == "confidence" else ()
    return Ensemble(members=members, rule=kind, weights=tuple(draw(numbers)), offsets=offsets)  # type: ignore[arg-type]


@settings(max_examples=12, deadline=None)
@drawn(composites())
def test_a_served_composite_answers_as_it_was_evaluated(composite: Candidate) -> None:
    async def both() -> None:
        outcomes = await evaluated([composite])
        candidate, ledger, _ = served(composite)
        givens = await asyncio.gather(*(candidate.answer(asked(item)) for item in task().items))
        for outcome, given in zip(outcomes, givens, strict=True):
            expected = (outcome.candidate_id, outcome.status, outcome.answer, outcome.confidence, outcome.cost_usd)
            assert as_evaluated(given) == expected
            assert given.cost_usd == outcome.cost_usd
            if outcome.answer is not None:  # what is handed on says what was certified
                assert make_scorer(task()).canonical(given.text, asked(task().items[0]).item) == outcome.answer
        assert ledger.spend().settled_usd == sum((given.cost_usd for given in givens), Decimal(0))

    asyncio.run(both())


async def test_singles_answer_as_they_were_evaluated_in_both_modes() -> None:
    renderer = PromptRenderer(task())
    for single in singles():
        outcomes = await evaluated([single])
        candidate, _, _ = served(single)
        for outcome, item in zip(outcomes, task().items, strict=True):
            expected = (single.id, outcome.status, outcome.answer, outcome.confidence, outcome.cost_usd)
            assert as_evaluated(await candidate.answer(asked(item))) == expected
            passed_on = Asked(item=asked(item, 1).item, messages=renderer.render(item))
            assert as_evaluated(await candidate.answer(passed_on)) == expected


async def test_the_baseline_stands_in_where_a_leg_is_down_and_all_calls_are_counted() -> None:
    first, second, baseline = singles(3)
    vote = Ensemble(members=(first, second))
    candidate, ledger, _ = served(vote, fallback=baseline, down=frozenset({second.endpoint_id}))
    given = await candidate.answer(asked(task().items[0]))
    assert given.is_fallback
    assert given.is_answered
    assert given.outcome.candidate_id == baseline.id
    assert str(second.id) in given.reason
    assert [part.single.id for part in given.parts][-1] == baseline.id
    assert given.cost_usd == ledger.spend().settled_usd > given.outcome.cost_usd
    assert given.usage.output_tokens == sum(part.reply.usage.output_tokens for part in given.parts)


async def test_a_baseline_that_has_answered_as_a_member_is_not_asked_again() -> None:
    first, baseline = singles(2)
    candidate, _, client = served(
        Ensemble(members=(first, baseline)), fallback=baseline, down=frozenset({first.endpoint_id})
    )
    given = await candidate.answer(asked(task().items[0]))
    assert given.is_fallback
    assert client.n_sent == 2


async def test_nobody_left_is_no_answer_and_never_a_made_up_one() -> None:
    first, baseline = singles(2)
    down = frozenset({first.endpoint_id, baseline.endpoint_id})
    for fallback in (baseline, None, first):
        candidate, ledger, _ = served(first, fallback=fallback, down=down)
        given = await candidate.answer(asked(task().items[0]))
        assert (given.is_answered, given.is_short, given.text) == (False, False, "")
        assert ledger.spend().settled_usd == 0


async def test_no_call_is_made_that_the_limit_does_not_hold() -> None:
    members = tuple(singles(3))
    for candidate_, n_most in ((members[0], 0), (Ensemble(members=members), 0)):
        candidate, _, client = served(candidate_, fallback=members[1], max_usd="0.000000001")
        given = await candidate.answer(asked(task().items[0]))
        assert given.is_short
        assert not given.is_answered
        assert client.n_sent == n_most


async def test_the_limit_holds_however_many_ask_at_once() -> None:
    single = singles(1)[0]
    candidate, ledger, client = served(single, max_usd="0.02")
    bound = candidate._bound_usd(single, asked(task().items[0]))
    givens = await asyncio.gather(*(candidate.answer(asked(item, n)) for n in range(20) for item in task().items))
    assert ledger.spend().committed_usd <= Decimal("0.02")
    assert any(given.is_short for given in givens) or bound * len(givens) <= Decimal("0.02")
    assert client.n_sent == sum(given.is_answered for given in givens)


async def test_a_cascade_stops_at_the_first_leg_that_is_sure() -> None:
    legs = tuple(singles(3))
    candidate, _, client = served(Cascade(legs=legs, thresholds=(NEVER, NEVER)))
    await candidate.answer(asked(task().items[0]))
    assert client.n_sent == 3
    outcomes = await evaluated(list(legs))
    sure = next((o for o in outcomes if o.confidence is not None), None)
    assert sure is not None
    leg = next(leg for leg in legs if leg.id == sure.candidate_id)
    rest = tuple(other for other in legs if other != leg)
    candidate, _, client = served(Cascade(legs=(leg, *rest), thresholds=(0.0, 0.0)))
    item = next(item for item in task().items if item.id == sure.item_id)
    await candidate.answer(asked(item))
    assert client.n_sent == 1


def test_a_scorer_without_targets_reads_and_does_not_score() -> None:
    scorer = AnswersOnly(make_scorer(task()))
    item = Item(id=task().items[0].id, input="x", target=None)
    assert scorer.canonical("It is billing.", item) == "billing"
    assert scorer.score("billing", item) == 0.0
    assert scorer.has_canonical_form
    assert scorer.reads_cut_replies


@pytest.mark.parametrize("status", [Status.REFUSED, Status.TRUNCATED, Status.INVALID, Status.OK])
def test_how_a_reply_ends_is_told_in_openais_words(status: Status) -> None:
    expected = {Status.REFUSED: "content_filter", Status.TRUNCATED: "length"}.get(status, "stop")
    assert _finish(status, Reply(text="x", status=status, usage=Usage())) == expected


def test_the_world_has_endpoints_that_say_how_sure_they_are() -> None:
    assert len({single.id for single in singles()}) == 5
    assert all(isinstance(single, Single) for single in singles())
