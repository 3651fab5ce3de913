"""The feedback endpoint's part of `make bench-secrets`: no key, a wrong key, another task's key; none is let in.

A real `modelsearch feedback-serve` in the bench's home, whose output is searched for keys like all others.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from modelsearch.core.ids import TaskId
from modelsearch.store.feedback import FeedbackStore

HOST = "127.0.0.1"
VARIABLES = {"shop": "SHOP_FEEDBACK_KEY", "bank": "BANK_FEEDBACK_KEY"}
READY_S = 60.0
ROW = {"id": "r1", "candidate": "openai/gpt-4.1", "item": "i1", "thumbs": "up"}


def feedback_problems(home: Path, keys: Mapping[str, str], said: dict[str, bytes]) -> list[str]:
    """A line for each request that was answered otherwise than it should.

    Args:
        home: of the project.
        keys: of the tasks `shop` and `bank`, and one that is `wrong`.
        said: to which the server's output is added.
    """
    asked = [
        ("no key", "shop", None, 401),
        ("a wrong key", "shop", keys["wrong"], 401),
        ("another task's key", "bank", keys["shop"], 403),
        ("a task that is none", "nobody", keys["shop"], 403),
        ("its own key", "shop", keys["shop"], 200),
    ]
    with _served(home, keys, said) as port:
        found = [
            f"feedback with {what}: status {status}, expected {wanted}"
            for what, task, key, wanted in asked
            if (status := _status(port, task, key)) != wanted
        ]
    store = FeedbackStore(home / "feedback.sqlite")
    counts = {task: sum(t.n_rows for t in store.tallies(TaskId(task), before=date.max)) for task in VARIABLES}
    print(f"feedback endpoint: {len(asked)} requests, rows kept {counts}")
    return found + ([] if counts == {"shop": 1, "bank": 0} else [f"feedback: rows kept {counts}, expected shop 1"])


@contextmanager
def _served(home: Path, keys: Mapping[str, str], said: dict[str, bytes]) -> Iterator[int]:
    with socket.create_server((HOST, 0)) as sock:
        port = int(sock.getsockname()[1])
    environ = {"PATH": os.environ["PATH"], "MODELSEARCH_HOME": str(home)}
    environ["MODELSEARCH_FEEDBACK_KEYS"] = ",".join(f"{task}={variable}" for task, variable in VARIABLES.items())
    environ |= {variable: keys[task] for task, variable in VARIABLES.items()}
    command = [sys.executable, "-m", "flows", "feedback-serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _await_ready(port, process)
        yield port
    finally:
        process.terminate()
        said["feedback-serve"] = process.communicate(timeout=READY_S)[0]


def _await_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    end_s = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            _status(port, "shop", None)
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return


def _status(port: int, task: str, key: str | None) -> int:
    connection = HTTPConnection(HOST, port, timeout=READY_S)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    connection.request("POST", f"/feedback/{task}", json.dumps(ROW), headers)
    status = connection.getresponse().status
    connection.close()
    return status
