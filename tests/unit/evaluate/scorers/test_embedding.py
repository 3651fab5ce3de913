from decimal import Decimal
from typing import Any

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.embedding import Embedding


def make(**params: Any) -> Embedding:
    return Embedding(**{"model": "openai/small", "usd_per_mtok": "0.02", **params})


@pytest.mark.parametrize(
    ("answer", "target", "floor", "score"),
    [
        ([1, 0], [2, 0], 0.0, 1.0),
        ([1, 0], [0, 1], 0.0, 0.0),
        ([1, 0], [-1, 0], 0.0, 0.0),
        ([1, 0], [1, 1], 0.0, 0.5**0.5),
        ([1, 0], [1, 1], 0.5, (0.5**0.5 - 0.5) / 0.5),
        ([1, 0], [1, 0, 0], 0.0, None),
        ([0, 0], [1, 0], 0.0, None),
        ([float("inf"), 0], [1, 0], 0.0, None),
    ],
)
def test_the_cosine_above_its_floor(answer: list[float], target: list[float], floor: float, score: float) -> None:
    assert make(floor=floor).similarity(answer, target) == (None if score is None else pytest.approx(score))


@pytest.mark.parametrize(
    "params",
    [
        {"model": "small"},
        {"model": 3},
        {"usd_per_mtok": "free"},
        {"usd_per_mtok": -1},
        {"floor": 1},
        {"max_input_tokens": 0},
    ],
)
def test_parameters_out_of_range_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=next(iter(params))):
        make(**params)


def test_prices_targets_and_answers_as_given() -> None:
    assert make(usd_per_mtok=0.02).price_usd == Decimal("0.02")
    item = Item(id=ItemId("i"), input="?", target=["a  b", "c"])
    assert make().targets(item) == ("a b", "c")
    assert make().target_problem(item) == ""
    assert make().target_problem(Item(id=ItemId("i"), input="?", target="")) != ""
    with pytest.raises(PlanError, match="vector"):
        make().score("a", item)
