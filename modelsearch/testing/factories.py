"""Small made-up values of every core type, so that a test of a strategy is three lines.

Models, endpoints and candidates of the synthetic market are called m00, m01, ... after their row; items i0000, i0001,
... after their column in the shared order. Row 0 is the dearest and the baseline unless told otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack, cast

import numpy as np
import numpy.typing as npt

from modelsearch.core.budget import Budget
from modelsearch.core.candidate import Candidate, Single
from modelsearch.core.ids import CandidateId, EndpointId, ItemId, ModelId, PromptId, ProviderId, TaskId
from modelsearch.core.market import Endpoint, Market, Model, Provider, Rate
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Floats, Move, OutcomeMatrix, SearchView, Setting
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec

AS_OF = date(2026, 9, 1)
DEFAULT_COST_USD = 0.01
PRICE_STEP = 0.8
_USD_PER_MTOK_OF_ITEM_USD = 1e6 / 180  # an item of 100 input and 20 output tokens, output at 4 times the input price


def make_model(model_id: str = "m00", **changes: Any) -> Model:
    """A dense 8 B text model of family f0; `changes` override any field."""
    plain = Model(id=ModelId(model_id), family="f0", architecture="dense", params_b=8.0, is_open_weights=True)
    return replace(plain, **changes)


def make_rates(input_usd: float | None = 1.0, output_usd: float | None = 4.0) -> tuple[Rate, ...]:
    """Standard rates in USD per Mtok; None = unknown."""
    return (
        Rate(kind="input", usd=None if input_usd is None else Decimal(repr(input_usd))),
        Rate(kind="output", usd=None if output_usd is None else Decimal(repr(output_usd))),
    )


def make_endpoint(endpoint_id: str = "m00", **changes: Any) -> Endpoint:
    """An endpoint of the model of the same id at provider p0 with a context of 32,768 tokens."""
    plain = Endpoint(
        id=EndpointId(endpoint_id),
        model_id=ModelId(endpoint_id),
        provider_id=ProviderId("p0"),
        wire_name=endpoint_id,
        rates=make_rates(),
        context_tokens=32_768,
        max_output_tokens=8_192,
    )
    return replace(plain, **changes)


def make_provider(provider_id: str = "p0", **changes: Any) -> Provider:
    """A budget provider on loopback that needs no key."""
    plain = Provider(
        id=ProviderId(provider_id),
        name=provider_id,
        dialect="openai_chat",
        base_url="http://127.0.0.1:9/v1",
        key_env=None,
        pricing_class="budget",
    )
    return replace(plain, **changes)


def make_ids(n_candidates: int) -> tuple[CandidateId, ...]:
    """m00, m01, ... (more digits from 100 on)."""
    width = max(2, len(str(n_candidates - 1)))
    return tuple(CandidateId(f"m{row:0{width}d}") for row in range(n_candidates))


def make_list_costs(n_candidates: int) -> Floats:
    """(n_candidates,) USD per item, each 0.8 times the one before."""
    return np.asarray(DEFAULT_COST_USD * PRICE_STEP ** np.arange(n_candidates), dtype=np.float64)


def make_market(n_models: int = 4, *, list_cost_usd: Sequence[float] | Floats | None = None, **changes: Any) -> Market:
    """One model and endpoint per row, priced so that a small item costs `list_cost_usd` (NaN = price unknown).

    Dearer models are larger; families alternate between f0, f1 and f2; provider p0 serves all.
    """
    costs = make_list_costs(n_models) if list_cost_usd is None else np.asarray(list_cost_usd, dtype=np.float64)
    models, endpoints = {}, {}
    for row, name in enumerate(make_ids(n_models)):
        price = None if np.isnan(costs[row]) else float(costs[row]) * _USD_PER_MTOK_OF_ITEM_USD
        size_b = 8.0 if price is None else max(0.1, round(price, 3))
        models[ModelId(name)] = make_model(name, family=f"f{row % 3}", params_b=size_b)
        rates = make_rates(price, None if price is None else 4 * price)
        endpoints[EndpointId(name)] = make_endpoint(name, rates=rates)
    plain = Market(as_of=AS_OF, models=models, providers={ProviderId("p0"): make_provider()}, endpoints=endpoints)
    return replace(plain, **changes)


def make_items(n_items: int) -> tuple[Item, ...]:
    """Items i0000, i0001, ... whose targets alternate between "yes" and "no"."""
    return tuple(
        Item(id=ItemId(f"i{column:04d}"), input=f"question {column}", target="no" if column % 2 else "yes")
        for column in range(n_items)
    )


def make_task(n_items: int = 20, **changes: Any) -> TaskSpec:
    """A yes/no classification with exact scorer, margin 0.02 and alpha 0.05."""
    plain = TaskSpec(
        id=TaskId("task"),
        kind="classification",
        items=make_items(n_items),
        prompts=(Prompt(id=PromptId("default"), user="{{ input }}"),),
        scorer=ScorerSpec(name="exact"),
        labels=("yes", "no"),
    )
    return replace(plain, **changes)


class SettingParts(TypedDict, total=False):
    """What a setting can be given; `composites` come after the singles, `baseline` is a row.

    `list_cost_usd` is (n_singles,) USD per item, NaN = unknown; `budget_usd` is the budget of the whole search.
    """

    baseline: int
    margin: float
    list_cost_usd: Sequence[float] | Floats
    composites: Sequence[Candidate]
    budget_usd: float
    seed: int
    task: TaskSpec
    market: Market


def make_setting(n_candidates: int = 4, n_items: int = 20, **parts: Unpack[SettingParts]) -> Setting:
    """A setting over the synthetic market.

    Args:
        n_candidates: singles m00, m01, ...; composites of `parts` come on top.
        n_items: of the synthetic task; a task of `parts` brings its own.
        **parts: see `SettingParts`.
    """
    costs = np.asarray(parts.get("list_cost_usd", make_list_costs(n_candidates)), dtype=np.float64)
    ids = make_ids(n_candidates)
    task = parts.get("task") or make_task(n_items)
    singles: tuple[Candidate, ...] = tuple(Single(endpoint_id=EndpointId(name)) for name in ids)
    return Setting(
        task=replace(task, margin=parts["margin"]) if "margin" in parts else task,
        market=parts.get("market") or make_market(n_candidates, list_cost_usd=costs),
        item_ids=tuple(item.id for item in task.items),
        candidates=singles,
        baseline_id=ids[parts.get("baseline", 0)],
        budget=Budget(spend_usd=Decimal(repr(parts.get("budget_usd", 1000.0)))),
        list_cost_usd={name: float(cost) for name, cost in zip(ids, costs, strict=True) if not np.isnan(cost)},
        seed=parts.get("seed", 0),
    )


class ViewParts(SettingParts, total=False):
    """What a view can be given beyond its setting.

    `cost_usd`: USD per item, a number, (n_rows,) or (n_rows, n_items); by default the list costs. `latency_s`: alike,
    by default 1. `confidence`: alike, by default NaN, none. `answers`: (n_rows, n_items) text or None. `statuses`:
    (n_rows, n_items) `Status` or None, by default ok where there is a score. `pool`: rows, by default all. `setting`
    replaces all parts of a setting.
    """

    cost_usd: npt.ArrayLike
    latency_s: npt.ArrayLike
    confidence: npt.ArrayLike
    answers: Sequence[Sequence[str | None]] | npt.NDArray[np.object_]
    statuses: Sequence[Sequence[Status | None]]
    pool: Sequence[int]
    priors: Mapping[str, float]
    phase: str
    round: int
    spend_left_usd: float
    made_at: Mapping[str, int]
    moves: Sequence[Move]
    setting: Setting


def make_view(score: npt.ArrayLike, **parts: Unpack[ViewParts]) -> SearchView:
    """A view of what was bought.

    Args:
        score: (n_rows, n_items) in [0, 1], NaN = not bought (or failed, where `statuses` says so).
        **parts: see `SettingParts` and `ViewParts`.
    """
    scores = np.array(score, dtype=np.float32, ndmin=2)
    composites = tuple(parts.get("composites", ()))
    setting = parts.get("setting") or make_setting(len(scores) - len(composites), scores.shape[1], **_setting(parts))
    candidates = (*setting.candidates, *composites)
    rows = parts.get("pool", range(len(candidates)))
    return SearchView(
        setting=setting,
        candidates=candidates,
        pool=tuple(sorted(candidates[row].id for row in rows)),
        outcomes=_outcomes(scores, setting, parts),
        phase=parts.get("phase", "test"),
        priors={CandidateId(name): merit for name, merit in parts.get("priors", {}).items()},
        spend_left_usd=Decimal(repr(parts.get("spend_left_usd", 100.0))),
        round=parts.get("round", 0),
        made_at={CandidateId(name): position for name, position in parts.get("made_at", {}).items()},
        moves=tuple(parts.get("moves", ())),
    )


def _setting(parts: ViewParts) -> SettingParts:
    """The parts of the setting alone; list costs follow the served costs where only those are given."""
    wanted = cast("SettingParts", {name: part for name, part in parts.items() if name in SettingParts.__annotations__})
    costs = np.asarray(parts.get("cost_usd", np.nan), dtype=np.float64)
    if "list_cost_usd" not in parts and costs.ndim > 0:
        per_row = costs if costs.ndim == 1 else costs.mean(axis=1)
        wanted["list_cost_usd"] = per_row[: len(per_row) - len(parts.get("composites", ()))]
    return wanted


def _outcomes(scores: npt.NDArray[np.float32], setting: Setting, parts: ViewParts) -> OutcomeMatrix:
    """The read-only matrix."""
    status = _statuses(scores, parts)
    is_bought = status > 0
    latency_s = np.where(is_bought, _spread(parts.get("latency_s", 1.0), scores.shape), np.nan)
    codes, answers = _answers(scores.shape, parts)
    matrix = OutcomeMatrix(
        score=scores,
        status=status,
        cost_usd=np.where(is_bought, _costs(scores.shape, setting, parts), np.nan),
        latency_s=latency_s.astype(np.float32),
        answer=codes,
        answers=answers,
        confidence=np.where(is_bought, _spread(parts.get("confidence", np.nan), scores.shape), np.nan).astype(
            np.float32
        ),
    )
    for array in (matrix.score, matrix.status, matrix.cost_usd, matrix.latency_s, matrix.answer, matrix.confidence):
        array.flags.writeable = False
    return matrix


def _statuses(scores: npt.NDArray[np.float32], parts: ViewParts) -> npt.NDArray[np.uint8]:
    if "statuses" not in parts:
        return np.where(np.isnan(scores), 0, STATUS_CODES[Status.OK]).astype(np.uint8)
    return np.array(
        [[0 if s is None else STATUS_CODES[s] for s in row] for row in parts["statuses"]], dtype=np.uint8
    ).reshape(scores.shape)


def _costs(shape: tuple[int, ...], setting: Setting, parts: ViewParts) -> Floats:
    if "cost_usd" in parts:
        return _spread(parts["cost_usd"], shape)
    known = [setting.list_cost_usd.get(candidate.id, np.nan) for candidate in setting.candidates]
    return _spread(known + [DEFAULT_COST_USD] * (shape[0] - len(known)), shape)


def _spread(value: npt.ArrayLike, shape: tuple[int, ...]) -> Floats:
    """A number, a value per row, or a full matrix, as a full matrix."""
    array = np.asarray(value, dtype=np.float64)
    return np.array(np.broadcast_to(array[:, None] if array.ndim == 1 else array, shape))


def _answers(shape: tuple[int, ...], parts: ViewParts) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    if "answers" not in parts:
        return np.full(shape, -1, dtype=np.int32), ()
    rows = [list(row) for row in parts["answers"]]
    texts = tuple(sorted({text for row in rows for text in row if text is not None}))
    code = {text: number for number, text in enumerate(texts)}
    return np.array([[-1 if t is None else code[t] for t in row] for row in rows], dtype=np.int32), texts
