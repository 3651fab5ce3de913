"""A task of Inspect's becomes a folder that searches start from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from modelsearch.api.run import in_own_loop
from modelsearch.core.errors import OptionError
from modelsearch.interop.imported_folder import Choices, Imported, write_imported
from modelsearch.interop.inspect_loading import load_inspect_task
from modelsearch.interop.inspect_task import imported_task


def import_inspect(
    task: str, arguments: Sequence[str], out: Path, choices: Choices, *, score: str = ""
) -> tuple[Imported, list[str]]:
    """Load, ask the solver what it sends, hold scorers against each other, and write; the files' names.

    Args:
        task: FILE.py@task or package.module@task.
        arguments: NAME=VALUE of the task, values as in JSON or as plain text.
        out: the folder to write.
        choices: what the user decides.
        score: which of several scorers counts.

    Raises:
        OptionError: no such task, an agent, or a folder that holds something.
    """
    loaded = load_inspect_task(reference_of(task, arguments))
    imported = in_own_loop(imported_task(loaded, choices, score=score))
    place = Path(task.rpartition("@")[0])
    return imported, write_imported(imported, out, [place] if place.is_file() else [])


def reference_of(task: str, arguments: Sequence[str]) -> str:
    """The task with its arguments, by which it is found again; a file's path is made absolute.

    Raises:
        OptionError: an argument is not NAME=VALUE.
    """
    where, sign, name = task.rpartition("@")
    whole = f"{Path(where).resolve()}@{name}" if sign and where.endswith(".py") else task
    given = dict(_argument(text) for text in arguments)
    return f"{whole}?{json.dumps(given, sort_keys=True)}" if given else whole


def _argument(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise OptionError(f"-T: expected NAME=VALUE, got {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
