import numpy as np
import pytest

from modelsearch.stats.noninferiority import Bound, log_wealth
from modelsearch.stats.power import items_of_finite, items_to_certify, items_to_drop, margin_within_reach


def test_the_rule_of_thumb_is_near_what_the_process_needs() -> None:
    rng = np.random.default_rng(0)
    x = rng.choice([-1.0, 0.0, 1.0], p=[0.075, 0.85, 0.075], size=(200, 1500))
    hit = log_wealth(x, Bound(n_units=1, null_total=-0.05, is_population=True)) >= np.log(20)
    used = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, 1500)
    assert 0.5 <= np.median(used) / items_to_certify(0.15, 0.0, 0.05, 0.05) <= 2.0


def test_what_cannot_be_shown_needs_forever() -> None:
    assert items_to_certify(0.1, -0.05, 0.02, 0.05) == float("inf")
    assert items_to_drop(0.1, 0.0, 0.02, 0.05) == float("inf")
    assert items_to_drop(0.1, -0.12, 0.02, 0.05) == pytest.approx(2 * 0.1 * np.log(20) / 0.01)


def test_a_finite_set_needs_fewer_and_never_more_than_all() -> None:
    assert items_of_finite(100, 100) == 50
    assert items_of_finite(float("inf"), 80) == 80


def test_the_margin_within_reach_is_the_rule_turned_round() -> None:
    margin = margin_within_reach(0.15, 400, 0.05)
    assert items_to_certify(0.15, 0.0, margin, 0.05) == pytest.approx(400)
