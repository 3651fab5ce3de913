"""The one random order of a task's items, drawn before and apart from any outcome; whole clusters together."""

from modelsearch.core.ids import ItemId, sha256_hex
from modelsearch.core.task import Item, TaskSpec


def item_order(task: TaskSpec, seed: int) -> tuple[ItemId, ...]:
    """All item ids in random order, the items of a cluster side by side.

    Clusters are sorted by a hash of (seed, cluster), items inside one by a hash of (seed, id). So the order is a
    function of ids, clusters and seed alone: the order of the file does not matter, and an item that is added later
    moves no other.

    Args:
        task: the task.
        seed: of the search.
    """
    keyed = sorted((_cluster_key(item, seed), sha256_hex([seed, "item", item.id]), item.id) for item in task.items)
    return tuple(item_id for _, _, item_id in keyed)


def _cluster_key(item: Item, seed: int) -> str:
    # an item without cluster is its own; the tag keeps it apart from a cluster that is named like the item
    return sha256_hex([seed, "alone", item.id] if item.cluster is None else [seed, "cluster", item.cluster])
