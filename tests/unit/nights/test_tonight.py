from dataclasses import replace
from datetime import timedelta

import pytest

from modelsearch.core.ids import CandidateId
from modelsearch.nights.tonight import Tonight
from tests.unit.nights.played import BASE, DAY, night, offer, searched, standing

BASELINE = offer("base", 10.0)
OFFERS = [BASELINE, offer("a"), offer("b", 2.0)]


def test_what_is_to_beat_is_the_incumbent_or_whoever_takes_over() -> None:
    state = searched(standing("a"), standing("b", usd_per_1k=2.0), offers=OFFERS)
    assert Tonight(state=state, night=night(*OFFERS, day=1)).to_beat == "a"
    lost = Tonight(state=state, night=night(BASELINE, offer("b", 2.0), day=1))
    assert lost.to_beat == "b"
    assert lost.limit_usd == pytest.approx(0.004)
    nobody = Tonight(state=state, night=night(BASELINE, day=1))
    assert nobody.to_beat == BASE


def test_a_candidate_ends_soon_within_the_notice_only() -> None:
    state = searched(standing("a"), offers=OFFERS)
    for days, told in ((30, "2026-02-01"), (31, "")):
        ending = offer("a", ends=DAY + timedelta(days=1 + days))
        tonight = Tonight(state=state, night=night(BASELINE, ending, day=1))
        assert tonight.ends(CandidateId("a")) == told
        assert tonight.is_lost(CandidateId("a")) is bool(told)


def test_a_cost_is_measured_or_listed_or_unknown() -> None:
    state = searched(standing("a", usd_per_1k=1.0), offers=OFFERS)
    tonight = Tonight(state=state, night=night(*OFFERS, offer("c", None), day=1))
    assert tonight.cost_usd(CandidateId("a")) == 0.001
    assert tonight.cost_usd(CandidateId("b")) == pytest.approx(0.002)
    assert tonight.cost_usd(CandidateId("c")) is None
    assert tonight.cost_usd(CandidateId("stranger")) is None


def test_a_standing_of_another_revision_is_none() -> None:
    state = searched(standing("a"), offers=OFFERS)
    other = Tonight(state=state, night=night(BASELINE, offer("a", revision="2"), day=1))
    assert other.standing(CandidateId("a")) is None
    drifted = replace(state, drifted={CandidateId("a"): DAY})
    assert Tonight(state=drifted, night=night(*OFFERS, day=1)).standing(CandidateId("a")) is None
