"""What a new search may expect of its candidates from past ones: the project's own, or those that are named."""

from collections.abc import Mapping

from modelsearch.api.feedback import feedback_past
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.core.events import Warned
from modelsearch.core.ids import CandidateId
from modelsearch.core.past import PastTask, served_model, traits_of
from modelsearch.decide.past_quality import NewTask, past_quality
from modelsearch.settings import Settings
from modelsearch.store.federated import FederatedStore
from modelsearch.store.past_tasks import past_of_runs, read_pasts, traits_of_table

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
    what production has said of the task's candidates, and what others have told, as far as they are trusted.

    Raises:
        InputError: a folder that was named is neither a recorded table nor a finished run.
    """
    if request.past is not None:
        return [task for folder in request.past for task in read_pasts(folder)]
    if source.table is not None or source.is_emulated:
        return []
    models = {candidate.id: served_model(candidate, source.market) for candidate in source.candidates}
    told = feedback_past(settings, source.task.id, models, traits_of(source.task))
    others = [task for imported in FederatedStore(settings.federated).past() for task in imported.tasks]
    return [*past_of_runs(settings.runs, N_LATEST_RUNS), *told, *others]


def told_sources(request: SearchRequest, source: Source, settings: Settings) -> tuple[Warned, ...]:
    """Whose word the expectations of a search rest on besides its own past, for the report."""
    if request.past is not None or source.table is not None or source.is_emulated:
        return ()
    sources = [imported.source for imported in FederatedStore(settings.federated).past()]
    if not sources:
        return ()
    told = ", ".join(
        f"{each.name} (trust {each.trust:g}, {each.n_tasks} tasks, {each.imported_at[:10]})" for each in sources
    )
    message = f"what to expect of models was also learnt from imported outcomes: {told}; no certificate rests on them"
    return (Warned(code="imported_past", subject="past", message=message),)
