"""A model appeared between two nights: it is tested now, for every registered task for which that may pay."""

from datetime import UTC, datetime
from typing import Any, cast

from prefect import flow, runtime

from flows.names import new_model_told
from flows.nightly import ended, nights_of
from modelsearch.core.errors import OptionError
from modelsearch.settings import read_settings
from tasks.nights import renew_site, show_night


def _run_name() -> str:
    return new_model_told(runtime.flow_run.parameters.get("endpoint_id"), runtime.flow_run.parameters.get("task"))


@flow(name="new_model", flow_run_name=_run_name, validate_parameters=False)
async def new_model(endpoint_id: str, task: str = "") -> list[dict[str, Any]]:
    """Test a new endpoint for all tasks, within each task's money for the day.

    Run twice it does nothing the second time: whoever is known, or out of the question, is not tested. A task on whose
    night somebody works is left alone; its night finds the model too, event or not.

    Args:
        endpoint_id: what an automation hands on from the event.
        task: name of a registered task; "" = all that are not paused.

    Raises:
        OptionError: no endpoint is named.
    """
    if not endpoint_id.strip():
        message = "new_model: expected the id of an endpoint, got nothing: does the automation hand it on?"
        raise OptionError(message)
    settings, on = read_settings(), datetime.now(UTC).date()
    reports = await nights_of(settings, (task,) if task else (), on, budget="", only=endpoint_id.strip())
    await show_night(f"{endpoint_id} on {on.isoformat()}", reports)
    await renew_site()
    return cast("list[dict[str, Any]]", await ended(reports, {"endpoint_id": endpoint_id, "task": task}))
