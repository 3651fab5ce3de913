"""Runs the emulator: in the foreground, in a thread of this process, or in a process of its own."""

import contextlib
import http.client
import importlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import uvicorn

from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.ids import Json, ProviderId
from modelsearch.core.market import Market
from modelsearch.emulator.app import EmulatorApp
from modelsearch.emulator.transport import LeanProtocol

HOST = "127.0.0.1"
READY_TIMEOUT_S = 60.0
_BACKLOG = 2048


class _Server(uvicorn.Server):
    """Tells when it is ready, and does not wait for hanging clients at the end."""

    def __init__(self, app: EmulatorApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=LeanProtocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                backlog=_BACKLOG,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await super().shutdown(sockets)


def listening_socket(host: str = HOST, port: int = 0) -> socket.socket:
    """A bound, listening socket; port 0 = any free one.

    Raises:
        OptionError: the address cannot be had.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets no delay by the proto
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OptionError(
            f"emulator: address {host}:{port} cannot be used ({error.strerror}): choose another port"
        ) from error
    sock.listen(_BACKLOG)
    return sock


def url_of(sock: socket.socket) -> str:
    """http://host:port of a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"http://{host}:{port}"


def run_emulator(
    app: EmulatorApp, host: str = HOST, port: int = 0, tell: Callable[[str], object] | None = None
) -> None:
    """Serve in the foreground until interrupted; port 0 = any free one; `tell` gets the URL once it is had.

    Raises:
        OptionError: the address cannot be had.
    """
    with contextlib.closing(listening_socket(host, port)) as sock, contextlib.suppress(KeyboardInterrupt):
        if tell is not None:
            tell(url_of(sock))
        try:
            _Server(app).run(sockets=[sock])
        finally:
            app.bill.close()


@contextlib.contextmanager
def emulator_server(app: EmulatorApp, *, host: str = HOST, port: int = 0) -> Iterator[str]:
    """Serve from a thread of this process; yields the base URL.

    Raises:
        ModelsearchError: the server did not start in time.
    """
    server = _Server(app)
    with contextlib.closing(listening_socket(host, port)) as sock:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="emulator", daemon=True)
        thread.start()
        try:
            if not server.ready.wait(READY_TIMEOUT_S):
                raise ModelsearchError(f"emulator: not ready after {READY_TIMEOUT_S:g} s")
            yield url_of(sock)
        finally:
            server.should_exit = True
            thread.join(READY_TIMEOUT_S)
            app.bill.close()


@contextlib.contextmanager
def spawned_emulator(factory: str, arguments: Mapping[str, Json] | None = None, *, port: int = 0) -> Iterator[str]:
    """Serve from a process of its own, which ends with the block or with this process; yields the base URL.

    Args:
        factory: "package.module:function" that makes an `EmulatorApp`, importable by the new process.
        arguments: its keyword arguments, as JSON.
        port: 0 = any free one.

    Raises:
        ModelsearchError: the process ended or was not ready in time.
    """
    with contextlib.closing(listening_socket(HOST, port)) as sock:
        url = url_of(sock)
        config = json.dumps({"factory": factory, "arguments": dict(arguments or {}), "fd": sock.fileno()})
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "modelsearch.emulator.server", config],
            stdin=subprocess.PIPE,
            pass_fds=[sock.fileno()],
        )
    try:
        _await_ready(process, url)
        yield url
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(READY_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise ModelsearchError(f"emulator: its process ended with code {process.returncode} before it was ready")
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=READY_TIMEOUT_S)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/__emulator/ready")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.05)
    raise ModelsearchError(f"emulator: not ready after {READY_TIMEOUT_S:g} s")


def emulated_market(market: Market, base_url: str, key_env: str | None = None) -> Market:
    """The same market with every provider at the emulator, under `{base_url}/p/{provider_id}`."""
    providers = {
        ProviderId(provider_id): replace(provider, base_url=f"{base_url}/p/{provider_id}", key_env=key_env)
        for provider_id, provider in market.providers.items()
    }
    return replace(market, providers=providers)


def _made_app(factory: str, arguments: Mapping[str, Any]) -> EmulatorApp:
    module, _, name = factory.partition(":")
    app = getattr(importlib.import_module(module), name)(**arguments)
    if not isinstance(app, EmulatorApp):
        raise OptionError(f"emulator: factory {factory!r}: expected an EmulatorApp, got {type(app).__name__}")
    return app


def main() -> None:
    """Entry of a spawned process: one JSON argument with factory, arguments and fd; ends when stdin does."""
    config = json.loads(sys.argv[1])
    app = _made_app(config["factory"], config["arguments"])
    server = _Server(app)

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=stop_with_parent, name="parent", daemon=True).start()
    with socket.socket(fileno=config["fd"]) as sock:
        server.run(sockets=[sock])
    app.bill.close()


if __name__ == "__main__":
    main()
