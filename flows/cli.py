"""The `modelsearch` command. Imports late: `--help` needs neither Prefect nor pandas."""

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows import cli_federated, cli_feedback, cli_init, cli_nights, cli_schema, cli_serve, json_option
from flows import cli_options as options
from flows.cli_catalog_app import catalog_app
from modelsearch.core.errors import ModelsearchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelsearch.api.request import SearchRequest

app = typer.Typer(
    name="modelsearch",
    help="Find the cheapest LLM or ensemble that is as good as the one you use now, with the evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(catalog_app, name="catalog")
app.add_typer(cli_serve.alerts_app, name="alerts")
app.add_typer(cli_nights.tasks_app, name="tasks")
app.add_typer(cli_federated.export_app, name="export")
app.add_typer(cli_federated.import_app, name="import")
RunId = Annotated[str, typer.Argument(help="A run's id, or its beginning.")]
INTERRUPTED = 130
STOPPED = "everything paid is kept; `modelsearch runs` lists the run, `resume` goes on"


def main() -> None:
    """Run the command; errors made for people are one line, exit codes are those of docs/exit-codes.md."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        # read once, when numpy is imported: our matrices are small, and more threads only wait for each other
        os.environ.setdefault(name, "1")
    if not json_option.is_asked(sys.argv[1:]):
        sys.exit(_ended())
    with json_option.claimed_stdout():
        code = _ended()
    sys.exit(code)


def _ended() -> int:
    """Run the command and say how it ended; the exit code."""
    try:
        code = app(standalone_mode=False)
    except ModelsearchError as error:
        return _failed(json_option.failure_of(error))
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if getattr(error, "format_message", None) is None:
            _tell_bug(error)
            raise
        return _failed(_misused(error))
    if code == INTERRUPTED:  # typer itself turns Ctrl-C within a command into this code
        return _failed(json_option.Failure(code="interrupted", message=STOPPED, exit_code=INTERRUPTED), "stopped")
    return code if isinstance(code, int) else 0


def _failed(failure: "json_option.Failure", word: str = "error") -> int:
    """Say why, on stderr and as a document where that is asked for; the exit code."""
    sys.stderr.write(f"{word}: {_one_line(failure.message)}\n")
    if json_option.is_asked(sys.argv[1:]):
        json_option.tell_failure(failure)
    return failure.exit_code


def _misused(error: Any) -> "json_option.Failure":
    """A command, option or argument that typer refuses."""
    json_option.note_command(getattr(error, "ctx", None))
    code = getattr(error, "exit_code", 2)
    return json_option.Failure(
        code="usage", message=f"{error.format_message()}{_got(error)}; see --help", exit_code=code
    )


def _tell_bug(error: Exception) -> None:
    """A fault of ours: its traceback follows on stderr."""
    if json_option.is_asked(sys.argv[1:]):
        told = f"{type(error).__name__}: a fault of modelsearch, its traceback is on stderr"
        json_option.tell_failure(json_option.Failure(code="internal", message=told, exit_code=1))


def _search(request: "SearchRequest") -> None:
    """Search for the cheapest candidate that is as good as the baseline."""
    from flows.cli_run import run_search

    run_search(request)


def _preview(request: "SearchRequest") -> None:
    """Say before any spending what a search would cost, phase by phase, and show the prompt of one item."""
    from modelsearch.api.preview import preview_lines

    typer.echo("\n".join(preview_lines(request)))


def _with_search_options(run: "Callable[[SearchRequest], None]") -> "Callable[..., None]":
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
    ) -> None:
        run(_request(locals()))

    command.__doc__ = run.__doc__
    return command


app.command("search")(_with_search_options(_search))
app.command("preview")(_with_search_options(_preview))


@app.command()
def demo(
    budget_usd: options.BudgetUsd = "2",
    seed: options.Seed = 0,
) -> None:
    """Search an emulated market for the bundled task: no key, no real money, about half a minute."""
    from flows.cli_run import run_search
    from modelsearch.api.request import SearchRequest, budget_of
    from modelsearch.settings import read_settings

    task = read_settings().catalogs / "examples" / "classification.yaml"
    run_search(SearchRequest(baseline="", task=task, is_emulated=True, budget_usd=budget_of(budget_usd), seed=seed))


@app.command()
def resume(
    run: RunId,
    take_over: Annotated[bool, typer.Option("--take-over", help="Also where another machine has it open.")] = False,
) -> None:
    """Go on with a search that was stopped or killed; what was paid is not paid again."""
    from flows.cli_run import resume_search

    resume_search(run, is_taken_over=take_over)


@app.command()
def runs() -> None:
    """List all runs of this project."""
    from flows.cli_show import run_lines

    typer.echo("\n".join(run_lines()))


@app.command()
def report(run: RunId) -> None:
    """Show the answer of a finished run again, and where its files are."""
    from flows.cli_show import report_lines

    typer.echo("\n".join(report_lines(run)))


@app.command()
def explain(run: RunId, endpoint: Annotated[str, typer.Argument(help="A candidate's id.")]) -> None:
    """Say in which phase a candidate left, why, on what evidence, and what would bring it back."""
    from flows.cli_show import explain_text

    typer.echo(explain_text(run, endpoint))


@app.command()
def emulate(
    task: options.Task = None,
    recorded: options.Recorded = None,
    seed: options.Seed = 0,
    port: Annotated[int, typer.Option(help="0 = any free one.", min=0, max=65535)] = 4300,
    log: Annotated[Path | None, typer.Option(help="Append every request to this file (JSONL).")] = None,
    fault: options.Fault = None,
    latency_scale: Annotated[float, typer.Option(help="Share of each reply's own latency really waited.", min=0)] = 0,
    catalogs_out: Annotated[
        Path | None, typer.Option(help="Write catalogue files here that call the emulator as a real market.")
    ] = None,
) -> None:
    """Serve a recorded table, or a synthetic market for a task, in three wire formats on loopback.

    `modelsearch search TASK --emulated --emulator-url URL` with the same seed then searches it.
    """
    from flows.cli_run import emulator_options, run_emulator_for

    behave = emulator_options(options.faults_of(fault), latency_scale=latency_scale, log=log)
    run_emulator_for(task, recorded, behave, seed=seed, port=port, out=catalogs_out)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Where the Prefect UI is served.", min=1, max=65535)] = 4200) -> None:
    """Open the Prefect server and its UI on this project's runs."""
    from flows.cli_run import run_ui

    run_ui(port)


@app.command()
def compare(
    what: Annotated[
        list[str], typer.Argument(help="Folders of recorded tables; task specs with --tasks; or `report` and results.")
    ],
    tasks: Annotated[bool, typer.Option("--tasks", help="Compare on these task specs, with real calls.")] = False,
    emulated: options.Emulated = False,
    baseline: options.Baseline = "",
    budget_usd: Annotated[str | None, typer.Option(help="With --tasks: limits of a search in USD, by comma.")] = None,
    cases: Annotated[Path | None, typer.Option(help="CSV of table,baseline,margin,alpha; else three a table.")] = None,
    plans: Annotated[str, typer.Option(help="Plans by comma: names or YAML files.")] = "cheap,balanced,thorough",
    budget_share: Annotated[
        str, typer.Option(help="Shares of a table's whole cost, by comma.")
    ] = "0.01,0.02,0.05,0.1,0.2",
    seeds: Annotated[int, typer.Option(help="Searches of each case, plan and share: seeds from 0.", min=1)] = 10,
    baseline_imported: Annotated[
        bool, typer.Option("--baseline-imported", help="The baseline's outcomes are known at no cost.")
    ] = False,
    mean_costs_known: Annotated[
        bool, typer.Option("--mean-costs-known", help="Every model's true cost per item is given.")
    ] = False,
    past: options.Past = None,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    dask: Annotated[str, typer.Option(help="A Dask scheduler's address, or `local`, in place of processes.")] = "",
    out: Annotated[Path, typer.Option(help="Where the rows go (Parquet).")] = Path("results.parquet"),
    as_json: Annotated[bool, typer.Option("--json", help="With `report`: as JSON.")] = False,
) -> None:
    """Try search plans on recorded tables, scored by the truth; `compare report FILE` shows the results again."""
    from flows.cli_compare import CompareOptions, compare_own_tasks, compare_tables, show_comparison

    if what[0] == "report":
        show_comparison(Path(what[1] if len(what) > 1 else "results.parquet"), is_json=as_json)
        return
    given = CompareOptions(
        cases=cases, plans=plans, budget_share=budget_share, n_seeds=seeds, n_jobs=jobs, out=out,
        is_baseline_imported=baseline_imported, is_cost_known=mean_costs_known, baseline=baseline,
        budget_usd=budget_usd, is_emulated=emulated, past=tuple(past or ()), dask=dask,
    )  # fmt: skip
    (compare_own_tasks if tasks else compare_tables)([Path(path) for path in what], given)


app.command()(cli_init.init)
app.command()(cli_schema.schema)
app.command()(cli_nights.nightly)
app.command()(cli_feedback.feedback)
app.command("feedback-serve")(cli_feedback.feedback_serve)
app.command()(cli_serve.serve)
app.command()(cli_serve.server)


def _request(given: dict[str, Any]) -> "SearchRequest":
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


def _got(error: Exception) -> str:
    """What was typed for the option that the error is about, as far as it can be told."""
    names = getattr(getattr(error, "param", None), "opts", ())
    typed = [value for name, value in pairwise(sys.argv) if name in names]
    return f", got {typed[-1]!r}" if typed else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
