from modelsearch.core.ids import CandidateId
from modelsearch.nights.moves import lost, moved, reason_to_leave, runner_up
from modelsearch.nights.tonight import Tonight
from tests.unit.nights.played import BAD, BASE, night, offer, searched, standing

BASELINE = offer("base", 10.0)
OFFERS = [BASELINE, offer("a"), offer("b", 2.0)]


def test_the_runner_up_is_the_next_cheapest_who_may_serve() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    assert runner_up(Tonight(state=state, night=night(*OFFERS, day=1))) == "b"
    assert runner_up(Tonight(state=state, night=night(BASELINE, offer("a"), day=1))) == BASE
    assert runner_up(Tonight(state=state, night=night(offer("a"), day=1))) is None


def test_nobody_moves_without_a_reason() -> None:
    state = searched(standing("a"), standing("b", BAD, usd_per_1k=0.5), offers=OFFERS)
    tonight = night(*OFFERS, day=1)
    assert reason_to_leave(Tonight(state=state, night=tonight)) == ""
    assert moved(state, tonight) == (state, None)


def test_where_nobody_is_left_the_incumbent_stays_and_is_told_lost() -> None:
    state = searched(standing("a"), offers=OFFERS)
    nobody = night(offer("c", 1.0), day=1)
    assert moved(state, nobody) == (state, None)
    assert lost(Tonight(state=state, night=nobody)) == (CandidateId("a"), BASE)
