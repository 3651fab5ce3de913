"""Passes connections on: what comes in at one port of loopback goes to another. Arguments: the two ports."""

import asyncio
import contextlib
import sys

HOST = "127.0.0.1"
_BYTES = 65_536


async def passed(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on until the source ends."""
    with contextlib.suppress(ConnectionError):
        while data := await source.read(_BYTES):
            target.write(data)
            await target.drain()
    target.close()


async def serve(port: int, to_port: int) -> None:
    """Serve until the process is killed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, to_port)
        await asyncio.gather(passed(reader, far_writer), passed(far_reader, writer))

    server = await asyncio.start_server(connected, HOST, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
