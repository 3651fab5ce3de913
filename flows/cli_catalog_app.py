"""`modelsearch catalog ...`. Imports late, as `cli` does."""

from typing import Annotated

import typer

from flows.cli_options import EndpointId
from flows.json_option import Json, tell

catalog_app = typer.Typer(help="Models, providers, endpoints and prices.", no_args_is_help=True)


@catalog_app.command("list")
def catalog_list(
    match: Annotated[str, typer.Option(help="Only ids that match this glob.")] = "*",
    limit: Annotated[int, typer.Option(help="At most this many lines.", min=1)] = 1000,
    as_json: Json = False,
) -> None:
    """List endpoints: id, list prices in USD per Mtok, context, tier."""
    from flows.cli_catalog import catalog_data, catalog_lines, listed_endpoints

    found = listed_endpoints(match)
    tell(catalog_lines(found, limit), catalog_data(found, limit), is_json=as_json)


@catalog_app.command("show")
def catalog_show(endpoint: EndpointId, as_json: Json = False) -> None:
    """Show everything that the catalogue knows of an endpoint."""
    from flows.cli_catalog import endpoint_data, endpoint_lines, shown_endpoint

    found = shown_endpoint(endpoint)
    tell(endpoint_lines(found), endpoint_data(found), is_json=as_json)


@catalog_app.command("sync")
def catalog_sync(
    emulator_url: Annotated[
        str | None, typer.Option(help="Read the catalogue pages of a running `modelsearch emulate` instead.")
    ] = None,
    take: Annotated[
        list[str] | None, typer.Option(help="A source whose lost rows and price jumps you have looked at; may repeat.")
    ] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Tell each row that was left out or put right.")] = False,
    as_json: Json = False,
) -> None:
    """Read all sources and put prices, new models and last days in force; what moves too much is held for a person."""
    from flows.cli_catalog_sync import sync_now

    done = sync_now(emulator_url, take or [], has_problems=problems)
    tell(done.lines, {"sync": done.report}, is_json=as_json)
    raise typer.Exit(done.exit_code)


@catalog_app.command("diff")
def catalog_diff(
    days: Annotated[int, typer.Option(help="Changes of so many days, today included.", min=1)] = 7,
    kind: Annotated[str, typer.Option(help="Only appeared, repriced, deprecated, gone or alias_moved.")] = "",
    match: Annotated[str, typer.Option(help="Only endpoint ids that match this glob.")] = "*",
    as_json: Json = False,
) -> None:
    """List what syncs have found to change."""
    from flows.cli_catalog_sync import changes_since, diff_lines

    since, changes = changes_since(days, kind, match)
    tell(diff_lines(since, changes), {"since": since, "changes": changes}, is_json=as_json)


@catalog_app.command("history")
def catalog_history(endpoint: EndpointId, as_json: Json = False) -> None:
    """Show all prices and changes that syncs have seen of an endpoint."""
    from flows.cli_catalog_sync import history_data, history_lines, history_of

    found = history_of(endpoint)
    tell(history_lines(found), history_data(found), is_json=as_json)


@catalog_app.command("release")
def catalog_release(
    accept: Annotated[bool, typer.Option("--accept", help="Put it in force.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Turn it down, whenever it comes again.")] = False,
    as_json: Json = False,
) -> None:
    """Show the sync that waits for a person because it moves too much; accept or reject it."""
    from flows.cli_catalog_sync import release_lines, released

    report, is_held = released(is_accepted=accept, is_rejected=reject)
    tell(release_lines(report, is_held=is_held), {"is_held": is_held, "sync": report}, is_json=as_json)
