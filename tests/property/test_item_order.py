import random
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import ItemId, PromptId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.item_order import item_order

clusters = st.lists(st.sampled_from([None, "a", "b", "item:0"]), min_size=1, max_size=30)


def _task(items: tuple[Item, ...]) -> TaskSpec:
    prompts = (Prompt(id=PromptId("default"), user="{{ input }}"),)
    return TaskSpec(id=TaskId("t"), kind="k", items=items, prompts=prompts, scorer=ScorerSpec(name="exact"))


def _items(names: list[str | None]) -> list[Item]:
    return [Item(id=ItemId(str(i)), input="x", target="y", cluster=name) for i, name in enumerate(names)]


@given(names=clusters, seed=st.integers(0, 2**32), shuffle=st.integers())
def test_a_permutation_of_ids_that_forgets_the_order_of_the_file(
    names: list[str | None], seed: int, shuffle: int
) -> None:
    items = _items(names)
    order = item_order(_task(tuple(items)), seed)
    assert sorted(order) == sorted(item.id for item in items)
    random.Random(shuffle).shuffle(items)
    assert item_order(_task(tuple(items)), seed) == order


@given(names=clusters, seed=st.integers(0, 2**32))
def test_items_of_a_cluster_lie_side_by_side(names: list[str | None], seed: int) -> None:
    items = _items(names)
    cluster = {item.id: item.cluster or f"alone {item.id}" for item in items}
    runs = [name for name, _ in groupby(item_order(_task(tuple(items)), seed), key=lambda i: cluster[i])]
    assert len(runs) == len(set(runs))


@given(names=clusters, seed=st.integers(0, 2**32))
def test_an_added_item_moves_no_other(names: list[str | None], seed: int) -> None:
    items = _items(names)
    before = item_order(_task(tuple(items)), seed)
    added = Item(id=ItemId("new"), input="x", target="y")
    after = item_order(_task((*items, added)), seed)
    assert tuple(item_id for item_id in after if item_id != "new") == before
