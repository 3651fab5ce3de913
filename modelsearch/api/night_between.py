"""Between two nights: what new prices, or a loss, mean at once, free of charge; and a search for what was lost."""

from dataclasses import replace

from modelsearch.api.night_open import NightCall, planned_from
from modelsearch.core.ids import EndpointId
from modelsearch.core.nights import NightReport, TaskState
from modelsearch.core.registered import RegisteredTask
from modelsearch.nights.after import rerank
from modelsearch.settings import Settings
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.store.night_tables import lines_of, standing_lines

LOST = EndpointId("lost")
"""In place of an endpoint in `OpenNight.only`: a second night on a day, for the search that a loss asks for alone."""


def reranked(registered: RegisteredTask, settings: Settings, call: NightCall, store: NightStore) -> NightReport:
    """What is known at the prices and with the endpoints of now; written down only where something has come of it.

    Raises:
        InputError: task, catalogue, baseline or keys cannot be used.
    """
    plain = NightReport(task_id=registered.id, day=call.day, end="done")
    known = store.read(STATE, TaskState)
    if known is None:
        return plain
    state, work, night = planned_from(registered, settings, call, store)
    if (state.task_revision, state.baseline_id) != (known.task_revision, known.baseline_id):
        return plain
    outcome = rerank(state, night)
    report = replace(
        plain,
        moves=outcome.moves,
        alarms=outcome.alarms,
        waiting=outcome.state.waiting,
        declined=outcome.declined,
    )
    if report.moves or report.alarms:
        store.append({**lines_of(report), **standing_lines(outcome.state, report, work.task.margin)})
    if outcome.state != state:
        store.write(STATE, outcome.state)
    return report
