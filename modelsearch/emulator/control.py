"""The pages about the emulator itself: readiness, bill, log, reset."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelsearch.emulator.bill import Bill

JSON = "application/json"


def control_app(bill: Bill, reset: Callable[[], None], more: Sequence[Route] = ()) -> Starlette:
    """`/__emulator/ready`, `/__emulator/bill`, `/__emulator/log` (GET) and `/__emulator/reset` (POST).

    Args:
        bill: the books to show.
        reset: forgets everything, the books too.
        more: further pages.
    """

    async def show_ready(_: Request) -> Response:
        return Response(b'{"ready":true}', media_type=JSON)

    async def show_bill(_: Request) -> Response:
        return Response(bill.summary(), media_type=JSON)

    async def show_log(_: Request) -> Response:
        return Response(bill.log(), media_type=JSON)

    async def do_reset(_: Request) -> Response:
        reset()
        return Response(b'{"reset":true}', media_type=JSON)

    return Starlette(
        routes=[
            Route("/__emulator/ready", show_ready),
            Route("/__emulator/bill", show_bill),
            Route("/__emulator/log", show_log),
            Route("/__emulator/reset", do_reset, methods=["POST"]),
            *more,
        ]
    )
