import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError
from modelsearch.core.result import Interval, SearchResult, Verdict
from modelsearch.report.explain import explain
from tests.unit.report.results import make_drop, make_estimate, make_hostile, make_kept, make_phase, make_result


def _facts(result: SearchResult, name: str) -> dict[str, str]:
    """`head: text` of each line."""
    lines = explain(result, name).splitlines()
    return dict(line.partition(": ")[::2] for line in lines)


def test_a_drop_says_phase_strategy_reason_evidence_and_remedy() -> None:
    assert explain(make_result(), "bad").splitlines() == [
        "bad",
        "left in: phase race, by Racing",
        "why: worse than the baseline by more than the margin",
        "evidence: gap -0.2, n_pairs 24",
        "what would bring it back: a margin above 0.03 would have kept it",
        "verdict: inferior, certified",
        (
            "gap to the baseline: -20.0 (-30.0 to -10.0) points, on 140 shared items; "
            "good enough with probability 81.0 % (shrunk towards how the others did)"
        ),
        "quality: 70.0 (62.0 to 77.0) points of 100, on 24 items",
        "cost: 2.00 USD per 1,000 items",
        "latency: median 0.512 s, 95th percentile 1.25 s",
    ]


@pytest.mark.parametrize(("n_outcomes", "remedy"), [(0, "looser limits"), (50, "a larger --budget-usd")])
def test_a_drop_without_a_remedy_gets_one_from_its_phase(n_outcomes: int, remedy: str) -> None:
    result = make_result(
        phases=(make_phase("p", n_outcomes=n_outcomes),), drops=(("p", make_drop("bad", remedy="", strategy="Odd")),)
    )
    back = _facts(result, "bad")["what would bring it back"]
    assert back.startswith(remedy)
    assert "Odd" in back


def test_what_was_never_asked_says_so_and_shows_no_made_up_number() -> None:
    facts = _facts(make_result(), "dear")
    assert facts["verdict"] == "never compared with the baseline"
    assert "quality" not in facts
    assert "latency" not in facts
    assert facts["cost"] == "20.00 USD per 1,000 items"


def test_the_recommended_one_says_why() -> None:
    text = explain(make_result(), "cheap")
    assert text.startswith("cheap: recommended\nstayed in the pool to the end\nwhy: on 140 shared items")


def test_the_baseline_is_not_compared_with_itself() -> None:
    facts = _facts(make_result(), "big")
    assert facts["big"] == "baseline"
    assert "verdict" not in facts
    assert _facts(make_kept(), "big")["why"] == "keep the baseline"


LIVE: dict[str, tuple[dict[str, Any], str, str]] = {
    "never asked": (
        {"n_items": 0, "n_pairs": 0, "quality": None, "gap": None},
        "it was never asked: the money went to likelier ones",
        "a larger --budget-usd, or --include it alone",
    ),
    "a limit": (
        {"is_feasible": False},
        "it breaks a limit of yours on cost, quality or latency",
        "raise that limit",
    ),
    "no price": (
        {"cost_usd": None},
        "its cost is unknown, so no saving can be stated",
        "add its rates to the catalogue",
    ),
    "too dear": (
        {"cost_usd": Interval(mean=0.03, low=0.02, high=0.04)},
        "at 30.00 USD per 1,000 items it costs no less than the baseline (10.00)",
        "a price below 10.00 USD per 1,000 items",
    ),
    "dearer than the recommended": (
        {"cost_usd": Interval(mean=0.004, low=0.003, high=0.005), "verdict": Verdict.NON_INFERIOR},
        "it is certified too, but costs 4.00 USD per 1,000 items and cheap 2.00",
        "a price below 2.00 USD per 1,000 items, or --exclude cheap",
    ),
    "inferior": (
        {"verdict": Verdict.INFERIOR, "gap": Interval(mean=-0.2, low=-0.3, high=-0.125)},
        "it is shown to lose more than 2 points",
        "a larger --margin above 12.5 points",
    ),
    "undecided": (
        {},
        "whether it loses no more than 2 points is undecided (81.0 % likely), and another choice is worth more",
        (
            "a larger --budget-usd (it has 140 items of 926), or a larger --margin "
            "(the 95.0 % interval of its gap reaches down to -4.0 points)"
        ),
    ),
}


@pytest.mark.parametrize("case", LIVE)
def test_a_live_candidate_says_why_not_and_what_would_make_it_so(case: str) -> None:
    changes, why, remedy = LIVE[case]
    estimates = (*make_result().estimates, make_estimate("live", **changes))
    facts = _facts(make_result(estimates=estimates), "live")
    assert facts["why not recommended"] == why
    assert facts["what would make it so"] == remedy


def test_members_of_a_composite_are_named() -> None:
    vote = make_estimate("vote-12ab", label="majority vote of a, b, c")
    result = make_result(estimates=(*make_result().estimates, vote))
    assert explain(result, "vote-12ab").splitlines()[0] == "vote-12ab (majority vote of a, b, c)"


def test_failures_are_told() -> None:
    result = make_result(estimates=(make_estimate("big"), make_estimate("cheap", evidence_missing_share=0.125)))
    assert _facts(result, "cheap")["failures"] == "12.5 % of compared items, taken at their worst"


@pytest.mark.parametrize(("wanted", "near"), [("secnd", "second"), ("EAP", "cheap"), ("ig", "big")])
def test_an_unknown_id_gets_the_nearest_ones(wanted: str, near: str) -> None:
    with pytest.raises(OptionError, match=f"no candidate '{wanted}': did you mean {near}"):
        explain(make_result(), wanted)


@pytest.mark.parametrize("wanted", ["", "zzzzzzzzzz"])
def test_an_id_like_none_says_where_to_look(wanted: str) -> None:
    with pytest.raises(OptionError, match="give one of its 5 candidates"):
        explain(make_result(), wanted)


def test_hostile_ids_are_explained_on_the_usual_lines(hostile: str) -> None:
    n_lines = len(explain(make_hostile("plain"), "xplain").splitlines())
    text = explain(make_hostile(hostile), f"x{hostile}")
    assert len(text.splitlines()) == n_lines
    assert "\x1b" not in text


@given(st.text())
def test_any_id_is_answered_or_refused_in_safe_text(wanted: str) -> None:
    with pytest.raises(OptionError) as caught:
        explain(make_result(), f"no {wanted}")
    assert all(unicodedata.category(char)[0] != "C" for char in str(caught.value))
