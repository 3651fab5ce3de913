"""The command that writes the nightly site for any web server."""

from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell


def site(
    out: Annotated[
        Path | None, typer.Option(help="A folder of its own; by default the one that `modelsearch serve` serves.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the nightly site: pages of all registered tasks, the catalogue and the runs, for any web server.

    With --out the reports that its pages link to are copied too. Nights and syncs write it anew by themselves.
    """
    from modelsearch.api.site import write_site
    from modelsearch.settings import read_settings

    index = write_site(read_settings(), out)
    tell([f"written: {index}"], {"index": index, "pages": sorted(_pages(index.parent))}, is_json=as_json)


def _pages(folder: Path) -> list[str]:
    found = (*folder.glob("*.html"), *folder.glob("tasks/*.html"))
    return [path.relative_to(folder).as_posix() for path in found]
