"""`modelsearch catalog ...`. Imports late, as `cli` does."""

from typing import Annotated

import typer

catalog_app = typer.Typer(help="Models, providers, endpoints and prices.", no_args_is_help=True)


@catalog_app.command("list")
def catalog_list(
    match: Annotated[str, typer.Option(help="Only ids that match this glob.")] = "*",
    limit: Annotated[int, typer.Option(help="At most this many lines.", min=1)] = 1000,
) -> None:
    """List endpoints: id, list prices in USD per Mtok, context, tier."""
    from flows.cli_catalog import catalog_lines

    typer.echo("\n".join(catalog_lines(match, limit)))


@catalog_app.command("show")
def catalog_show(endpoint: Annotated[str, typer.Argument(help="An endpoint's id.")]) -> None:
    """Show everything that the catalogue knows of an endpoint."""
    from flows.cli_catalog import endpoint_lines

    typer.echo("\n".join(endpoint_lines(endpoint)))


@catalog_app.command("sync")
def catalog_sync(
    emulator_url: Annotated[
        str | None, typer.Option(help="Read the catalogue pages of a running `modelsearch emulate` instead.")
    ] = None,
    take: Annotated[
        list[str] | None, typer.Option(help="A source whose lost rows and price jumps you have looked at; may repeat.")
    ] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Tell each row that was left out or put right.")] = False,
) -> None:
    """Read all sources and put prices, new models and last days in force; what moves too much is held for a person."""
    from flows.cli_catalog_sync import sync_now

    lines, code = sync_now(emulator_url, take or [], has_problems=problems)
    typer.echo("\n".join(lines))
    raise typer.Exit(code)


@catalog_app.command("diff")
def catalog_diff(
    days: Annotated[int, typer.Option(help="Changes of so many days, today included.", min=1)] = 7,
    kind: Annotated[str, typer.Option(help="Only appeared, repriced, deprecated, gone or alias_moved.")] = "",
    match: Annotated[str, typer.Option(help="Only endpoint ids that match this glob.")] = "*",
) -> None:
    """List what syncs have found to change."""
    from flows.cli_catalog_sync import diff_lines

    typer.echo("\n".join(diff_lines(days, kind, match)))


@catalog_app.command("history")
def catalog_history(endpoint: Annotated[str, typer.Argument(help="An endpoint's id.")]) -> None:
    """Show all prices and changes that syncs have seen of an endpoint."""
    from flows.cli_catalog_sync import history_lines

    typer.echo("\n".join(history_lines(endpoint)))


@catalog_app.command("release")
def catalog_release(
    accept: Annotated[bool, typer.Option("--accept", help="Put it in force.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Turn it down, whenever it comes again.")] = False,
) -> None:
    """Show the sync that waits for a person because it moves too much; accept or reject it."""
    from flows.cli_catalog_sync import release_lines

    typer.echo("\n".join(release_lines(is_accepted=accept, is_rejected=reject)))
