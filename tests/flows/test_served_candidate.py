"""The served candidate over HTTP, without a socket: OpenAI's shapes, keys, limits, fallbacks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from flows.served_candidate import ServedDoor, ServedLimits, served_app
from flows.served_candidate_run import ServedAt, serve_key
from modelsearch.api.serving import Serving, ServingOptions, amount_of
from modelsearch.core.candidate import Candidate, Ensemble, Single, singles_of
from modelsearch.core.errors import OptionError
from modelsearch.core.result import Certainty
from modelsearch.interop.exports.deployed import Deployed, leg_of
from modelsearch.settings import read_settings
from tests.unit.evaluate.served_world import market_and_client, served, singles, task

KEY = "a-key-of-the-test-0123"
PATH = "/v1/chat/completions"


def serving(
    candidate: Candidate, *, down: frozenset[str] = frozenset(), mode: str = "input", max_usd: str = "1"
) -> Serving:
    baseline = singles()[-1]
    ready, ledger, _ = served(candidate, fallback=baseline, down=down, max_usd=max_usd)
    market, _ = market_and_client()
    deployed = Deployed(
        name="sorting", source="run r", source_id="r", candidate=candidate,
        legs=tuple(leg_of(each, task(), market, {}) for each in singles_of(candidate)),
        baseline=leg_of(baseline, task(), market, {}), certainty=Certainty.CERTIFIED, told=("told",),
        margin=0.02, alpha=0.05, on=date(2026, 11, 1),
    )  # fmt: skip
    options = ServingOptions(run="r", mode=mode, max_usd=amount_of(max_usd))  # type: ignore[arg-type]
    return Serving(
        candidate=ready, deployed=deployed, ledger=ledger, task=task(), options=options, has_fallback=True
    )  # fmt: skip


@asynccontextmanager
async def client(
    serve: Serving, *, key: str | None = KEY, limits: ServedLimits | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    app = served_app(ServedDoor(serve, key, limits or ServedLimits()))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://served", headers=headers) as http:
        yield http


def body(text: str | None = None, **fields: Any) -> dict[str, Any]:
    content = str(task().items[0].input) if text is None else text
    return {"model": "sorting", "messages": [{"role": "user", "content": content}], **fields}


def code_of(response: httpx.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return response.status_code, error["code"]


async def test_an_answer_is_a_chat_completion_that_says_who_gave_it_and_for_how_much() -> None:
    vote = Ensemble(members=tuple(singles(3)))
    async with client(serving(vote)) as http:
        response = await http.post(PATH, json=body(temperature=1, max_tokens=5))
    told = response.json()
    assert response.status_code == 200
    assert told["object"] == "chat.completion"
    assert told["choices"][0]["message"]["role"] == "assistant"
    assert told["modelsearch"]["candidate"] == vote.id
    assert told["modelsearch"]["answer"] in told["choices"][0]["message"]["content"].lower()
    assert len(told["modelsearch"]["calls"]) == 3
    assert told["usage"]["total_tokens"] == told["usage"]["prompt_tokens"] + told["usage"]["completion_tokens"]
    assert response.headers["x-modelsearch-served-by"] == "candidate"
    assert response.headers["x-modelsearch-cost-usd"] == told["modelsearch"]["cost_usd"]
    assert response.headers["x-modelsearch-ignored"] == "max_tokens,temperature"


async def test_a_stream_holds_the_same_text_and_ends() -> None:
    async with client(serving(singles(1)[0])) as http:
        whole = (await http.post(PATH, json=body())).json()
        sent = await http.post(PATH, json=body(stream=True, stream_options={"include_usage": True}))
    assert sent.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in sent.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    parts = [json.loads(event) for event in events[:-1]]
    assert (
        "".join(p["choices"][0]["delta"].get("content", "") for p in parts if p["choices"])
        == (whole["choices"][0]["message"]["content"])
    )
    assert parts[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert parts[-1]["usage"] == whole["usage"]


async def test_the_baseline_answers_where_a_member_is_down_and_it_is_told() -> None:
    first, second = singles(2)
    serve = serving(Ensemble(members=(first, second)), down=frozenset({second.endpoint_id}))
    async with client(serve) as http:
        response = await http.post(PATH, json=body())
        page = (await http.get("/metrics")).text
    assert response.headers["x-modelsearch-served-by"] == "baseline"
    assert response.json()["modelsearch"]["is_fallback"] is True
    assert 'modelsearch_served_requests_total{end="fallback"} 1.0' in page
    assert f'candidate="{second.id}",status="error"' in page


async def test_nobody_answers_is_an_error() -> None:
    first, baseline = singles(1)[0], singles()[-1]
    serve = serving(first, down=frozenset({first.endpoint_id, baseline.endpoint_id}))
    async with client(serve) as http:
        assert code_of(await http.post(PATH, json=body())) == (502, "upstream_failed")


async def test_beyond_the_limit_nothing_is_bought_and_clients_do_not_ask_again() -> None:
    serve = serving(singles(1)[0], max_usd="0.0000001")
    async with client(serve) as http:
        response = await http.post(PATH, json=body())
        told = (await http.get("/health")).json()
    assert code_of(response) == (429, "insufficient_quota")
    assert response.headers["x-should-retry"] == "false"
    assert float(told["spend_usd"]) == 0


async def test_messages_are_passed_on_as_they_are() -> None:
    single = singles(1)[0]
    item = task().items[3]
    messages = [{"role": "developer", "content": "One label."}, {"role": "user", "content": f"Sort: {item.input}"}]
    async with client(serving(single, mode="messages")) as http:
        passed_on = (await http.post(PATH, json={"model": "modelsearch", "messages": messages})).json()
    async with client(serving(single)) as http:
        applied = (await http.post(PATH, json=body(str(item.input)))).json()
    assert passed_on["modelsearch"] == applied["modelsearch"]
    assert passed_on["choices"] == applied["choices"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"no json", (400, "invalid_value")),
        (b"[]", (400, "invalid_value")),
        (b'{"model": ["sorting"], "messages": []}', (404, "model_not_found")),
        (body(model="gpt-4o"), (404, "model_not_found")),
        (body(n=2), (400, "unsupported_parameter")),
        (body(tools=[{"type": "function"}]), (400, "unsupported_parameter")),
        (body(response_format={"type": "json_object"}), (400, "unsupported_parameter")),
        (body(response_format={"type": "text"}), (200, "")),
        ({"model": "sorting", "messages": []}, (400, "invalid_value")),
        ({"model": "sorting", "messages": [{"role": "tool", "content": "x"}]}, (400, "invalid_value")),
        ({"model": "sorting", "messages": [{"role": "system", "content": "x"}]}, (400, "invalid_value")),
        ({"model": "sorting", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
         (400, "invalid_value")),
        (b'{"model": "sorting", "messages": [{"role": "user", "content": "\\ud800"}]}', (400, "invalid_value")),
        ({"model": "sorting", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
         (400, "invalid_value")),
    ],
)  # fmt: skip
async def test_requests_are_read_strictly(sent: bytes | dict[str, Any], expected: tuple[int, str]) -> None:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    async with client(serving(singles(1)[0])) as http:
        response = await http.post(PATH, content=content, headers={"content-type": "application/json"})
    assert (response.status_code, "") == expected if expected[0] == 200 else code_of(response) == expected


async def test_the_key_comes_first() -> None:
    async with client(serving(singles(1)[0])) as http:
        for wrong in ("", "Bearer wrong", f"Basic {KEY}", "Bearer"):
            for method, path in (("POST", PATH), ("GET", "/v1/models"), ("GET", "/metrics")):
                response = await http.request(method, path, content=b"x" * 100, headers={"authorization": wrong})
                assert code_of(response) == (401, "invalid_api_key")
        open_health = (await http.get("/health", headers={"authorization": ""})).json()
        assert open_health == {"status": "ok"}
        assert (await http.get("/health")).json()["candidate"] == singles(1)[0].id


async def test_a_browsers_page_cannot_ask() -> None:
    async with client(serving(singles(1)[0]), key=None) as http:
        sent = await http.post(PATH, content=json.dumps(body()).encode(), headers={"content-type": "text/plain"})
        assert code_of(sent) == (415, "unsupported_media_type")


async def test_models_and_unknown_paths() -> None:
    async with client(serving(singles(1)[0])) as http:
        assert [each["id"] for each in (await http.get("/v1/models")).json()["data"]] == ["sorting"]
        assert (await http.get("/v1/models/sorting")).json()["id"] == "sorting"
        assert code_of(await http.get("/v1/models/other")) == (404, "model_not_found")
        assert code_of(await http.get("/v1/nothing")) == (404, "unknown_url")
        assert code_of(await http.get(PATH)) == (405, "unknown_url")


async def test_bodies_have_a_limit() -> None:
    async with client(serving(singles(1)[0]), limits=ServedLimits(most_bytes=100)) as http:
        assert code_of(await http.post(PATH, json=body("x" * 200))) == (413, "request_too_large")


async def test_who_is_one_too_many_is_told_to_come_back() -> None:
    limits = ServedLimits(n_at_once=1, n_waiting=1)
    serve = serving(singles(1)[0])
    gate, answer = asyncio.Event(), serve.candidate.answer

    async def held(asked: Any) -> Any:
        await gate.wait()
        return await answer(asked)

    serve.candidate.answer = held  # type: ignore[method-assign]
    async with client(serve, limits=limits) as http:
        first = [asyncio.create_task(http.post(PATH, json=body())) for _ in range(2)]
        for _ in range(50):
            await asyncio.sleep(0)
        refused = await http.post(PATH, json=body())
        gate.set()
        assert [(await each).status_code for each in first] == [200, 200]
    assert code_of(refused) == (429, "rate_limit_exceeded")
    assert refused.headers["retry-after"] == "1"


async def test_what_takes_too_long_ends() -> None:
    serve = serving(singles(1)[0])

    async def never(_: Any) -> Any:
        await asyncio.Event().wait()

    serve.candidate.answer = never  # type: ignore[method-assign,assignment]
    async with client(serve, limits=ServedLimits(timeout_s=0.01)) as http:
        response = await http.post(PATH, json=body())
    assert code_of(response) == (504, "timeout")
    assert response.headers["x-should-retry"] == "false"


async def test_a_fault_of_ours_tells_nothing() -> None:
    serve = serving(singles(1)[0])

    async def broken(_: Any) -> Any:
        raise RuntimeError("secret words")

    serve.candidate.answer = broken  # type: ignore[method-assign,assignment]
    async with client(serve) as http:
        response = await http.post(PATH, json=body())
    assert code_of(response) == (500, "internal_error")
    assert "secret" not in response.text


async def test_an_object_task_takes_json_as_its_input() -> None:
    serve = serving(singles(1)[0])
    items = tuple(replace(item, input={"text": item.input}) for item in task().items)
    async with client(replace(serve, task=replace(task(), items=items))) as http:
        assert code_of(await http.post(PATH, json=body("no json"))) == (400, "invalid_value")


def test_beyond_this_machine_a_key_is_needed() -> None:
    settings = read_settings({})
    assert serve_key(settings, ServedAt()) is None
    assert serve_key(settings, ServedAt(host="::1")) is None
    for host in ("0.0.0.0", "example.org"):
        with pytest.raises(OptionError, match="export MODELSEARCH_SERVE_KEY"):
            serve_key(settings, ServedAt(host=host))
    with pytest.raises(OptionError, match="at least 16"):
        serve_key(read_settings({"MODELSEARCH_SERVE_KEY": "short"}), ServedAt())


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "much"])
def test_a_limit_is_an_amount(text: str) -> None:
    with pytest.raises(OptionError, match="--max-usd"):
        ServingOptions(run="r", max_usd=amount_of(text))


def test_singles_are_different() -> None:
    assert all(isinstance(each, Single) for each in singles())
