from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES
from modelsearch.testing.factories import make_ids, make_market, make_setting, make_view

NAN = float("nan")


def test_a_view_knows_what_was_bought() -> None:
    view = make_view([[1.0, 0.0, NAN], [NAN, 1.0, NAN]], margin=0.05)
    assert view.baseline_id == "m00"
    assert view.pool == ("m00", "m01")
    assert [view.n_bought(c) for c in view.pool] == [2, 1]
    assert view.task.margin == 0.05
    assert np.isnan(view.outcomes.cost_usd[1, 0])
    assert view.outcomes.cost_usd[0, 0] == view.setting.list_cost_usd[view.baseline_id]


def test_arrays_are_read_only() -> None:
    view = make_view([[1.0, NAN]])
    with pytest.raises(ValueError, match="read-only"):
        view.outcomes.score[0, 0] = 0.0


def test_answers_statuses_and_costs_are_taken_over() -> None:
    view = make_view(
        [[1.0, NAN], [0.0, 1.0]],
        answers=[["yes", None], ["no", "yes"]],
        statuses=[[Status.OK, Status.ERROR], [Status.OK, Status.OK]],
        cost_usd=[[0.5, 0.25], [0.125, 0.125]],
        spend_left_usd=2.5,
    )
    assert view.outcomes.answers == ("no", "yes")
    assert view.outcomes.answer.tolist() == [[1, -1], [0, 1]]
    assert view.outcomes.status[0, 1] == STATUS_CODES[Status.ERROR]
    assert view.outcomes.cost_usd[0].tolist() == [0.5, 0.25]
    assert view.setting.list_cost_usd[view.pool[1]] == 0.125
    assert view.spend_left_usd == Decimal("2.5")


def test_composites_come_after_the_singles() -> None:
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in ("m01", "m02")))
    view = make_view(np.full((4, 2), NAN), composites=[vote], made_at={vote.id: 1})
    assert view.candidates[3] == vote
    assert vote.id in view.pool
    assert view.made_at[vote.id] == 1
    assert len(view.setting.candidates) == 3


def test_the_market_prices_its_endpoints_by_the_list_cost() -> None:
    market = make_market(2, list_cost_usd=[0.01, NAN])
    rates = {rate.kind: rate.usd for rate in market.endpoints[EndpointId("m00")].rates}
    assert rates["input"] is not None
    assert rates["output"] is not None
    assert float(100 * rates["input"] + 20 * rates["output"]) / 1e6 == pytest.approx(0.01)
    assert all(rate.usd is None for rate in market.endpoints[EndpointId("m01")].rates)


def test_ids_sort_as_their_rows() -> None:
    ids = make_ids(120)
    assert list(ids) == sorted(ids)
    assert len(make_setting(120, 3).candidates) == 120
