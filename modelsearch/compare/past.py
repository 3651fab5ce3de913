"""What the other tables of a comparison let expect on one of them: a table never tells of itself."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from modelsearch.core.ids import CandidateId
from modelsearch.core.past import PastTask
from modelsearch.core.recorded import RecordedTable
from modelsearch.decide.past_quality import NewTask, past_quality
from modelsearch.store.past_tasks import known_model, read_pasts, traits_of_table


def table_past_quality(table: RecordedTable, folders: Sequence[Path]) -> Mapping[CandidateId, float]:
    """Expected quality of each of a table's models from the past in `folders`, those of the table itself left out.

    Raises:
        InputError: a folder holds neither a recorded table nor a finished run.
    """
    others = [task for folder in folders for task in pasts_of(folder) if task.id != table.name]
    models = {CandidateId(model.name): known_model(model) for model in table.models}
    return past_quality(others, NewTask(traits=traits_of_table(table), models=models))


def past_of(folder: Path) -> PastTask:
    """What the folder of one task knows."""
    (task,) = pasts_of(folder)
    return task


@lru_cache(maxsize=1024)
def pasts_of(folder: Path) -> tuple[PastTask, ...]:
    """What a folder or a source knows, read once in a process: some hundred rows, whatever the table's size."""
    return tuple(read_pasts(folder))
