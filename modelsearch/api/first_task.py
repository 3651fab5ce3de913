"""A first task spec out of a file of labelled rows: proposed, tried as `search` would read it, and written.

What is guessed is guessed in `taskfile.propose`; here it meets the catalogue, the scorers and the disk.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from modelsearch.api.market import market_in_force
from modelsearch.api.schemas import task_schema_text
from modelsearch.api.source import read_task
from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.market import Market
from modelsearch.core.task import ScorerSpec, TaskSpec
from modelsearch.settings import Settings
from modelsearch.store.disk import writing
from modelsearch.store.layout import write_whole
from modelsearch.store.recorded import read_parquet_items
from modelsearch.taskfile.load import KindDefaults
from modelsearch.taskfile.propose import Chosen, Proposal, propose
from modelsearch.taskfile.propose_rows import answers_text, items_text
from modelsearch.taskfile.propose_table import Table, read_table
from modelsearch.taskfile.propose_yaml import ANSWERS_FILE, ITEMS_FILE, SCHEMA_FILE, TASK_FILE, task_text

_FALLBACK = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTask:
    """A task spec that `search` can read, before it is written.

    Attributes:
        task: as `search` would see it.
        files: text by name, for one folder.
    """

    proposal: Proposal
    task: TaskSpec
    files: Mapping[str, str]


def open_market(settings: Settings) -> Market:
    """Today's market, with what syncs have found."""
    return market_in_force(settings, datetime.now(UTC).date())


def open_table(path: Path) -> Table:
    """The rows of a file, whatever its form.

    Raises:
        TaskFileError: it is no table of rows.
    """
    return read_table(path, read_parquet_items)


def first_task(table: Table, market: Market, chosen: Chosen | None = None) -> FirstTask:
    """A task spec for these rows, read and checked as `search` does it.

    Args:
        table: labelled rows.
        market: whose task kinds are known.
        chosen: what a person has said; the rest is guessed.

    Raises:
        InputError: what was chosen does not go with the rows.
    """
    chosen = chosen or Chosen()
    proposal = propose(table, _kinds(market), chosen)
    try:
        return _tried(proposal, market)
    except TaskFileError:
        if chosen.scorer or chosen.prompt is not None or proposal.kind.scorer == _FALLBACK:
            raise
    # what was guessed from most targets does not hold for all
    return _tried(propose(table, _kinds(market), replace(chosen, scorer=_FALLBACK)), market)


def first_files(proposal: Proposal, market: Market) -> dict[str, str]:
    """Text of each file, by name."""
    answers = answers_text(proposal.items)
    return {
        TASK_FILE: task_text(proposal),
        ITEMS_FILE: items_text(proposal.items),
        SCHEMA_FILE: task_schema_text(market),
    } | ({ANSWERS_FILE: answers} if answers else {})


def in_the_way(first: FirstTask, folder: Path) -> tuple[Path, ...]:
    """Files that writing would replace by others."""
    paths = ((folder / name, text) for name, text in first.files.items())
    return tuple(path for path, text in paths if path.exists() and not _is_same(path, text))


def write_first_task(first: FirstTask, folder: Path, *, is_replacing: bool = False) -> tuple[Path, ...]:
    """Write the files; the task spec last, so that what it names is there.

    Raises:
        OptionError: other files are in the way, and `is_replacing` was not said.
        FileWriteError: the disk does not take them.
    """
    others = in_the_way(first, folder)
    if others and not is_replacing:
        message = (
            f"init: {', '.join(str(path) for path in others)} {'is' if len(others) == 1 else 'are'} there already: "
            "give another --out, or --force to replace what is there"
        )
        raise OptionError(message)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(first.files, key=lambda name: name == TASK_FILE):
            write_whole(folder / name, first.files[name].encode())
    return tuple(folder / name for name in first.files)


def _tried(proposal: Proposal, market: Market) -> FirstTask:
    files = first_files(proposal, market)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_bytes(text.encode())
        try:
            task = read_task(folder / TASK_FILE, market)
        except TaskFileError as error:
            raise TaskFileError(str(error).replace(f"{folder}/", "")) from error
    return FirstTask(proposal=proposal, task=task, files=files)


def _kinds(market: Market) -> dict[str, KindDefaults]:
    return {
        kind.id: KindDefaults(scorer=ScorerSpec(name=kind.scorer), margin=kind.margin)
        for kind in market.task_kinds.values()
    }


def _is_same(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
