"""uvicorn's HTTP protocol with the connection put into the scope, so that the application can break it for real."""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEY = "emulator.transport"
_LINGER_0 = struct.pack("ii", 1, 0)


class BreakableProtocol(H11Protocol):
    """HTTP/1.1 whose connections can be reset from inside a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the scope of every request of this connection."""
        super().connection_made(transport)
        app: Any = self.app
        self.app = _with_transport(app, transport)


def _with_transport(app: ASGIApp, transport: asyncio.Transport) -> Any:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope[_KEY] = transport
        await app(scope, receive, send)

    return serve


def reset_connection(scope: Scope) -> None:
    """Cut the connection of a request with a TCP reset: nothing more is sent, not even an orderly end."""
    transport: asyncio.Transport = scope[_KEY]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    transport.abort()
