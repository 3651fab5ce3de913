"""`modelsearch search`, `preview`, `demo`, `resume`: commands that search, or would. Imports late, as `cli` does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows import cli_options as options
from flows.json_option import Json, tell

if TYPE_CHECKING:
    from modelsearch.api.request import SearchRequest


def _search(request: "SearchRequest", as_json: bool) -> None:
    """Search for the cheapest candidate that is as good as the baseline."""
    from flows.cli_run import run_search

    run_search(request, is_json=as_json)


def _preview(request: "SearchRequest", as_json: bool) -> None:
    """Say before any spending what a search would cost, phase by phase, and show the prompt of one item."""
    from modelsearch.api.preview import previewed

    found = previewed(request)
    tell(found.lines, found.data, is_json=as_json)


def _with_search_options(run: "Callable[[SearchRequest, bool], None]") -> "Callable[..., None]":
    """A command that takes every option of a search and hands on the request that they amount to."""

    def command(
        task: options.Task = None,
        baseline: options.Baseline = "",
        budget_usd: options.BudgetUsd = None,
        budget_share: options.BudgetShare = None,
        max_calls: options.MaxCalls = None,
        recorded: options.Recorded = None,
        plan: options.PlanName = "balanced",
        seed: options.Seed = 0,
        margin: options.Margin = None,
        alpha: options.Alpha = None,
        max_cost_usd_per_1k: options.MaxCost = None,
        max_latency_s: options.MaxLatency = None,
        min_quality: options.MinQuality = None,
        target_quality: options.TargetQuality = None,
        weights: options.Weights = None,
        min_context: options.MinContext = None,
        providers: options.Providers = None,
        pricing: options.Pricing = None,
        include: options.Include = None,
        exclude: options.Exclude = None,
        require: options.Require = None,
        strict_kind: options.StrictKind = False,
        baseline_outcomes: options.BaselineOutcomes = None,
        emulated: options.Emulated = False,
        emulator_url: options.EmulatorUrl = None,
        batch: options.Batch = "never",
        batch_deadline_h: options.BatchDeadline = 24.0,
        batch_min_calls: options.BatchMinCalls = 200,
        past: options.Past = None,
        no_past: options.NoPast = False,
        repeats: options.Repeats = None,
        allow_code_execution: options.AllowCode = False,
        as_json: Json = False,
    ) -> None:
        run(request_of(locals()), as_json)

    command.__doc__ = run.__doc__
    return command


def demo(budget_usd: options.BudgetUsd = "2", seed: options.Seed = 0, as_json: Json = False) -> None:
    """Search an emulated market for the bundled task: no key, no real money, about half a minute."""
    from flows.cli_run import run_search
    from modelsearch.api.request import SearchRequest, budget_of
    from modelsearch.settings import read_settings

    task = read_settings().catalogs / "examples" / "classification.yaml"
    request = SearchRequest(baseline="", task=task, is_emulated=True, budget_usd=budget_of(budget_usd), seed=seed)
    run_search(request, is_json=as_json)


def resume(
    run: options.RunId,
    take_over: Annotated[bool, typer.Option("--take-over", help="Also where another machine has it open.")] = False,
    as_json: Json = False,
) -> None:
    """Go on with a search that was stopped or killed; what was paid is not paid again."""
    from flows.cli_run import resume_search

    resume_search(run, is_taken_over=take_over, is_json=as_json)


def request_of(given: dict[str, Any]) -> "SearchRequest":
    """The request that the options of `search` and `preview` amount to."""
    from modelsearch.api.request import SearchRequest, budget_of
    from modelsearch.taskfile.overrides import TaskOverrides

    typed = options.TaskOptions(
        margin=given["margin"], alpha=given["alpha"], max_cost=given["max_cost_usd_per_1k"],
        max_latency_s=given["max_latency_s"], min_quality=given["min_quality"],
        target_quality=given["target_quality"], weights=given["weights"], min_context=given["min_context"],
        providers=given["providers"], pricing=given["pricing"], include=given["include"], exclude=given["exclude"],
        require=given["require"], is_kind_strict=given["strict_kind"], repeats=given["repeats"],
    )  # fmt: skip
    return SearchRequest(
        task=given["task"], recorded=given["recorded"], baseline=given["baseline"],
        budget_usd=budget_of(given["budget_usd"]), budget_share=given["budget_share"],
        max_calls=given["max_calls"], plan=given["plan"], seed=given["seed"], overrides=TaskOverrides(**typed.values()),
        baseline_outcomes=given["baseline_outcomes"],
        is_emulated=given["emulated"] or given["emulator_url"] is not None, emulator_url=given["emulator_url"],
        past=options.past_of(given["past"], is_refused=given["no_past"]), batch=given["batch"],
        batch_deadline_h=given["batch_deadline_h"], batch_min_calls=given["batch_min_calls"],
        is_code_allowed=bool(given["allow_code_execution"]),
    )  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {
    "search": _with_search_options(_search),
    "preview": _with_search_options(_preview),
    "demo": demo,
    "resume": resume,
}
"""By name, in the order of `--help`."""
