"""What the other tables of a comparison let expect on one of them: a table never tells of itself."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from modelsearch.core.ids import CandidateId
from modelsearch.core.past import PastTask
from modelsearch.core.recorded import RecordedTable
from modelsearch.decide.past_quality import NewTask, past_quality
from modelsearch.store.past_tasks import known_model, read_past, traits_of_table


def table_past_quality(table: RecordedTable, folders: Sequence[Path]) -> Mapping[CandidateId, float]:
    """Expected quality of each of a table's models from the past in `folders`, those of the table itself left out.

    Raises:
        InputError: a folder holds neither a recorded table nor a finished run.
    """
    others = [task for folder in folders if (task := past_of(folder)).id != table.name]
    models = {CandidateId(model.name): known_model(model) for model in table.models}
    return past_quality(others, NewTask(traits=traits_of_table(table), models=models))


@lru_cache(maxsize=1024)
def past_of(folder: Path) -> PastTask:
    """What a folder knows, read once in a process: some hundred rows, whatever the table's size."""
    return read_past(folder)
