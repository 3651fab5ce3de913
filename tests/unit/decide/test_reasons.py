from modelsearch.core.outcome import Status
from modelsearch.core.result import Verdict
from modelsearch.decide.estimates import estimates
from modelsearch.decide.evidence import SURE_LOG_E
from modelsearch.decide.reasons import certified_low, certified_reason, likely_reason, points, signed
from tests.unit.decide.views import make_view, rows, with_status


def test_points_are_of_a_hundred() -> None:
    assert (points(0.02), points(-0.015), signed(-0.0189)) == ("2", "1.5", "-1.9")


def test_the_stated_bound_holds_the_margin_and_lies_below_the_gap() -> None:
    view = make_view(rows(0.5, 0.9, n_items=400, n_seen=200))
    e = estimates(view)[1]
    assert e.gap is not None
    assert -view.task.margin <= certified_low(view, e) <= e.gap.mean


def test_a_bound_beside_a_certificate_is_never_beyond_the_margin() -> None:
    """The bound is looked for on a grid; a margin between two of its points must not be stated as broken."""
    lows = []
    for n_seen in range(60, 200, 10):
        view = make_view(rows(0.8, 0.83, n_items=200, n_seen=n_seen))
        e = estimates(view)[1]
        if e.verdict is Verdict.NON_INFERIOR and e.log_e_value < SURE_LOG_E:
            lows.append(certified_low(view, e))
    assert lows
    assert min(lows) >= -0.02


def test_failures_and_equal_scores_are_said_in_words() -> None:
    view = with_status(make_view(rows(0.8, 0.8, n_items=200, n_seen=199)), 1, slice(0, 2), Status.ERROR)
    text = likely_reason(view, estimates(view)[1])
    assert "1.0 % of these items failed" in text
    assert "the same as the baseline" in text


def test_what_is_sure_before_the_end_says_so() -> None:
    view = make_view(rows(0.5, 0.9, n_items=100, n_seen=90))
    e = estimates(view)[1]
    assert "whatever the 10 items not yet bought bring" in certified_reason(view, e)


def test_a_chance_that_is_not_what_the_interval_suggests_is_explained() -> None:
    view = make_view(rows(0.7, 0.75, 0.2, 0.3, 0.2, n_items=400, n_seen=10))
    e = estimates(view)[1]
    assert (
        "% by these 10 items alone; how hard the items are and how others did on them tells the rest"
        in likely_reason(view, e)
    )
    whole = make_view(rows(0.7, 0.75, 0.2, n_items=400, n_seen=399))
    assert "shrunk" not in likely_reason(whole, estimates(whole)[1])
