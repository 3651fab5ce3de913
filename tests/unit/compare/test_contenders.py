import numpy as np

from modelsearch.compare.contenders import Contender, house_choice, point_choice
from modelsearch.core.plan import Phase, Plan
from modelsearch.testing.factories import make_view

NOTHING = np.full((4, 20), np.nan)


def test_without_outcomes_both_rules_keep_the_baseline() -> None:
    view = make_view(NOTHING)
    for choice in (house_choice(view), point_choice(view)):
        assert (choice.candidate_id, choice.verdict) == (view.baseline_id, "undecided")


def test_the_point_rule_takes_the_cheapest_within_the_margin_by_its_mean() -> None:
    score = NOTHING.copy()
    score[:, :10] = 1.0
    score[3, 0] = 0.0  # the cheapest loses one in ten
    assert point_choice(make_view(score)).candidate_id == "m02"
    score[3, 0] = 1.0
    assert point_choice(make_view(score)).candidate_id == "m03"


def test_the_house_rule_states_a_probability() -> None:
    score = NOTHING.copy()
    score[:, :10] = 1.0
    choice = house_choice(make_view(score))
    assert choice.verdict in {"likely", "undecided"}
    assert choice.verdict == "undecided" or 0 < (choice.p_right or 0) <= 1


def test_every_rule_is_named() -> None:
    contender = Contender(name="x", plan=Plan(name="x", phases=(Phase(name="p"),)), rules=("house", "point"))
    assert set(contender.choices(make_view(NOTHING))) == {"x", "x (point)"}
