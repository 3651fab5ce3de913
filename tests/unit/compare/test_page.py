from modelsearch.compare.aggregate import standings
from modelsearch.compare.page import best_settings, comparison_page
from tests.unit.compare.rows import make_row, make_rows


def test_the_page_draws_saving_wrong_rates_and_calibration() -> None:
    page = comparison_page(make_rows())
    assert page.count("<svg") == 3
    assert "2 tables, 2 cases, 2 seeds, 16 rows" in page
    assert "-0.375" in page


def test_of_a_yardsticks_settings_the_best_is_drawn() -> None:
    rows = [make_row(plan=f"ucb_e:a {a}", net_captured=captured) for a, captured in ((1, 0.2), (4, 0.6))]
    (best,) = best_settings(standings([*rows]))
    assert best.plan == "ucb_e:a 4"


def test_what_was_given_is_told_and_names_are_escaped() -> None:
    page = comparison_page([make_row(plan="<b>", is_cost_known=True)])
    assert "true mean costs were given" in page
    assert "<b>" not in page
