"""Commands that live long or look after what does: serve, server, alerts."""

from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell

Port = Annotated[int, typer.Option(help="Where it is served.", min=1, max=65535)]
alerts_app = typer.Typer(help="Who is told when something goes wrong.", no_args_is_help=True)
_Alerts = Annotated[Path | None, typer.Option("--file", help="A YAML file; else MODELSEARCH_ALERTS_* variables.")]


def serve(
    host: Annotated[str, typer.Option(help="Of the pages; beyond loopback they need a password.")] = "127.0.0.1",
    port: Port = 4280,
    prefect_port: Annotated[int, typer.Option(help="Of the Prefect server that is started.", min=1, max=65535)] = 4200,
    deployments: Annotated[Path | None, typer.Option(help="A prefect.yaml of your own.")] = None,
    limit: Annotated[int, typer.Option(help="Runs at once.", min=1)] = 4,
    as_json: Json = False,
) -> None:
    """Run nights, syncs and searches as they fall due, all in one process, with pages of reports and health.

    Starts a Prefect server too, unless PREFECT_API_URL names one.
    """
    from flows.serve import ServeOptions, run_serve
    from flows.stopping import end_within

    run_serve(
        ServeOptions(
            host=host, port=port, prefect_port=prefect_port, deployments=deployments, limit=limit, is_json=as_json
        )
    )
    end_within(0)


def server(
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Port = 4200,
    public_url: Annotated[str, typer.Option(help="Behind a proxy: as browsers reach it, with its path.")] = "",
    postgres_port: Annotated[int, typer.Option(help="Of the project's own PostgreSQL.", min=1, max=65535)] = 5442,
    retention_days: Annotated[int, typer.Option(help="How long ended runs are kept.", min=1)] = 90,
    as_json: Json = False,
) -> None:
    """Start a Prefect server to be left alone: PostgreSQL, a password, CSRF protection, retention.

    The database is PREFECT_API_DATABASE_CONNECTION_URL, or a PostgreSQL of the project's own.
    """
    from flows.server import ServerOptions, run_server

    run_server(
        ServerOptions(
            host=host,
            port=port,
            public_url=public_url,
            postgres_port=postgres_port,
            retention_days=retention_days,
            is_json=as_json,
        )
    )


@alerts_app.command("apply")
def alerts_apply(file: _Alerts = None, as_json: Json = False) -> None:
    """Make the server's alerts those of the configuration; may be run at any time."""
    from flows.alerts_run import applied_alerts, applied_lines

    applied, asked = applied_alerts(file)
    told = [{"name": target.name, "kind": target.kind} for target in asked.targets]
    tell(applied_lines(applied, asked), {"alerts": applied, "told": told}, is_json=as_json)


@alerts_app.command("list")
def alerts_list(as_json: Json = False) -> None:
    """List the alerts that the server has."""
    from flows.alerts_run import listed_alerts, listed_lines

    found = listed_alerts()
    tell(listed_lines(found), {"alerts": found}, is_json=as_json)


@alerts_app.command("test")
def alerts_test(as_json: Json = False) -> None:
    """Tell of an alarm that means nothing, to see whether alarms arrive."""
    from flows.alerts_run import send_test

    send_test()
    tell(["told of a test alarm: it should arrive within seconds"], {"is_sent": True}, is_json=as_json)
