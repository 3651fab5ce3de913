"""Runs dasLLAMA's server for one file of weights until standard input closes.

A script that imports nothing of this project. One argument, JSON: `program` (path), `model` (path), `home` (folder for
what it keeps), `n_slots`, `n_ctx`, `n_threads`. Prints `READY <url>` once it serves.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from http import HTTPStatus

READY_S = 80.0


def main() -> int:
    """Serve on a free port of loopback; 1 where the server did not come up."""
    config = json.loads(sys.argv[1])
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    options = {
        "--model": config["model"], "--port": port, "--ctx": config["n_ctx"], "--streams": config["n_slots"],
        "--threads": config["n_threads"], "--gpu": "off",
    }  # fmt: skip
    command = [config["program"], *(str(part) for pair in options.items() for part in pair)]
    env = {**os.environ, "HOME": config["home"]}
    server = subprocess.Popen(command, env=env, cwd=config["home"], stdin=subprocess.DEVNULL, stdout=2)
    try:
        if not _is_up(port, server):
            return 1
        print(f"READY http://127.0.0.1:{port}", flush=True)
        sys.stdin.buffer.read()
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
    return 0


def _is_up(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until it answers."""
    deadline_s = time.monotonic() + READY_S
    while time.monotonic() < deadline_s and server.poll() is None:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked.request("GET", "/v1/models")
            return asked.getresponse().status == HTTPStatus.OK
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(main())
