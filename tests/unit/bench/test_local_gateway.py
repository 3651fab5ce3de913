import asyncio
import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.local_gateway import Upstream, compute_seconds, cpu_ns, gateway_app, question_key
from bench.local_truth import read_log
from modelsearch.core.wire import RawReply
from modelsearch.providers.dialects.openai_chat import OpenAiChat

Handler = Callable[[httpx.Request], Any]


def _reply(_: httpx.Request) -> httpx.Response:
    choice = {"message": {"role": "assistant", "content": " positive"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 2}
    return httpx.Response(200, json={"model": "/path/m.gguf", "choices": [choice], "usage": usage})


def _client(handler: Handler, log: Path) -> httpx.AsyncClient:
    upstreams = {name: Upstream(url=f"http://{name}", pid=os.getpid()) for name in ("a", "b")}
    app = gateway_app(upstreams, log, httpx.AsyncClient(transport=httpx.MockTransport(handler)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://g")


async def _ask(client: httpx.AsyncClient, model: str, text: str = "hello") -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 4}
    return await client.post("/v1/chat/completions", json=body)


def _burn(seconds: float) -> None:
    end_s = time.process_time() + seconds
    while time.process_time() < end_s:
        pass


def test_the_clock_of_a_process_counts_its_cpu_time() -> None:
    """Readings are nested, so that no load of the machine can come between two of them."""
    outer_ns, before_ns, inner_ns = time.process_time_ns(), cpu_ns(os.getpid()), time.process_time_ns()
    _burn(0.02)
    inner_ns, after_ns, outer_ns = (
        time.process_time_ns() - inner_ns,
        cpu_ns(os.getpid()),
        time.process_time_ns() - outer_ns,
    )
    assert 20_000_000 <= inner_ns <= after_ns - before_ns <= outer_ns


@pytest.mark.parametrize(
    ("ns", "seconds"), [(0, "0"), (999, "0"), (1_000, "0.000001"), (123_456_789_999, "123.456789")]
)
def test_seconds_are_whole_microseconds(ns: int, seconds: str) -> None:
    assert Decimal(repr(compute_seconds(5, 5 + ns))) == Decimal(seconds)


async def test_the_reply_tells_exactly_what_the_log_says(tmp_path: Path) -> None:
    def busy(request: httpx.Request) -> httpx.Response:
        _burn(0.003)
        return _reply(request)

    log = tmp_path / "log"
    async with _client(busy, log) as client:
        answers = [await _ask(client, model, "hi") for model in ("a", "b", "a")]
    replies = [OpenAiChat().decode(RawReply(http_status=200, body=answer.content)) for answer in answers]
    calls = read_log(log)
    assert [reply.usage.compute_s for reply in replies] == [call.compute_seconds for call in calls]
    assert all(call.compute_seconds >= Decimal("0.003") for call in calls)
    assert [call.question for call in calls] == [question_key(model, "hi") for model in ("a", "b", "a")]
    assert {(reply.text, reply.model) for reply in replies} == {(" positive", "a"), (" positive", "b")}


async def test_an_answer_ends_with_its_line(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return _reply(request)

    async with _client(note, tmp_path / "log") as client:
        await _ask(client, "a")
    assert seen[0]["stop"] == ["\n"]
    assert seen[0]["max_tokens"] == 4


async def test_a_model_answers_one_call_at_a_time_and_models_do_not_wait_for_each_other(tmp_path: Path) -> None:
    running: list[str] = []
    most: dict[str, int] = {}

    async def slow(request: httpx.Request) -> httpx.Response:
        host = request.url.host
        running.append(host)
        most[host] = max(most.get(host, 0), running.count(host))
        most["all"] = max(most.get("all", 0), len(running))
        await asyncio.sleep(0.01)
        running.remove(host)
        return _reply(request)

    async with _client(slow, tmp_path / "log") as client:
        await asyncio.gather(*(_ask(client, model) for model in "ababab"))
    assert most == {"a": 1, "b": 1, "all": 2}


async def test_what_is_refused_is_passed_on_and_not_billed(tmp_path: Path) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"error": {"message": "loading"}})

    log = tmp_path / "log"
    async with _client(refuse, log) as client:
        refused, unknown = await _ask(client, "a"), await _ask(client, "c")
    assert (refused.status_code, refused.json()["error"]["message"]) == (503, "loading")
    assert unknown.status_code == 404
    assert "expected one of a, b, got 'c'" in unknown.json()["error"]["message"]
    assert read_log(log) == []
