"""Where a search gets task, market and prices from: a task file, a recorded table, or a synthetic world."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from modelsearch.api.asked import check_items_are_json, check_names
from modelsearch.api.emulated import serve_table, serve_world
from modelsearch.api.market import market_in_force
from modelsearch.api.pool import baseline_of, candidates_of, check_baseline, list_costs_of, pool_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.scorer_models import check_judge, with_scorer_models, without_scorer_models
from modelsearch.catalog.load import load_market
from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome
from modelsearch.core.ports import ItemCosts
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.task import ScorerSpec, TaskSpec
from modelsearch.evaluate.imported import Import, imported_outcomes
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer, check_prompts
from modelsearch.evaluate.recorded import (
    RecordedCosts,
    expected_cost_usd,
    recorded_market,
    recorded_task,
)
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.task_check import check_spec
from modelsearch.settings import Settings
from modelsearch.store.recorded import read_parquet_items, read_recorded_table
from modelsearch.taskfile.load import KindDefaults, TaskLoading, load_task
from modelsearch.taskfile.overrides import TaskOverrides, overridden
from modelsearch.taskfile.read import read_rows


@dataclass(frozen=True, kw_only=True)
class Source:
    """Everything that is read before a search begins.

    Attributes:
        costs: upper bounds of calls.
        table: the recorded table, where there is one; `is_replayed` = sold in process, without HTTP.
        is_emulated: the endpoints are served by the emulator, and every number is labelled so.
    """

    task: TaskSpec
    market: Market
    prices: PriceBook
    costs: ItemCosts
    candidates: tuple[Single, ...]
    baseline: Single
    list_cost_usd: Mapping[CandidateId, float]
    renderer: PromptRenderer
    table: RecordedTable | None = None
    is_replayed: bool = False
    is_emulated: bool = False

    @property
    def origins(self) -> dict[ProviderId, str]:
        """The emulator is one place whatever its port, so that a resumed run knows its calls again."""
        return dict.fromkeys(self.market.providers, "emulator") if self.is_emulated else {}


def open_source(
    request: SearchRequest,
    settings: Settings,
    stack: ExitStack,
    *,
    task: TaskSpec | None = None,
    market: Market | None = None,
) -> Source:
    """Read task and market; an emulator that is started ends with `stack`.

    Args:
        request: what to search.
        settings: where the catalogues are.
        stack: closed when the search ends.
        task: the task itself, where the request has no file for it.
        market: in place of that of the catalogues.

    Raises:
        InputError: whatever of the input cannot be used.
    """
    if request.recorded is not None:
        return _from_table(request, request.recorded, stack)
    market = market or _market(request, settings)
    task = _given(task, request) if task is not None else read_task(request.task or Path(), market, request.overrides)
    check_items_are_json(task)
    if request.is_emulated:
        market, default_baseline = serve_world(task, market, request, stack=stack)
        request = replace(request, baseline=request.baseline or default_baseline)
    else:
        market = with_scorer_models(market, task)
    check_names(task.requirements, market)
    prices, candidates = PriceBook(market=market), without_scorer_models(candidates_of(task, market), market, task)
    baseline = baseline_of(request.baseline, candidates, task)
    source = Source(
        task=task,
        market=market,
        prices=prices,
        costs=prices,
        candidates=pool_of(candidates, baseline, request.candidates),
        baseline=baseline,
        list_cost_usd={},
        renderer=PromptRenderer(task),
        is_emulated=request.is_emulated,
    )
    check_judge(task, market, source.candidates, source.baseline)
    return with_market(source, market)


def _market(request: SearchRequest, settings: Settings) -> Market:
    """Today's market; of a made-up world the catalogue's files alone, so that the same seed gives the same search."""
    day = datetime.now(UTC).date()
    if request.is_emulated:
        return load_market(request.market or settings.catalogs, as_of=day)
    return market_in_force(settings, day, request.market)


def with_market(source: Source, market: Market) -> Source:
    """The source at the prices of a market with the same endpoints.

    Raises:
        BaselineError: the baseline has no price there.
    """
    prices = PriceBook(market=market)
    costs = list_costs_of(source.task, market, source.candidates, prices, source.renderer)
    check_baseline(source.baseline, costs)
    return replace(source, market=market, prices=prices, costs=prices, list_cost_usd=costs)


def _given(task: TaskSpec, request: SearchRequest) -> TaskSpec:
    check_spec(task)
    return overridden(task, request.overrides)


def read_baseline_outcomes(path: Path | None, source: Source) -> list[Outcome]:
    """The baseline's known outcomes, at no spend; none without a file.

    Raises:
        BaselineError: the file cannot be used.
    """
    if path is None:
        return []
    rows = read_rows(path, read_parquet_items, "--baseline-outcomes")
    given = Import(
        path=path,
        task=source.task,
        baseline_id=source.baseline.id,
        scorer=make_scorer(source.task),
        list_cost_usd=source.list_cost_usd[source.baseline.id],
    )
    return imported_outcomes(rows, given)


def read_task(path: Path, market: Market, overrides: TaskOverrides | None = None) -> TaskSpec:
    """The task of a file, with the catalogue's defaults for its kind, checked.

    Raises:
        TaskFileError: it cannot be used.
    """
    kinds = {
        kind.id: KindDefaults(scorer=ScorerSpec(name=kind.scorer), margin=kind.margin)
        for kind in market.task_kinds.values()
    }
    loading = TaskLoading(kinds=kinds, read_parquet=read_parquet_items, check=check_prompts)
    return load_task(path, overrides=overrides, loading=loading)


def _from_table(request: SearchRequest, folder: Path, stack: ExitStack) -> Source:
    table = read_recorded_table(folder)
    task = overridden(recorded_task(table), request.overrides)
    market, renderer = recorded_market(table), PromptRenderer(task)
    check_names(task.requirements, market)
    if request.is_emulated:
        market = serve_table(table, task, market, request, stack=stack)
    candidates = candidates_of(task, market)
    expected = {model.name: expected_cost_usd(model) for model in table.models}
    costs = {CandidateId(name): cost for name, cost in expected.items() if cost is not None}
    baseline = baseline_of(request.baseline, candidates, task)
    check_baseline(baseline, costs)
    return Source(
        task=task,
        market=market,
        prices=PriceBook(market=market),
        costs=RecordedCosts(table=table),
        candidates=candidates,
        baseline=baseline,
        list_cost_usd=costs,
        renderer=renderer,
        table=table,
        is_replayed=not request.is_emulated,
        is_emulated=request.is_emulated,
    )
