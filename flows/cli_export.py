"""`modelsearch export recommendation`: what a team pastes into production."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell


class ExportFormat(StrEnum):
    """What it is written as."""

    LITELLM = "litellm"
    OPENROUTER = "openrouter"
    ENV = "env"
    PYTHON = "python"
    JSON = "json"


def export_recommendation(
    run: Annotated[str, typer.Argument(help="A finished run's id, or its beginning.")] = "",
    task: Annotated[str, typer.Option(help="A registered task, for what serves it by its last night.")] = "",
    as_format: Annotated[ExportFormat, typer.Option("--format", help="What it is written as.")] = ExportFormat.LITELLM,
    out: Annotated[Path | None, typer.Option(help="File to write; else it is printed.")] = None,
    as_json: Json = False,
) -> None:
    """Write a recommendation as settings for production: LiteLLM, OpenRouter, .env, Python or JSON.

    Keys are named by their variables and never written. Where nothing is recommended, it is the baseline, and says so.
    """
    from modelsearch.api.exporting import exported, write_export
    from modelsearch.settings import read_settings

    found = exported(read_settings(), run=run, task=task, kind=as_format.value)
    if out is not None:
        write_export(found, out)
    lines = [found.text.rstrip("\n")] if out is None else [found.sentence, f"written to {out}"]
    data = {
        "format": as_format.value,
        "sentence": found.sentence,
        "certainty": found.certainty,
        "is_recommended": found.is_recommended,
        "text": found.text,
        "path": out,
    }
    tell(lines, data, is_json=as_json)
