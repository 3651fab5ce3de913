"""What is known of past tasks: their traits, and the models seen on them. What a new search may expect starts here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from modelsearch.core.candidate import Single
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.market import Market
from modelsearch.core.model_name import ModelName, model_name
from modelsearch.core.task import TaskSpec

RECORDED_KIND = "recorded"
_CHARS_PER_TOKEN = 4
_MIN_ITEMS_PER_LABEL = 5
_MIN_VARIANCE = 0.02
"""Of one item's score, so that a model that got its few items right is not known for sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTraits:
    """What tells tasks apart before any call.

    Attributes:
        kind: of the catalogue's task kinds; "" = unknown.
        n_labels: different answers to choose from; 0 = free answers.
        input_tokens: mean length of an item, about; NaN = unknown.
    """

    kind: str = ""
    n_labels: int = 0
    input_tokens: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model as any source names it, and its blended list price in USD per Mtok (None = unknown)."""

    name: ModelName
    usd_per_mtok: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastModel:
    """A model on a past task: mean score in [0, 1], and the variance of its error."""

    model: KnownModel
    quality: float
    error_variance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTask:
    """A task that was searched, or recorded, and the models seen on it."""

    id: str
    traits: TaskTraits
    models: tuple[PastModel, ...]


def traits_of(task: TaskSpec) -> TaskTraits:
    """The traits of a task."""
    is_told = task.kind != RECORDED_KIND  # the items of a recorded table are nothing but their ids
    lengths = [len(str(item.input)) / _CHARS_PER_TOKEN for item in task.items]
    return TaskTraits(
        kind=task.kind if is_told else "",
        n_labels=len(task.labels) or n_labels_among([str(item.target) for item in task.items]),
        input_tokens=fmean(lengths) if is_told and lengths else math.nan,
    )


def n_labels_among(targets: Sequence[str]) -> int:
    """Different targets where each comes up several times; 0 where answers are free, or unknown."""
    n_different = len(set(targets))
    return n_different if 1 < n_different <= len(targets) / _MIN_ITEMS_PER_LABEL else 0


def served_model(single: Single, market: Market) -> KnownModel:
    """What a candidate calls; how hard it is told to think is a part of the name."""
    endpoint = market.endpoints[single.endpoint_id]
    model, price = market.models.get(endpoint.model_id), blended_usd_per_mtok(endpoint, market.as_of)
    spelled = "-".join(filter(None, (str(endpoint.model_id), single.params.reasoning_effort)))
    name = model_name(spelled, None if model is None else model.params_b)
    return KnownModel(name=name, usd_per_mtok=None if price is None else float(price))


def error_variance(quality: float, n_items: int) -> float:
    """Of a mean score over n items, squared score units."""
    return max(quality * (1 - quality), _MIN_VARIANCE) / max(n_items, 1)
