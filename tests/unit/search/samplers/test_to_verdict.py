import math

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.search.samplers.to_verdict import ToVerdict
from modelsearch.testing.factories import make_view

NAN = float("nan")
COSTS = [0.4, 0.2]


def _asked(strategy: ToVerdict, score: list[list[float]], spend_left_usd: float = 1e6) -> dict[str, int]:
    view = make_view(score, list_cost_usd=COSTS, cost_usd=COSTS, spend_left_usd=spend_left_usd)
    return {probe.candidate_id: len(probe.item_ids) for probe in strategy.ask(view)}


def test_a_known_baseline_is_not_asked_again() -> None:
    assert _asked(ToVerdict(step_items=2), [[1.0] * 9, [NAN] * 9]) == {"m01": 2}


def test_both_go_on_together_where_the_baseline_is_not_known() -> None:
    assert _asked(ToVerdict(step_items=2), [[NAN] * 9, [NAN] * 9]) == {"m00": 2, "m01": 2}


def test_steps_grow_with_the_depth() -> None:
    half = [0.0, 1.0] * 100 + [NAN] * 200
    assert _asked(ToVerdict(step_items=2, growth=0.1), [[1.0, 0.0] * 200, half]) == {"m01": 20}


def test_it_stops_at_the_certificate_long_before_the_last_item() -> None:
    better = [1.0] * 300 + [NAN] * 700
    assert _asked(ToVerdict(), [[1.0, 0.0] * 500, better]) == {}


def test_it_goes_on_while_nothing_is_decided() -> None:
    equal = [1.0, 0.0] * 20 + [NAN] * 960
    assert set(_asked(ToVerdict(), [[0.0, 1.0] * 500, equal])) == {"m01"}


def test_it_ends_where_every_item_is_known_or_nothing_is_affordable() -> None:
    assert _asked(ToVerdict(), [[1.0, 0.0] * 8, [0.0, 1.0] * 8]) == {}
    assert _asked(ToVerdict(), [[1.0] * 9, [NAN] * 9], spend_left_usd=0.1) == {}


def test_the_money_cuts_a_step() -> None:
    assert _asked(ToVerdict(step_items=8), [[1.0] * 9, [NAN] * 9], spend_left_usd=0.7) == {"m01": 3}


@pytest.mark.parametrize("parts", [{"step_items": 0}, {"growth": -1.0}, {"growth": math.inf}])
def test_parameters_out_of_range_are_refused(parts: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="ToVerdict"):
        ToVerdict(**parts)  # type: ignore[arg-type]
