import math
from dataclasses import replace

import pytest

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import EndpointId, ItemId
from modelsearch.core.past import TaskTraits, error_variance, n_labels_among, served_model, traits_of
from modelsearch.core.task import Item
from modelsearch.testing.factories import make_market, make_task


def items(n: int, n_targets: int, text: str = "x" * 40) -> tuple[Item, ...]:
    return tuple(Item(id=ItemId(f"i{k}"), input=text, target=f"t{k % n_targets}") for k in range(n))


def test_traits_tell_kind_labels_and_length() -> None:
    task = make_task(20, items=items(20, 4), labels=(), kind="classification")
    assert traits_of(task) == TaskTraits(kind="classification", n_labels=4, input_tokens=10.0)
    assert traits_of(replace(task, labels=("a", "b"))).n_labels == 2
    assert traits_of(replace(task, items=items(20, 20))).n_labels == 0


def test_the_items_of_a_recorded_table_tell_no_length() -> None:
    found = traits_of(make_task(20, items=items(20, 4), labels=(), kind="recorded"))
    assert (found.kind, found.n_labels) == ("", 4)
    assert math.isnan(found.input_tokens)


@pytest.mark.parametrize(
    ("targets", "n_labels"), [([], 0), (["", ""], 0), (["a"] * 9 + ["b"], 2), (["a", "b", "c"], 0)]
)
def test_labels_are_answers_that_come_up_again(targets: list[str], n_labels: int) -> None:
    assert n_labels_among(targets) == n_labels


def test_what_is_served_has_the_models_name_and_how_hard_it_thinks() -> None:
    market = make_market(2)
    single = Single(endpoint_id=EndpointId("m00"))
    plain, hard = (
        served_model(replace(single, params=GenParams(reasoning_effort=effort)), market) for effort in (None, "high")
    )
    assert plain.name.key != hard.name.key
    assert plain.name.line != hard.name.line
    assert plain.usd_per_mtok is None or plain.usd_per_mtok > 0


def test_a_mean_of_few_is_never_known_for_sure() -> None:
    assert error_variance(1.0, 5) == pytest.approx(0.004)
    assert error_variance(0.5, 100) == pytest.approx(0.0025)
    assert error_variance(0.5, 0) > 0
