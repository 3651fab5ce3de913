"""`modelsearch runs`, `report`, `explain`: commands that only read runs. Imports late, as `cli` does."""

from collections.abc import Callable
from typing import Annotated

import typer

from flows import cli_options as options
from flows.cli_report import report
from flows.completing import candidates
from flows.json_option import Json, tell


def runs(as_json: Json = False) -> None:
    """List all runs of this project."""
    from flows.cli_show import listed_runs, run_lines

    found = listed_runs()
    tell(run_lines(found), {"runs": found.runs, "storage_error": found.storage_error}, is_json=as_json)


def explain(
    run: options.RunId,
    endpoint: Annotated[str, typer.Argument(help="A candidate's id.", autocompletion=candidates)],
    as_json: Json = False,
) -> None:
    """Say in which phase a candidate left, why, on what evidence, and what would bring it back."""
    from flows.cli_show import explained, finished

    text, data = explained(finished(run).result, endpoint)
    tell([text], data, is_json=as_json)


COMMANDS: dict[str, Callable[..., None]] = {"runs": runs, "report": report, "explain": explain}
"""By name, in the order of `--help`."""
