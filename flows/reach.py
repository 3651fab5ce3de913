"""Whether the Prefect server that the user named is there: told before a search begins, in one line."""

import os

from modelsearch.core.errors import OptionError

VARIABLE = "PREFECT_API_URL"


async def check_server() -> None:
    """Ask the server of PREFECT_API_URL for its health; an embedded one needs no asking.

    Raises:
        OptionError: nobody answers there.
    """
    url = os.environ.get(VARIABLE)
    if not url:
        return
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes 2 s

    async with get_client() as client:
        error = await client.api_healthcheck()
    if error is not None:
        message = (
            f"{VARIABLE}: no Prefect server answers at {url} ({type(error).__name__}): start one with "
            "`modelsearch ui`, or unset it to use an embedded one"
        )
        raise OptionError(message)
