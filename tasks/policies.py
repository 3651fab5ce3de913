"""When a Prefect task is run again. HTTP is retried per call by the client; here only what broke around it."""

from typing import Any

from modelsearch.core.errors import ModelsearchError

N_RETRIES = 2
RETRY_DELAY_S = [1.0, 5.0]
MAX_TASK_RUNS = 300
"""Of one search: a task run costs the server about 20 ms, and the UI must stay readable."""
N_CALLS_OF_ITS_OWN = 50
"""A candidate with this many calls in a round gets a task run of its own."""


async def is_worth_retrying(_task: Any, _run: Any, state: Any) -> bool:
    """Not what was raised on purpose: bad input, a provider that stops the run, a spent budget."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, Exception) and not isinstance(error, ModelsearchError)
