from dataclasses import replace

from modelsearch.core.ids import CandidateId, EndpointId
from modelsearch.core.nights import TokenUse
from modelsearch.nights.after import first_state
from modelsearch.nights.align import aligned
from modelsearch.nights.night import Night
from modelsearch.nights.searching import search_reason
from modelsearch.nights.tonight import Tonight
from tests.unit.nights.played import BASE, night, offer, searched, standing

BASELINE = offer("base", 10.0)
USES = tuple(TokenUse(endpoint_id=EndpointId(name), tokens_in=50.0, tokens_out=50.0) for name in ("a", "b"))
VOTE = replace(standing("vote-1"), candidate_id=CandidateId("vote-1"), uses=USES)
OFFERS = [BASELINE, offer("a"), offer("b")]


def _reason(tonight: Night, *standings: object) -> str:
    state = searched(*standings, offers=OFFERS)  # type: ignore[arg-type]
    return search_reason(Tonight(state=aligned(state, tonight).state, night=tonight))


def test_a_task_that_nothing_is_known_of_is_searched() -> None:
    tonight = Tonight(state=first_state("t", "r", BASE), night=night(*OFFERS))  # type: ignore[arg-type]
    assert search_reason(tonight) == "nothing is known of this task yet"


def test_an_ordinary_night_searches_nobody() -> None:
    assert _reason(night(*OFFERS, day=1), standing("a")) == ""


def test_an_incumbent_that_is_lost_is_searched_for_once() -> None:
    lost = night(BASELINE, offer("b"), day=1)
    assert _reason(lost, standing("a")) == "the incumbent a is no longer on sale"
    state = replace(searched(standing("a"), offers=OFFERS), missing=(CandidateId("a"),))
    assert search_reason(Tonight(state=state, night=lost)) == ""


def test_a_composite_is_lost_with_any_member_and_searched_for_when_one_changes() -> None:
    assert _reason(night(*OFFERS, day=1), VOTE) == ""
    assert "no longer on sale" in _reason(night(BASELINE, offer("a"), day=1), VOTE)
    changed = night(BASELINE, offer("a"), offer("b", revision="2"), day=1)
    assert _reason(changed, VOTE) == "a member of the incumbent vote-1 is not what it was"


def test_without_the_baseline_nobody_is_searched() -> None:
    assert _reason(night(offer("b"), day=1), standing("a")) == ""
