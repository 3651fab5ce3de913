"""`modelsearch init`: a first task spec out of a file of labelled rows, by asking or by options."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import cli_options as options
from flows.json_option import Json, tell

if TYPE_CHECKING:
    from flows.init_asking import InitOptions


def init(
    rows: Annotated[
        Path | None,
        typer.Argument(help="Labelled rows: CSV (any separator), JSON, JSONL, Parquet.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the task spec and its items.")] = Path("my-task"),
    inputs: Annotated[str, typer.Option("--input", help="Column of the input; several by comma.")] = "",
    target: Annotated[str, typer.Option(help="Column of the right answer.")] = "",
    item_id: Annotated[str, typer.Option("--id", help="Column of ids; - for none.")] = "",
    cluster: Annotated[str, typer.Option(help="Column of what belongs together, as a customer; - for none.")] = "",
    answers: Annotated[str, typer.Option(help="Column of what today's model answered; - for none.")] = "",
    kind: Annotated[str, typer.Option(help="classification, extraction, reasoning, coding, ...")] = "",
    scorer: Annotated[str, typer.Option(help="Name of a scorer (docs/scorers.md).")] = "",
    labels: Annotated[str, typer.Option(help="Of a classification, by comma; rows of others are left out.")] = "",
    prompt_file: Annotated[
        Path | None, typer.Option(help="What models are told; {{ input }} is an item's text.")
    ] = None,
    margin: Annotated[float | None, typer.Option(help="Largest loss of quality accepted, in score units.")] = None,
    name: Annotated[str, typer.Option(help="Id of the task; the file's name unless given.")] = "",
    baseline: options.Baseline = "",
    monthly_items: Annotated[int | None, typer.Option(help="Items a month, for what is spent today.", min=1)] = None,
    keep_copies: Annotated[bool, typer.Option("--keep-copies", help="Leave rows in that are there twice.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take what is proposed.")] = False,
    as_json: Json = False,
) -> None:
    """Write a first task spec out of labelled rows, by asking; with --yes, by what they look like and your options."""
    from flows.init_asking import InitOptions

    given = InitOptions(
        rows=rows, out=out, inputs=_listed(inputs), target=target, id=item_id, cluster=cluster, answers=answers,
        kind=kind, scorer=scorer, labels=_listed(labels), prompt_file=prompt_file, margin=margin, name=name,
        baseline=baseline, monthly_items=monthly_items, is_every_copy_kept=keep_copies, is_replacing=force,
        is_asked=not (yes or as_json),
    )  # fmt: skip
    _init(given, as_json=as_json)


def _init(given: "InitOptions", *, as_json: bool) -> None:
    from flows.init_asking import asked, told_table
    from flows.init_telling import as_data, next_lines, written_lines

    opened = told_table(given)
    done = asked(given, opened)
    tell([*written_lines(done), "", *next_lines(done)], as_data(done), is_json=as_json)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
