import json
from dataclasses import replace
from decimal import Decimal

from modelsearch.api.report_items import disagreements_of, text_of
from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.events import CallReplied, CallReserved, Event, OutcomeScored
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.result import SearchResult
from modelsearch.testing.factories import make_setting
from tests.unit.report.results import make_estimate, make_kept, make_recommendation, make_result

BASE, OURS = CandidateId("m00"), CandidateId("m01")
SETTING = make_setting(2, 5)
SINGLES: dict[CandidateId, Candidate] = {c.id: c for c in SETTING.candidates}


def result() -> SearchResult:
    return make_result(
        baseline_id=BASE,
        recommendation=make_recommendation("m01"),
        estimates=(make_estimate("m01"), make_estimate("m00")),
    )


def scored(who: CandidateId, item: int, score: float | None, answer: str = "a", **changes: object) -> OutcomeScored:
    plain = Outcome(
        candidate_id=who, item_id=ItemId(f"i{item:04d}"), status=Status.OK, score=score, answer=answer,
        call_ids=(CallId(f"call-{who}-{item}"),),
    )  # fmt: skip
    return OutcomeScored(outcome=replace(plain, **changes))  # type: ignore[arg-type]


def said(who: CandidateId, item: int, text: str) -> list[Event]:
    call_id = CallId(f"call-{who}-{item}")
    body = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1}}  # fmt: skip
    return [
        CallReserved(call_id=call_id, key="k", endpoint_id=EndpointId(who), amount_usd=Decimal(1)),
        CallReplied(call_id=call_id, http_status=200, body=json.dumps(body).encode(), latency_s=0.1),
    ]


EVENTS: list[Event] = [
    scored(BASE, 0, 1.0, "right"), scored(OURS, 0, 0.0, "wrong"),  # lost
    scored(BASE, 1, 0.0, "wrong"), scored(OURS, 1, 1.0, "right"),  # gained
    scored(BASE, 2, 1.0, "one"), scored(OURS, 2, 1.0, "two"),  # same score, other answer
    scored(BASE, 3, 1.0, "same"), scored(OURS, 3, 1.0, "same"),
    scored(BASE, 4, 1.0),  # never asked of ours
]  # fmt: skip


def test_losses_then_gains_then_other_answers_and_nothing_that_agrees() -> None:
    found = disagreements_of(SETTING, EVENTS, result(), SINGLES)
    assert found is not None
    assert (found.n_both, [each.item_id for each in found.found]) == (4, ["i0000", "i0001", "i0002"])
    assert [each.difference for each in found.found] == [-1.0, 1.0, 0.0]
    first = found.found[0]
    assert (first.input, first.target, first.ours.answer, first.baseline.answer) == (
        "question 0",
        "yes",
        "wrong",
        "right",
    )


def test_what_they_said_is_told_in_their_own_words() -> None:
    events = [*said(OURS, 0, "It is <wrong>."), *EVENTS]
    found = disagreements_of(SETTING, events, result(), SINGLES)
    assert found is not None
    assert (found.found[0].ours.reply, found.found[0].baseline.reply) == ("It is <wrong>.", "")


def test_a_vote_has_no_words_of_its_own() -> None:
    singles = [c for c in SETTING.candidates if isinstance(c, Single)]
    candidates: dict[CandidateId, Candidate] = {**SINGLES, OURS: Ensemble(members=tuple(singles))}
    found = disagreements_of(SETTING, [*said(OURS, 0, "mine"), *EVENTS], result(), candidates)
    assert found is not None
    assert found.found[0].ours.reply == ""


def test_a_reply_that_no_dialect_reads_is_left_out() -> None:
    asked, told = said(OURS, 0, "")
    assert isinstance(told, CallReplied)
    broken = [asked, replace(told, body=b"\xff{")]
    found = disagreements_of(SETTING, [*broken, *EVENTS], result(), SINGLES)
    assert found is not None
    assert found.found[0].ours.reply == ""


def test_where_the_baseline_stays_its_runner_up_is_compared_or_nobody() -> None:
    kept = make_kept(baseline_id=BASE, estimates=(make_estimate("m00"),))
    runner = replace(kept, recommendation=replace(kept.recommendation, candidate_id=BASE, runner_up_id=OURS))
    found = disagreements_of(SETTING, EVENTS, runner, SINGLES)
    assert found is not None
    assert (found.candidate_id, found.label) == (OURS, "m01")
    alone = replace(kept, recommendation=replace(kept.recommendation, candidate_id=BASE, runner_up_id=None))
    assert disagreements_of(SETTING, EVENTS, alone, SINGLES) is None


def test_repeats_are_a_mean_and_the_first_answer() -> None:
    events = [*EVENTS, scored(OURS, 3, 0.0, "other", repeat=1)]
    found = disagreements_of(SETTING, events, result(), SINGLES)
    assert found is not None
    third = next(each for each in found.found if each.item_id == "i0003")
    assert (third.ours.score, third.ours.answer, third.ours.n_repeats) == (0.5, "same", 2)


def test_money_that_ran_out_is_no_disagreement() -> None:
    events = [scored(BASE, 0, 1.0), scored(OURS, 0, None, status=Status.NOT_RUN)]
    found = disagreements_of(SETTING, events, result(), SINGLES)
    assert found is not None
    assert (found.n_both, found.found) == (0, ())


def test_inputs_are_shown_as_people_read_them() -> None:
    assert text_of("plain") == "plain"
    assert text_of({"text": "only"}) == "only"
    assert text_of({"a": 1, "b": "\u00e9"}) == '{\n "a": 1,\n "b": "\u00e9"\n}'
    assert text_of(None) == "null"
