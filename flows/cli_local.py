"""`modelsearch emulate`, `ui`: what is served on this machine until it is stopped. Imports late, as `cli` does."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows import cli_options as options
from flows.json_option import Json


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
    as_json: Json = False,
) -> None:
    """Serve a recorded table, or a synthetic market for a task, in three wire formats on loopback.

    `modelsearch search TASK --emulated --emulator-url URL` with the same seed then searches it.
    """
    from flows.cli_run import emulator_for, emulator_options, serve_emulator

    behave = emulator_options(options.faults_of(fault), latency_scale=latency_scale, log=log)
    app = emulator_for(task, recorded, behave, seed=seed)
    serve_emulator(app, port=port, out=catalogs_out, is_json=as_json)


def ui(
    port: Annotated[int, typer.Option(help="Where the Prefect UI is served.", min=1, max=65535)] = 4200,
    as_json: Json = False,
) -> None:
    """Open the Prefect server and its UI on this project's runs."""
    from flows.cli_run import run_ui

    run_ui(port, is_json=as_json)


COMMANDS: dict[str, Callable[..., None]] = {"emulate": emulate, "ui": ui}
"""By name, in the order of `--help`."""
