"""What a new search may expect of its candidates from past ones: the project's own, or those that are named."""

from collections.abc import Mapping

from modelsearch.api.feedback import feedback_past
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.core.ids import CandidateId
from modelsearch.core.past import PastTask, served_model, traits_of
from modelsearch.decide.past_quality import NewTask, past_quality
from modelsearch.settings import Settings
from modelsearch.store.past_tasks import past_of_runs, read_past, traits_of_table

N_LATEST_RUNS = 40


def past_quality_of(request: SearchRequest, source: Source, settings: Settings) -> Mapping[CandidateId, float]:
    """Expected quality of each candidate; empty where nothing is known or wanted.

    Raises:
        InputError: a folder that was named is neither a recorded table nor a finished run.
    """
    past = past_tasks(request, source, settings)
    if not past:
        return {}
    traits = traits_of(source.task) if source.table is None else traits_of_table(source.table)
    models = {candidate.id: served_model(candidate, source.market) for candidate in source.candidates}
    return past_quality(past, NewTask(traits=traits, models=models))


def past_tasks(request: SearchRequest, source: Source, settings: Settings) -> list[PastTask]:
    """What is learnt from: what was named; else the project's own runs with real models, where these are called too,
    and what production has said of the task's candidates.

    Raises:
        InputError: a folder that was named is neither a recorded table nor a finished run.
    """
    if request.past is not None:
        return [read_past(folder) for folder in request.past]
    if source.table is not None or source.is_emulated:
        return []
    models = {candidate.id: served_model(candidate, source.market) for candidate in source.candidates}
    told = feedback_past(settings, source.task.id, models, traits_of(source.task))
    return [*past_of_runs(settings.runs, N_LATEST_RUNS), *told]
