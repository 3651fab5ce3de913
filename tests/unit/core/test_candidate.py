import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.candidate import Cascade, Ensemble, GenParams, Single, label, log_odds, singles_of
from modelsearch.core.ids import EndpointId, PromptId

A, B, C = (Single(endpoint_id=EndpointId(name)) for name in "abc")
singles = st.builds(
    Single,
    endpoint_id=st.sampled_from("abc").map(EndpointId),
    prompt_id=st.sampled_from(["default", "short"]).map(PromptId),
    params=st.builds(
        GenParams, temperature=st.sampled_from([None, 0.0, 0.5]), reasoning_effort=st.sampled_from([None, "low"])
    ),
)


def test_a_plain_single_is_called_like_its_endpoint() -> None:
    assert A.id == "a"
    assert Single(endpoint_id=EndpointId("a"), prompt_id=PromptId("short")).id == "a#short"


def test_parameters_stand_in_the_id_as_a_hash() -> None:
    warm = Single(endpoint_id=EndpointId("a"), params=GenParams(temperature=0.5))
    assert warm.id.startswith("a#default-")
    assert len(warm.id) == len("a#default-") + 8


@given(singles, singles)
def test_singles_are_the_same_exactly_when_their_ids_are(left: Single, right: Single) -> None:
    assert (left.id == right.id) == (left == right)


@given(st.permutations([A, B, C]))
def test_the_order_of_a_votes_members_does_not_matter(members: list[Single]) -> None:
    assert Ensemble(members=tuple(members)).id == Ensemble(members=(A, B, C)).id


def test_rule_order_of_legs_and_thresholds_matter() -> None:
    ids = {
        Ensemble(members=(A, B)).id,
        Ensemble(members=(A, B), rule="weighted").id,
        Cascade(legs=(A, B), thresholds=(0.5,)).id,
        Cascade(legs=(B, A), thresholds=(0.5,)).id,
        Cascade(legs=(A, B), thresholds=(0.6,)).id,
    }
    assert len(ids) == 5


def test_weights_belong_to_their_members_and_make_another_candidate() -> None:
    one = Ensemble(members=(A, B), rule="weighted", weights=(2.0, 1.0))
    assert one.id == Ensemble(members=(B, A), rule="weighted", weights=(1.0, 2.0)).id
    assert one.id != Ensemble(members=(A, B), rule="weighted", weights=(1.0, 2.0)).id


@pytest.mark.parametrize(
    ("rule", "weights"), [("majority", (1.0, 1.0)), ("weighted", (1.0,)), ("weighted", (1.0, -0.5))]
)
def test_weights_that_no_vote_can_use_are_refused(rule: Literal["majority", "weighted"], weights: tuple[float]) -> None:
    with pytest.raises(ValueError, match="weights of an Ensemble: expected one of at least 0 for each member"):
        Ensemble(members=(A, B), rule=rule, weights=weights)


def test_an_id_is_the_same_for_ever() -> None:
    """Journals and stores of earlier versions hold these."""
    assert Ensemble(members=(A, B)).id == "vote-48f8a7d105e6"
    assert Cascade(legs=(A, B), thresholds=(0.5,)).id == "cascade-971ea98259f2"


def test_parts_and_labels() -> None:
    vote, cascade = Ensemble(members=(A, B)), Cascade(legs=(A, C), thresholds=(0.5,))
    assert (singles_of(A), singles_of(vote), singles_of(cascade)) == ((A,), (A, B), (A, C))
    assert (label(A), label(vote), label(cascade)) == ("a", "majority vote of a, b", "cascade a -> c")


def test_rules_and_offsets_make_other_candidates_and_the_plain_ones_keep_their_ids() -> None:
    plain = Cascade(legs=(A, B, C), thresholds=(0.5, 0.5))
    assert Cascade(legs=(A, B, C), thresholds=(0.5, 0.5), rule="confidence").id == plain.id
    assert Cascade(legs=(A, B, C), thresholds=(0.5, 0.5), rule="agreement").id != plain.id
    votes = [
        Ensemble(members=(A, B), rule="weighted", weights=(1.0, 2.0)),
        Ensemble(members=(A, B), rule="confidence", weights=(1.0, 2.0)),
        Ensemble(members=(A, B), rule="confidence", weights=(1.0, 2.0), offsets=(0.0, 1.0)),
        Ensemble(members=(A, B), rule="confidence", weights=(1.0, 2.0), offsets=(1.0, 0.0)),
        Ensemble(members=(A, B), rule="confidence", offsets=(1.0, 2.0)),
    ]
    assert len({vote.id for vote in votes}) == len(votes)
    turned = Ensemble(members=(B, A), rule="confidence", weights=(2.0, 1.0), offsets=(1.0, 0.0))
    assert turned.id == votes[2].id


def test_a_cascade_has_one_threshold_fewer_than_legs_and_only_votes_by_confidence_have_offsets() -> None:
    with pytest.raises(ValueError, match="expected one for each leg but the last"):
        Cascade(legs=(A, B), thresholds=(0.5, 0.5))
    with pytest.raises(ValueError, match="offsets of an Ensemble"):
        Ensemble(members=(A, B), rule="weighted", weights=(1.0, 1.0), offsets=(0.0, 0.0))


@pytest.mark.parametrize(("confidence", "expected"), [(0.5, 0.0), (0.8, math.log(4)), (None, 0.0), (math.nan, 0.0)])
def test_log_odds_of_a_confidence(confidence: float | None, expected: float) -> None:
    assert log_odds(confidence) == pytest.approx(expected)


def test_nobody_is_surer_than_a_thousand_to_one() -> None:
    assert log_odds(1.0) == pytest.approx(math.log(999)) == -log_odds(0.0)
