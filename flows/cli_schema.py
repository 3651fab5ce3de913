"""`modelsearch schema`: the JSON schemas of files that people write, for their editors."""

from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell

ALL = "all"


def schema(
    what: Annotated[str, typer.Argument(help="task, registration, plan, provider, models, ...; none lists them.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="File to write; with `all`, a folder of files.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the JSON schema of a kind of file, for editors; in YAML it is named in the first line."""
    from modelsearch.api.first_task import open_market
    from modelsearch.api.schemas import SUFFIX, schema_named, schemas
    from modelsearch.core.errors import OptionError
    from modelsearch.settings import read_settings

    settings = read_settings()
    market = open_market(settings)
    if not what:
        names = list(schemas(market, settings.catalogs))
        tell([*names, "", _HOW], {"schemas": names}, is_json=as_json)
        return
    if what != ALL:
        text = schema_named(what, market, settings.catalogs)
        _one(what, text, out, as_json=as_json)
        return
    if out is None:
        message = "schema all: expected --out FOLDER, got none"
        raise OptionError(message)
    paths = {out / f"{name}{SUFFIX}": text for name, text in schemas(market, settings.catalogs).items()}
    _write(paths)
    tell([f"wrote {path}" for path in paths], {"files": list(paths)}, is_json=as_json)


_HOW = (
    "`modelsearch schema task --out task.schema.json` writes one; an editor with a YAML language server reads it where "
    "the first line of the YAML is: # yaml-language-server: $schema=task.schema.json"
)


def _one(what: str, text: str, out: Path | None, *, as_json: bool) -> None:
    import json

    if out is None:
        tell([text.rstrip("\n")], {"schema": json.loads(text)}, is_json=as_json)
        return
    _write({out: text})
    tell(
        [f"wrote {out}; the first line of the YAML names it: # yaml-language-server: $schema={out.name}"],
        {"what": what, "files": [out]},
        is_json=as_json,
    )


def _write(texts: dict[Path, str]) -> None:
    from modelsearch.store.disk import writing
    from modelsearch.store.layout import write_whole

    for path, text in texts.items():
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
