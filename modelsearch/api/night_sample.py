"""Which items are asked anew tonight: a window that goes round the row, so that each item has its turn."""

from collections.abc import Sequence
from datetime import date

from modelsearch.core.ids import ItemId


def sample_of(item_ids: Sequence[ItemId], day: date, n_items: int) -> tuple[ItemId, ...]:
    """`n_items` of a row, those after yesterday's; all of it where it has no more.

    Args:
        item_ids: the row in an order drawn apart from all outcomes.
        day: of the night.
        n_items: at least 0; 0 = all.
    """
    n_all = len(item_ids)
    if n_items == 0 or n_items >= n_all:
        return tuple(item_ids)
    start = day.toordinal() * n_items % n_all
    return tuple(item_ids[(start + step) % n_all] for step in range(n_items))
