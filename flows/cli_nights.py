"""Commands of unattended life: nightly, and the tasks that it looks after."""

from pathlib import Path
from typing import Annotated

import typer

from flows import completing
from flows.json_option import Json, tell

tasks_app = typer.Typer(help="Tasks that `nightly` looks after.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A registered task's name.", autocompletion=completing.tasks)]


def nightly(
    task: Annotated[
        list[str] | None,
        typer.Option(help="Only this registered task; may be given again.", autocompletion=completing.tasks),
    ] = None,
    day: Annotated[str, typer.Option(help="The night's day as YYYY-MM-DD; today in UTC by default.")] = "",
    budget_usd: Annotated[str, typer.Option(help="Hard limit of all tasks together, besides their own.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done first; nothing is called.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Wait neither for batches nor for cheaper hours: run it again later.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look after all registered tasks: test what is new, re-rank by price, watch for drift. Twice a day is once."""
    from flows.cli_nights_run import NightlyOptions, dry_run_lines, planned_nights, run_nightly

    given = NightlyOptions(names=tuple(task or ()), day=day, budget_usd=budget_usd, is_waiting=not no_wait)
    if dry_run:
        planned = planned_nights(given)
        tell(dry_run_lines(planned), {"is_dry_run": True, "nights": planned}, is_json=as_json)
        return
    done = run_nightly(given)
    tell(done.lines, {"is_dry_run": False, "nights": done.reports}, is_json=as_json)
    raise typer.Exit(done.exit_code)


@tasks_app.command("add")
def tasks_add(
    task: Annotated[Path, typer.Argument(help="Task spec (YAML).")],
    baseline: Annotated[
        str,
        typer.Option(help="What serves the task today: the id of an endpoint.", autocompletion=completing.endpoints),
    ],
    night_usd: Annotated[str, typer.Option(help="Hard limit of a night in USD.")],
    search_usd: Annotated[str | None, typer.Option(help="Of a night on which everybody is searched.")] = None,
    life_usd: Annotated[str | None, typer.Option(help="Of all nights together.")] = None,
    name: Annotated[str, typer.Option(help="By default the name of the task spec's file.")] = "",
    monthly_items: Annotated[int | None, typer.Option(help="Items that the task serves a month.", min=1)] = None,
    plan: Annotated[
        str,
        typer.Option(help="Of searches: cheap, balanced, thorough, or a YAML file.", autocompletion=completing.plans),
    ] = "balanced",
    baseline_outcomes: Annotated[Path | None, typer.Option(help="File with the baseline's known answers.")] = None,
    batch: Annotated[str, typer.Option(help="never, wide or always: what is bought in batches.")] = "wide",
    tag: Annotated[list[str] | None, typer.Option(help="For routing notifications; may be given again.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="name=number of the night's rules, as drift_items=20.")] = None,
    as_json: Json = False,
) -> None:
    """Register a task; its file may be edited afterwards."""
    from flows.cli_nights_run import registration_of
    from modelsearch.api.registered import register
    from modelsearch.settings import read_settings

    registered = registration_of(locals())
    path = register(registered, read_settings())
    told = f"registered: {path}; `modelsearch nightly --dry-run` says what its first night would do"
    tell([told], {"file": path, "task": registered}, is_json=as_json)


@tasks_app.command("list")
def tasks_list(as_json: Json = False) -> None:
    """List registered tasks, who is recommended for each, and what they have spent."""
    from flows.cli_nights_run import listed_lines, listed_tasks

    found = listed_tasks()
    tell(listed_lines(found), {"tasks": found}, is_json=as_json)


@tasks_app.command("show")
def tasks_show(
    name: Name,
    nights: Annotated[int, typer.Option(help="How many of the last nights.", min=0)] = 7,
    as_json: Json = False,
) -> None:
    """Show what a registered task has come to: everybody measured, who waits, the last nights."""
    from flows.cli_nights_run import shown_lines, shown_task

    found = shown_task(name, nights)
    data = {"task": found.task, "state": found.state, "nights": found.nights, "moves": found.moves}
    tell(shown_lines(found), data, is_json=as_json)


@tasks_app.command("remove")
def tasks_remove(name: Name, as_json: Json = False) -> None:
    """Look after a task no longer; what its nights have come to is kept."""
    from modelsearch.api.registered import unregister
    from modelsearch.settings import read_settings

    settings = read_settings()
    path = unregister(name, settings)
    history = settings.nights / name
    tell([f"removed: {path}; its history is kept in {history}"], {"file": path, "history": history}, is_json=as_json)
