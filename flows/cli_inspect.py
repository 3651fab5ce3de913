"""`modelsearch import inspect-task`: a task of Inspect's as a task spec."""

from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell


def import_inspect_task(
    task: Annotated[str, typer.Argument(help="FILE.py@task, or package.module@task.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not be there yet.")],
    argument: Annotated[
        list[str] | None, typer.Option("-T", help="NAME=VALUE: an argument of the task; values as in JSON.")
    ] = None,
    score: Annotated[str, typer.Option(help="Which scorer counts, where the task has several.")] = "",
    task_id: Annotated[str, typer.Option("--id", help="The task's id here; else its own name.")] = "",
    kind: Annotated[str, typer.Option(help="Kind of the task; else guessed.")] = "",
    scorer: Annotated[str, typer.Option(help="Scorer of ours: a name, or `{name: contains, mode: any}`.")] = "",
    as_json: Json = False,
) -> None:
    """Make a task spec of a task of Inspect's: its samples, what its solver sends, its scorer.

    Runs the task's file, but no model. Agents are refused: evaluate them with Inspect and import the logs.
    """
    from flows.cli_import import kind_of, scorer_of
    from modelsearch.api.inspect_tasks import import_inspect
    from modelsearch.interop.imported_folder import TASK_FILE, Choices
    from modelsearch.interop.imported_lines import document_of, lines_of

    choices = Choices(task_id=task_id, kind=kind_of(kind), scorer=scorer_of(scorer))
    imported, files = import_inspect(task, argument or [], out, choices, score=score)
    hint = f"next: modelsearch preview {out / TASK_FILE} --baseline ENDPOINT --budget-usd 5"
    tell(lines=[*lines_of(imported, out), hint], data=document_of(imported, out, files), is_json=as_json)
