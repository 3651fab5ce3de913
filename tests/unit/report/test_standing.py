from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Verdict
from modelsearch.report.standing import standing_of, standings
from tests.unit.report.results import make_drop, make_estimate, make_kept, make_result


def test_every_candidate_once_with_recommended_baseline_and_runner_up_first() -> None:
    found = standings(make_result())
    assert [s.candidate_id for s in found] == ["cheap", "big", "second", "bad", "dear"]
    assert [s.role for s in found] == ["recommended", "baseline", "runner-up", "", ""]


def test_good_enough_before_undecided_before_inferior_before_never_asked() -> None:
    estimates = (
        make_estimate("d", n_items=0, p_non_inferior=None),
        make_estimate("c", verdict=Verdict.INFERIOR),
        make_estimate("b", p_non_inferior=0.2),
        make_estimate("a", p_non_inferior=0.9),
        make_estimate("e", verdict=Verdict.NON_INFERIOR),
    )
    assert [s.candidate_id for s in standings(make_result(estimates=estimates, drops=()))] == ["e", "a", "b", "c", "d"]


def test_a_drop_without_an_estimate_is_still_known() -> None:
    result = make_result(drops=(("keys", make_drop("no-key")),))
    standing = standing_of(result, CandidateId("no-key"))
    assert standing is not None
    assert (standing.phase, standing.estimate) == ("keys", None)
    assert standing.verdict == "never asked; dropped in keys"
    assert standing_of(result, CandidateId("stranger")) is None


def test_verdicts_in_words() -> None:
    words = {s.candidate_id: s.verdict for s in standings(make_result())}
    assert words == {
        "cheap": "likely good enough, not certified",
        "big": "what all are compared with",
        "second": "undecided",
        "bad": "inferior, certified; dropped in race",
        "dear": "never asked; dropped in quick_wins",
    }


def test_a_kept_baseline_is_both() -> None:
    first = standings(make_kept())[0]
    assert (first.candidate_id, first.role, first.is_baseline) == ("big", "recommended (baseline)", True)
