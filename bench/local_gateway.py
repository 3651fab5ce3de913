"""The counter at which local models are paid: one call at a time per model, each with the CPU seconds that it took.

What a call costs is the CPU time of the model's process between its start and its end, over all threads, user and
system, whole microseconds. It is told in `usage.compute_seconds` and written to the gateway's own log, one JSON line a
call, before the reply leaves: the bill that a search's spend is compared with.
"""

import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.local_serving import serve_until_told

UPSTREAM_TIMEOUT_S = 100.0
END_OF_ANSWER = ["\n"]
"""A model that completes text would go on with a review of its own: an answer is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A model's server and its process."""

    url: str
    pid: int


def cpu_ns(pid: int) -> int:
    """CPU time that a process has used so far, in ns, ended threads included (Linux).

    The clock's number is `(~pid << 3) | 2`, as clock_getcpuclockid(3) makes it; /proc counts in ticks of 10 ms, too
    coarse for a classifier that answers in 1 ms.
    """
    return time.clock_gettime_ns((~pid << 3) | 2)


def compute_seconds(before_ns: int, after_ns: int) -> float:
    """Seconds between two readings, in whole microseconds, so that a price times them is exact."""
    return (after_ns - before_ns) // 1000 / 1_000_000


def question_key(model: str, message: str) -> str:
    """What names a question to a model in the log."""
    return hashlib.sha256(f"{model}\n{message}".encode()).hexdigest()


def log_line(model: str, message: str, reply: Mapping[str, Any]) -> str:
    """The log's line of a reply that already tells its compute seconds."""
    choice = reply["choices"][0]
    return json.dumps(
        {
            "model": model,
            "question": question_key(model, message),
            "answer": choice["message"]["content"],
            "finish_reason": choice["finish_reason"],
            "compute_seconds": repr(reply["usage"]["compute_seconds"]),
        }
    )


class Gateway:
    """Passes calls on and counts them."""

    def __init__(self, upstreams: Mapping[str, Upstream], log: Path, client: httpx.AsyncClient) -> None:
        self._upstreams = upstreams
        self._log = log
        self._turns = {model: asyncio.Lock() for model in upstreams}
        self._client = client

    async def chat(self, request: Request) -> Response:
        """One chat completion."""
        body = await request.json()
        model = str(body.get("model"))
        if model not in self._upstreams:
            problem = {"message": f"model: expected one of {', '.join(self._upstreams)}, got {model!r}"}
            return JSONResponse({"error": problem}, status_code=404)
        async with self._turns[model]:
            return await self._asked(model, {**body, "stop": END_OF_ANSWER})

    async def _asked(self, model: str, body: dict[str, Any]) -> Response:
        upstream = self._upstreams[model]
        before_ns = cpu_ns(upstream.pid)
        answer = await self._client.post(f"{upstream.url}/v1/chat/completions", json=body)
        seconds = compute_seconds(before_ns, cpu_ns(upstream.pid))
        if answer.status_code != httpx.codes.OK:
            return Response(answer.content, answer.status_code, media_type="application/json")
        reply = answer.json()
        reply["model"] = model  # llama.cpp says the path of the file
        reply["usage"]["compute_seconds"] = seconds
        with self._log.open("a", encoding="utf-8") as log:
            log.write(log_line(model, str(body["messages"][-1]["content"]), reply) + "\n")
        return JSONResponse(reply)


def gateway_app(upstreams: Mapping[str, Upstream], log: Path, client: httpx.AsyncClient) -> Starlette:
    """The gateway's API."""
    gateway = Gateway(upstreams, log, client)
    return Starlette(routes=[Route("/v1/chat/completions", gateway.chat, methods=["POST"])])


def main() -> None:
    """Entry of the process: one argument, JSON with `upstreams` (model -> url, pid) and `log`."""
    config = json.loads(sys.argv[1])
    upstreams = {model: Upstream(**row) for model, row in config["upstreams"].items()}
    client = httpx.AsyncClient(timeout=UPSTREAM_TIMEOUT_S, trust_env=False)
    serve_until_told(gateway_app(upstreams, Path(config["log"]), client))


if __name__ == "__main__":
    main()
