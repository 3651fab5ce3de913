from dataclasses import replace
from decimal import Decimal

import numpy as np

from modelsearch.core.outcome import Status
from modelsearch.search.deepening import beside_baseline, first_batches, next_depths, rounded
from modelsearch.search.probes import Purse
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import seen

NAN = float("nan")


def test_depths_grow_and_end_at_the_last_item() -> None:
    view = make_view(seen(np.ones((6, 40)), [40, 0, 3, 9, 30, 40]))
    assert next_depths(view, 8, 2.0) == {"m04": 40, "m03": 18, "m02": 8, "m01": 8}


def test_they_come_in_the_order_of_the_priors() -> None:
    view = make_view(np.full((4, 20), NAN), priors={"m02": 1.0, "m01": 0.5})
    assert list(next_depths(view, 8, 2.0)) == ["m02", "m01", "m03"]


def test_who_was_silent_for_a_whole_batch_goes_no_deeper() -> None:
    failed = [[Status.ERROR] * 8 + [None] * 12] * 3
    view = make_view(np.full((3, 20), NAN), statuses=failed)
    assert next_depths(view, 8, 2.0) == {}
    assert set(next_depths(view, 9, 2.0)) == {"m01", "m02"}


def test_first_batches_are_of_those_who_have_nothing_as_far_as_money_goes() -> None:
    view = make_view(seen(np.ones((5, 40)), [8, 8, 0, 0, 0]), cost_usd=[0.01] * 5)
    purse = Purse(view)
    asked = {p.candidate_id: len(p.item_ids) for p in first_batches(view, purse, 8, 2)}
    assert asked == {"m02": 8, "m03": 8}
    poor = replace(view, spend_left_usd=Decimal("0.1"))
    assert [p.candidate_id for p in first_batches(poor, Purse(poor), 8, 9)] == ["m02"]


def test_all_or_nothing_beside_the_baseline() -> None:
    view = make_view(np.full((2, 40), NAN), cost_usd=[0.01, 0.01], spend_left_usd=0.1)
    purse = Purse(view)
    assert beside_baseline(view, purse, view.pool[1], 8) == []
    assert [len(p.item_ids) for p in beside_baseline(view, purse, view.pool[1], 5)] == [5, 5]
    assert purse.left_usd < 1e-9


def test_nine_digits_decide() -> None:
    assert rounded(1.0 + 1e-12) == 1.0
    assert rounded(1.0 + 1e-7) > 1.0
