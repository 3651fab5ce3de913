"""The snippet is run: what it sends is what the search sent, and the baseline answers where the first fails."""

import json
import runpy
from pathlib import Path
from typing import Any

import httpx
import pytest

from modelsearch.core.candidate import Candidate
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.interop.exports.snippet import python_snippet
from tests.unit.interop.exports.small import CASCADE, deployed, market, single, task

REPLIES = {
    "messages": {"content": [{"type": "text", "text": "a"}]},
    ":generateContent": {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}, {"text": "a"}]}}]},
    "completions": {"choices": [{"message": {"content": "a"}}]},
}
TEMPLATED = "{% for e in examples %}{{ e.input }}{% endfor %}{{ labels | join(', ') }}: {{ input | tojson }}"


class Posted:
    """Stands in for `httpx.post`; who is `down` answers 500."""

    def __init__(self, down: str = "nobody") -> None:
        self.down = down
        self.sent: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def __call__(self, url: str, *, json: dict[str, Any], headers: dict[str, str], timeout: float) -> httpx.Response:
        self.sent.append((url, json, headers))
        request = httpx.Request("POST", url)
        if self.down in url:
            return httpx.Response(500, request=request)
        body = next(reply for end, reply in REPLIES.items() if url.endswith(end))
        return httpx.Response(200, json=body, request=request)


def run(candidate: Candidate, spec: TaskSpec, folder: Path, **changes: object) -> dict[str, Any]:
    path = folder / "snippet.py"
    path.write_text(python_snippet(deployed(candidate, spec, **changes), spec), encoding="utf-8")
    return runpy.run_path(str(path))


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY", "ZAI_API_KEY"):
        monkeypatch.setenv(name, f"value-of-{name}")
    monkeypatch.setenv("MODELSEARCH_SERVE_KEY", "value-of-serve")


@pytest.mark.parametrize("name", ["openai", "anthropic", "google", "openrouter", "zai", "vllm"])
@pytest.mark.parametrize("user", ["Sort: {{ input }}", TEMPLATED])
def test_it_sends_what_the_search_sent(name: str, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, posted = task(user=user, system="Be short. {{ input }}"), Posted()
    monkeypatch.setattr(httpx, "post", posted)
    item, candidate = spec.items[-1], single(name, "low" if name == "openai" else None)
    assert run(candidate, spec, tmp_path)["ask"](item.input) == "a"
    url, sent, headers = posted.sent[0]
    endpoint = market().endpoints[candidate.endpoint_id]
    provider = market().providers[endpoint.provider_id]
    request = model_request(spec, PromptRenderer(spec), candidate, item, endpoint)
    wire = dialect_of(provider.dialect).encode(request, endpoint)
    assert (url, sent) == (provider.base_url + wire.path, json.loads(wire.body))
    told = [value for value in headers.values() if "value-of" in value]
    assert len(told) == (0 if provider.key_env is None else 1)


def test_the_baseline_answers_with_its_own_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = Posted(down="z.ai")
    monkeypatch.setattr(httpx, "post", posted)
    assert run(single("zai", prompt="short"), task(), tmp_path)["ask"]("it") == "a"
    texts = [body["messages"][-1]["content"] for _, body, _ in posted.sent]
    assert texts == ["it!", "Sort: it"]


def test_a_composite_is_asked_at_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = Posted()
    monkeypatch.setattr(httpx, "post", posted)
    assert run(CASCADE, task(), tmp_path)["ask"]("it") == "a"
    url, body, headers = posted.sent[0]
    assert url == "http://127.0.0.1:4310/v1/chat/completions"
    assert body == {"model": "sorting", "messages": [{"role": "user", "content": "Sort: it"}]}
    assert headers["authorization"] == "Bearer value-of-serve"


def test_in_input_mode_the_server_applies_the_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = Posted()
    monkeypatch.setattr(httpx, "post", posted)
    run(CASCADE, task(), tmp_path, mode="input")["ask"]({"text": "it"})
    assert posted.sent[0][1]["messages"] == [{"role": "user", "content": '{"text": "it"}'}]


def test_texts_with_marks_in_them_are_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = Posted()
    monkeypatch.setattr(httpx, "post", posted)
    run(single("zai"), task(system="S"), tmp_path)["ask"]("<<system>> <<user>> {{ input }} <<input>>")
    assert posted.sent[0][1]["messages"][1]["content"] == "Sort: <<system>> <<user>> {{ input }} <<input>>"


def test_no_key_is_in_the_file() -> None:
    text = python_snippet(deployed(single("zai")), task())
    assert "value-of" not in text
    assert "ZAI_API_KEY" in text
