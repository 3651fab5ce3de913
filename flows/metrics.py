"""The Prometheus page of `modelsearch serve`."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from modelsearch.api.measured import Measured
from modelsearch.observe.prometheus import CONTENT_TYPE
from modelsearch.settings import Settings

METRICS = "/metrics"
WAIT_S = 5.0
"""Prometheus gives up after 10 s by default; the first page of a project of years may take longer, no other does."""


def metrics_routes(settings: Settings) -> list[BaseRoute]:
    """The page, behind the password of all pages."""
    measured = Measured(settings)

    async def show(_: Request) -> Response:
        page = await run_in_threadpool(measured.page, wait_s=WAIT_S)
        if page is None:
            return PlainTextResponse("the journals are still being read: ask again", 503, {"retry-after": "15"})
        return Response(page, media_type=CONTENT_TYPE)

    return [Route(METRICS, show)]
