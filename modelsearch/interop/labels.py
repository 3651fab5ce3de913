"""Items to be labelled by people: a CSV out, the same CSV with targets in."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from modelsearch.core.errors import LogFileError
from modelsearch.interop.fields import shown
from modelsearch.interop.logged import Evaluation, LoggedItem
from modelsearch.interop.reading import rows_of

LABEL_FILE = "items_to_label.csv"
COLUMNS = ("id", "input", "answer", "target")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
MAX_SHOWN_CHARS = 30_000
"""A spreadsheet's cell holds no more than 32,767."""


def label_csv(items: Sequence[LoggedItem], answers: Mapping[str, str]) -> str:
    """The items without a target: what was asked, what the baseline said, an empty column for the target."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in items:
        asked = item.turns[-1].text if item.turns else str(next(iter(item.fields.values()), ""))
        writer.writerow([safe_cell(cell) for cell in (item.id, asked, answers.get(item.id, ""), "")])
    return text.getvalue()


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    short = text[:MAX_SHOWN_CHARS]
    return f"'{short}" if short.startswith(_FORMULA) else short


def labelled(evaluation: Evaluation, path: Path) -> Evaluation:
    """The evaluation with the targets of a file of labels; a row without a target leaves its item as it is.

    Raises:
        LogFileError: an unknown item, one twice, or no target at all.
    """
    known = {item.id for item in evaluation.items}
    targets: dict[str, str] = {}
    for row in rows_of(path):
        item_id, target = _unquoted(row.needed_text("id")), row.text("target")
        if item_id not in known:
            raise LogFileError(
                f"{row.where}: item {shown(item_id)} is not among the {len(known)} imported: use the same files, "
                "--sample and --seed as when the file of labels was written"
            )
        if item_id in targets:
            raise LogFileError(f"{row.where}: item {shown(item_id)} is there twice: keep one")
        if target:
            targets[item_id] = _unquoted(target)
    if not targets:
        raise LogFileError(f"{path}: no row has a target: fill in the column `target`")
    items = tuple(replace(item, target=targets.get(item.id, item.target)) for item in evaluation.items)
    return replace(evaluation, items=items)


def _unquoted(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
