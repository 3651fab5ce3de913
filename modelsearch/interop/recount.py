"""A tool's figure made again from the outcomes that were imported."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median, multimode

from modelsearch.interop.logged import LoggedOutcome

_REDUCERS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": fmean,
    "median": median,
    "max": max,
    "mode": lambda scores: multimode(scores)[0],
}


def recounted(outcomes: Sequence[LoggedOutcome], reducer: str = "mean") -> tuple[float | None, str]:
    """The mean over items of their repeats' scores, and why it is none or may differ.

    Args:
        outcomes: of one model; those without a score do not count.
        reducer: how an item's repeats become one score.
    """
    by_item: dict[str, list[float]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.score is not None:
            by_item[outcome.item_id].append(outcome.score)
    if not by_item:
        return None, "no sample has a score"
    reduce = _REDUCERS.get(reducer)
    if reduce is None:
        return None, f"the tool reduced repeats by {reducer}, which is not made again here"
    n_without = sum(outcome.score is None for outcome in outcomes)
    why = f"{n_without} outcomes have no score" if n_without else ""
    return fmean(reduce(scores) for scores in by_item.values()), why
