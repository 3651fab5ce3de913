"""The body of a request from a stranger, as long as it is neither too long nor too slow."""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request

Refused = Callable[[int, str], Exception]
"""An error of the asking application, of an HTTP status and why."""


async def bounded_body(request: Request, refused: Refused, *, most_bytes: int, most_s: float) -> bytes:
    """The whole body.

    Args:
        request: not read yet.
        refused: makes what is raised: 413 too long, 408 too slow, 400 cut off.
        most_bytes: of the body.
        most_s: seconds until it has arrived.
    """
    told = request.headers.get("content-length", "0")
    too_long = refused(413, f"expected at most {most_bytes} bytes: send it in several requests")
    if told.isdigit() and int(told[:20]) > most_bytes:
        raise too_long
    parts, n_bytes = [], 0
    try:
        async with asyncio.timeout(most_s):
            async for part in request.stream():
                n_bytes += len(part)
                if n_bytes > most_bytes:
                    raise too_long
                parts.append(part)
    except TimeoutError as error:
        raise refused(408, f"the body did not arrive within {most_s:g} s") from error
    except ClientDisconnect as error:
        raise refused(400, "the body ended early") from error
    return b"".join(parts)
