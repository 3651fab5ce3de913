import numpy as np

from modelsearch.core.ids import ItemId, PromptId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.item_order import item_order


def _task(n_items: int) -> TaskSpec:
    items = tuple(Item(id=ItemId(f"i{i:03d}"), input="x", target=str(i)) for i in range(n_items))
    prompts = (Prompt(id=PromptId("default"), user="{{ input }}"),)
    return TaskSpec(id=TaskId("t"), kind="k", items=items, prompts=prompts, scorer=ScorerSpec(name="exact"))


def test_seeds_give_different_orders_and_one_seed_one() -> None:
    task = _task(20)
    assert item_order(task, 1) == item_order(task, 1)
    assert len({item_order(task, seed) for seed in range(20)}) == 20


def test_each_item_comes_first_about_as_often() -> None:
    task = _task(8)
    places = np.array([item_order(task, seed).index(ItemId("i003")) for seed in range(2000)])
    # the mean place of 8 is 3.5; its Monte Carlo error over 2,000 seeds is sqrt(5.25 / 2000) = 0.051
    assert abs(places.mean() - 3.5) < 4 * 0.051
    assert np.bincount(places).min() > 180  # 250 expected, standard deviation 15
