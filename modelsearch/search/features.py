"""Candidates as points: logarithms of sizes and prices, published scores, and categories kept as categories.

Columns are in groups, so that a model of them can learn one length scale per group instead of one per column:
`size` (log params, log training tokens), `price` (log list cost), `context`, `published`, `family`, `kind`
(architecture, quantisation), `provider` (id, pricing class), `composite`. Where one endpoint is asked in several ways
there are also `model` (which one), `prompt` (template, and the template with its examples), `examples` (log number of
them) and `asking` (reasoning effort as a number whose steps are alike, temperature, calibration): all ways of a model
are near each other, and so are all models asked one way. A missing number is the column's mean beside an indicator
column. Numbers are standardised over the candidates of the view; categories are
one-hot, 1/sqrt(2) each, so that two different categories are at distance 1.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from modelsearch.core.candidate import Single, singles_of
from modelsearch.core.market import Endpoint, Market, Model, Provider
from modelsearch.core.search import Floats, Ints, SearchView
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.decide.kinship import EFFORT_LEVELS, templates

MAX_CATEGORIES = 16
"""Categories beyond the most common share one column."""
MAX_MODELS = 256
"""Models that have a column of their own."""
ONE_HOT = 1 / np.sqrt(2)


class Served(NamedTuple):
    """A single with all that the market knows of it."""

    single: Single
    endpoint: Endpoint
    model: Model
    provider: Provider | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureTable:
    """Points in row order of the view.

    Attributes:
        values: (n_candidates, n_features), finite.
        names: of the columns.
        group: (n_features,) index into `groups`.
    """

    values: Floats
    names: tuple[str, ...]
    groups: tuple[str, ...]
    group: Ints


def feature_table(view: SearchView) -> FeatureTable:
    """Points of all candidates of the view, in row order; a composite is the mean of its members at their summed cost.

    Deterministic; the order of the pool plays no part. O(n_candidates x n_features).
    """
    singles = list(dict.fromkeys(single for c in view.candidates for single in singles_of(c)))
    served = [served_by(single, view.setting.market) for single in singles]
    columns = [*_numbers(served, view), *_categories(served), *_ways(served, view)]
    index = {single.id: position for position, single in enumerate(singles)}
    members = [[index[single.id] for single in singles_of(c)] for c in view.candidates]
    matrix = np.array([column for _, _, column in columns], dtype=np.float64).T
    values = np.array([matrix[rows].mean(axis=0) for rows in members], dtype=np.float64)
    is_composite = np.array([0.0 if isinstance(c, Single) else 1.0 for c in view.candidates])
    groups = tuple(dict.fromkeys([group for group, _, _ in columns] + ["composite"]))
    return FeatureTable(
        values=np.column_stack([values, is_composite]),
        names=(*(name for _, name, _ in columns), "is_composite"),
        groups=groups,
        group=np.array([groups.index(group) for group, _, _ in columns] + [groups.index("composite")], dtype=np.int64),
    )


def served_by(single: Single, market: Market) -> Served:
    """A single joined with its endpoint, model and provider."""
    endpoint = market.endpoints[single.endpoint_id]
    provider = market.providers.get(endpoint.provider_id)
    return Served(single, endpoint, market.models[endpoint.model_id], provider)


def published_score(model: Model, benchmarks: Sequence[str]) -> float:
    """Mean published score in [0, 1] over the named benchmarks (all, where none is named); NaN without any."""
    values = [s.value for s in model.scores if not benchmarks or s.benchmark in benchmarks]
    return float(np.mean(values)) if values else float("nan")


_Column = tuple[str, str, Floats]


def _numbers(served: Sequence[Served], view: SearchView) -> list[_Column]:
    kind = view.setting.market.task_kinds.get(view.task.kind)
    benchmarks = kind.benchmarks if kind else ()
    listed = view.setting.list_cost_usd
    raw = {
        "log_params": ("size", [_log(s.model.params_b) for s in served]),
        "log_training_tokens": ("size", [_log(s.model.training_tokens_t) for s in served]),
        "log_cost": ("price", [_log(listed.get(s.single.id)) for s in served]),
        "log_context": ("context", [_log(s.endpoint.context_tokens) for s in served]),
        "published": ("published", [published_score(s.model, benchmarks) for s in served]),
    }
    return [found for name, (group, values) in raw.items() for found in _number(group, name, values)]


def _number(group: str, name: str, values: Sequence[float]) -> list[_Column]:
    """A column of numbers, and one of what is missing where only some are."""
    column = np.array(values, dtype=np.float64)
    found: list[_Column] = [(group, name, standardised(column))]
    if np.isnan(column).any() and not np.isnan(column).all():
        found.append((group, f"{name}_missing", np.isnan(column).astype(np.float64)))
    return found


def _ways(served: Sequence[Served], view: SearchView) -> list[_Column]:
    """How each is asked; nothing where every endpoint is asked in one way."""
    ways = [s.single.asked for s in served]
    if len(set(ways)) < 2:
        return []
    prompts = {prompt.id: prompt for prompt in view.task.prompts}
    shown = [_n_examples(prompts.get(s.single.prompt_id), view.task) for s in served]
    columns = _numbers_that_differ(
        {
            ("examples", "log_examples"): [float(np.log1p(n)) for n in shown],
            ("asking", "effort"): [EFFORT_LEVELS.get(s.single.params.reasoning_effort or "", np.nan) for s in served],
            ("asking", "temperature"): [_given(s.single.params.temperature) for s in served],
            ("asking", "is_calibrated"): [float(s.single.is_calibrated) for s in served],
        }
    )
    template = templates(view)
    names: dict[tuple[str, str], list[str]] = {
        ("model", "model"): [str(s.model.id) for s in served],
        ("prompt", "template"): [str(template.get(s.single.prompt_id, s.single.prompt_id)) for s in served],
        ("prompt", "prompt"): [str(s.single.prompt_id) for s in served],
    }
    for (group, name), values in names.items():
        hot = _one_hot(values, MAX_MODELS if group == "model" else MAX_CATEGORIES)
        columns += [(group, f"{name}={value}", column) for value, column in hot]
    return columns


def _numbers_that_differ(numbers: Mapping[tuple[str, str], Sequence[float]]) -> list[_Column]:
    columns: list[_Column] = []
    for (group, name), values in numbers.items():
        if len({repr(value) for value in values}) > 1:
            columns += [each for each in _number(group, name, values) if np.ptp(each[2]) > 0]
    return columns


def _n_examples(prompt: Prompt | None, task: TaskSpec) -> int:
    if prompt is None or "examples" not in prompt.user + prompt.system:
        return 0
    return len(task.examples if prompt.example_ids is None else prompt.example_ids)


def _given(value: float | None) -> float:
    return float("nan") if value is None else value


def _categories(served: Sequence[Served]) -> list[_Column]:
    sources: tuple[tuple[str, str, Callable[[Served], str]], ...] = (
        ("family", "family", lambda s: s.model.family),
        ("kind", "architecture", lambda s: s.model.architecture),
        ("kind", "quantization", lambda s: s.endpoint.quantization or "unknown"),
        ("provider", "provider", lambda s: s.endpoint.provider_id),
        ("provider", "pricing", lambda s: s.provider.pricing_class if s.provider else "unknown"),
    )
    columns: list[_Column] = []
    for group, name, of in sources:
        columns += [(group, f"{name}={value}", column) for value, column in _one_hot([of(s) for s in served])]
    return columns


def _one_hot(values: Sequence[str], n_most: int = MAX_CATEGORIES) -> list[tuple[str, Floats]]:
    """A column per category that sets candidates apart: none where all are alike, one for all the rare ones."""
    counts = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
    if len(counts) < 2:
        return []
    common = [value for value, _ in counts[:n_most]]
    columns = [(value, ONE_HOT * np.array([v == value for v in values], dtype=np.float64)) for value in common]
    if len(counts) > n_most:
        columns.append(("(rare)", ONE_HOT * np.array([v not in common for v in values], dtype=np.float64)))
    return columns


def standardised(column: Floats) -> Floats:
    """Mean 0, standard deviation 1, NaN as 0; zeros where all known values are equal or none is known."""
    known = column[~np.isnan(column)]
    if not len(known) or np.ptp(known) == 0:
        return np.zeros(len(column))
    return np.asarray(np.nan_to_num((column - known.mean()) / known.std()), dtype=np.float64)


def _log(value: float | None) -> float:
    """Natural logarithm; NaN for unknown and for zero (a free endpoint has no log price)."""
    return float(np.log(value)) if value else float("nan")
