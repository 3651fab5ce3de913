import json

from modelsearch.core.result import SearchResult, Verdict
from modelsearch.report.rows import candidate_rows, drop_counts, drop_rows, funnel_rows
from tests.unit.report.results import make_drop, make_estimate, make_hostile, make_result


def test_the_funnel_is_that_of_the_result() -> None:
    assert funnel_rows(make_result())[1] == {
        "phase": "race",
        "n_started": 4,
        "n_left": 3,
        "n_added": 0,
        "n_rounds": 7,
        "n_outcomes": 474,
        "spend_usd": "1.2345",
        "dropped_by": "Racing 1",
        "ended": "nothing more to ask",
    }


def test_a_candidate_with_its_numbers() -> None:
    assert candidate_rows(make_result())[0] == {
        "candidate": "cheap",
        "role": "recommended",
        "quality_points": "70.0 (62.0 to 77.0)",
        "gap_points": "-1.0 (-4.0 to 2.0)",
        "cost_usd_per_1k": "2.00",
        "latency_p50": "0.512 s",
        "latency_p95": "1.25 s",
        "n_items": 150,
        "p_good_enough": "81.0 %",
        "verdict": "likely good enough, not certified",
    }


def test_beside_a_certificate_no_probability_casts_doubt() -> None:
    result = make_result(estimates=(make_estimate("cheap", verdict=Verdict.NON_INFERIOR, p_non_inferior=0.89),))
    assert candidate_rows(result)[0]["p_good_enough"] == "certified"


def test_the_baselines_gap_to_itself_is_not_shown_as_evidence() -> None:
    baseline = candidate_rows(make_result())[1]
    assert (baseline["gap_points"], baseline["p_good_enough"]) == ("", "")


def test_what_was_never_measured_is_unknown() -> None:
    dear = candidate_rows(make_result())[4]
    assert (dear["quality_points"], dear["gap_points"], dear["latency_p95"]) == ("unknown", "unknown", "1.25 s")


def test_the_limit_keeps_the_best() -> None:
    assert [row["candidate"] for row in candidate_rows(make_result(), limit=2)] == ["cheap", "big"]


def test_drops_are_counted_by_phase_and_strategy_most_first() -> None:
    drops = [("race", make_drop(name)) for name in ("x", "y")]
    result = make_result(drops=(("screen", make_drop("z", strategy="Price", reason="dear")), *drops))
    assert [(r["phase"], r["strategy"], r["n_dropped"]) for r in drop_counts(result)] == [
        ("race", "Racing", 2),
        ("screen", "Price", 1),
    ]
    assert drop_counts(result)[1]["for_example"] == "z: dear"
    assert [row["candidate"] for row in drop_rows(result, 2)] == ["z", "x"]


def test_rows_are_plain_json(hostile: str) -> None:
    result = make_hostile(hostile)
    for rows in _all_rows(result):
        assert rows
        assert json.loads(json.dumps(rows)) == rows


def _all_rows(result: SearchResult) -> tuple[list[dict[str, str | int]], ...]:
    return funnel_rows(result), candidate_rows(result), drop_rows(result), drop_counts(result)
