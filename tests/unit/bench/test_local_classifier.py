import json
from typing import Any

import httpx
import pytest

from bench.local_classifier import asked_text, classifier_app, completion, trained
from bench.local_market import AFTER_INPUT, BEFORE_INPUT
from modelsearch.core.outcome import Status
from modelsearch.core.wire import RawReply
from modelsearch.providers.dialects.openai_chat import OpenAiChat

ROWS = [{"input": "good fine good", "target": "positive"}] * 9 + [{"input": "bad broken", "target": "negative"}]
SHOWN = f"{BEFORE_INPUT}good{AFTER_INPUT} positive\n\n"


def _body(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": f"{SHOWN}{BEFORE_INPUT}{text}{AFTER_INPUT}"}]}


def test_only_what_is_asked_is_read() -> None:
    assert asked_text(_body("bad one")["messages"][0]["content"]) == "bad one"
    assert asked_text("plain") == "plain"


@pytest.mark.parametrize(("text", "label"), [("a broken thing", "negative"), ("fine", "positive")])
def test_a_rare_class_counts_as_much_as_a_common_one(text: str, label: str) -> None:
    reply = completion(trained(ROWS), _body(text))
    assert reply["choices"][0]["message"]["content"] == label


async def test_the_api_is_that_of_chat_models() -> None:
    transport = httpx.ASGITransport(app=classifier_app(trained(ROWS)))
    async with httpx.AsyncClient(transport=transport, base_url="http://c") as client:
        answer = await client.post("/v1/chat/completions", json=_body("broken"))
    reply = OpenAiChat().decode(RawReply(http_status=200, body=answer.content))
    assert (reply.text, reply.status, reply.model) == ("negative", Status.OK, "m")
    assert json.loads(answer.content)["usage"]["completion_tokens"] == 1
