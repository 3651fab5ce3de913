"""`modelsearch report`: the answer of a finished run again, its page made anew, its tables as CSV."""

from pathlib import Path
from typing import Annotated

import typer

from flows import cli_options as options
from flows.json_option import Json, tell


def report(
    run: options.RunId,
    csv: Annotated[
        Path | None,
        typer.Option(help="Folder to write candidates, drops, disagreements and spend into, as CSV."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="File to write the page to, made anew from the run.")] = None,
    as_json: Json = False,
) -> None:
    """Show the answer of a finished run again, and where its files are; --csv and --html write files."""
    from flows.cli_show import answer_data, finished
    from modelsearch.report.answer import answer_lines

    found = finished(run)
    written = [] if csv is None and html is None else _written(run, csv, html)
    lines = [f"wrote {path}" for path in written]
    data = answer_data(found.result, is_emulated=found.is_emulated)
    tell(
        lines or answer_lines(found.result, is_emulated=found.is_emulated),
        {**data, "written": written},
        is_json=as_json,
    )


def _written(run: str, csv: Path | None, page: Path | None) -> list[Path]:
    from modelsearch.api.report_files import finished_run, write_csv, write_page
    from modelsearch.settings import read_settings

    known = finished_run(read_settings(), run)
    pages = [] if page is None else [write_page(known, page)]
    return [*pages, *([] if csv is None else write_csv(known, csv))]
