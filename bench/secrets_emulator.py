"""An emulator of the real catalogue that wants each provider's own key and tells it to the world when things go wrong.

Some requests are answered by an error whose body, and a header, repeat the request's own headers and URL, as careless
gateways do; others by a 200 that is broken or whose text holds the key.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from pathlib import Path

from starlette.types import Receive, Scope, Send

from modelsearch.api.emulated import prompt_texts
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.app import PREFIX, EmulatorApp, EmulatorOptions
from modelsearch.emulator.replies import Asked, EmulatedReply, prompt_key
from modelsearch.evaluate.prompt import PromptRenderer

EVERY = 9
"""One request in so many goes wrong."""
FAULTS = ("400", "401 in 400", "500", "429", "broken 200", "error in 200", "key in the text", "headers of a 500")
_KEY_HEADERS = (b"authorization", b"x-api-key", b"x-goog-api-key")


@dataclass(frozen=True, kw_only=True)
class Sorter:
    """Answers the task's items, most of them rightly: which, is a hash of model and item."""

    task: TaskSpec
    item_by_prompt: Mapping[str, str]

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """A label."""
        item_id = self.item_by_prompt.get(prompt_key(asked.prompt_text))
        if item_id is None:
            return None
        target = next(str(item.target) for item in self.task.items if item.id == item_id)
        luck = blake2b(f"{asked.wire_name}|{item_id}".encode(), digest_size=1).digest()[0]
        text = target if luck > 25 else self.task.labels[luck % len(self.task.labels)]
        return EmulatedReply(text=text, input_tokens=150, output_tokens=4, model=asked.wire_name, item=item_id)


class Blabber(EmulatorApp):
    """Wants the right key of each provider, and repeats it now and then."""

    def __init__(self, behaviour: Sorter, market: Market, keys: Mapping[str, str], log: Path) -> None:
        super().__init__(behaviour, market, EmulatorOptions(log_path=log))
        self._keys = dict(keys)
        self._requests = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or give its key away."""
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not path.startswith(PREFIX):
            await super().__call__(scope, receive, send)
            return
        provider_id = path[len(PREFIX) :].partition("/")[0]
        told = next((v.decode("latin-1") for k, v in scope["headers"] if k in _KEY_HEADERS), "")
        if told.removeprefix("Bearer ") != self._keys.get(provider_id):
            await _blab(scope, send, 401, _error(scope, told, "Incorrect API key provided", "invalid_api_key"))
            return
        number = next(self._requests)
        if number % EVERY:
            await super().__call__(scope, receive, send)
            return
        await receive()
        status, body = _FAULT_BODIES[FAULTS[number // EVERY % len(FAULTS)]](scope, told)
        await _blab(scope, send, status, body)


def _error(scope: Scope, told: str, message: str, code: str) -> bytes:
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    text = f"{message}: {told}; request was {scope['path']}?key={told} with {headers}"
    return json.dumps({"error": {"message": text, "type": code, "code": code, "headers": headers}}).encode()


def _completion(told: str, *, error: str | None = None) -> bytes:
    """A reply that every dialect can read something of."""
    text = f"refund (sent with {told})"
    body: dict[str, object] = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9, "input_tokens": 9, "output_tokens": 9},
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 9},
    }
    return json.dumps(body if error is None else {"error": {"message": error, "code": 500}}).encode()


_FAULT_BODIES: Mapping[str, Callable[[Scope, str], tuple[int, bytes]]] = {
    "400": lambda scope, told: (400, _error(scope, told, "Bad request", "invalid_request_error")),
    "401 in 400": lambda scope, told: (400, _error(scope, told, "Missing scope for key", "permission")),
    "500": lambda scope, told: (500, _error(scope, told, "Internal error", "server_error")),
    "429": lambda scope, told: (429, _error(scope, told, "Rate limit of key", "rate_limit_exceeded")),
    "broken 200": lambda _, told: (200, _completion(told)[:-40]),
    "error in 200": lambda _, told: (200, _completion(told, error=f"upstream refused {told}")),
    "key in the text": lambda _, told: (200, _completion(told)),
    "headers of a 500": lambda _, told: (500, f"<html>proxy could not pass on {told}</html>".encode()),
}


async def _blab(scope: Scope, send: Send, status: int, body: bytes) -> None:
    """Send it, with the key in the headers too."""
    told = [(b"x-echo-" + k, v) for k, v in scope["headers"] if k in _KEY_HEADERS]
    fixed = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    retry = [(b"retry-after", b"0.05"), (b"x-request-id", b"req-" + (told[0][1] if told else b""))]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *retry, *told]})
    await send({"type": "http.response.body", "body": body})


def make_app(catalogs: str, task: str, keys: dict[str, str], log: str) -> Blabber:
    """What `spawned_emulator` starts.

    Args:
        catalogs: folder of the catalogue to serve.
        task: path of the task spec.
        keys: the right key by provider.
        log: JSONL file of requests that were let in.
    """
    market = load_market(Path(catalogs), as_of=datetime.now(UTC).date())
    spec = read_task(Path(task), market)
    prompts = {prompt_key(text): item_id for text, item_id in prompt_texts(spec, PromptRenderer(spec)).items()}
    return Blabber(Sorter(task=spec, item_by_prompt=prompts), market, keys, Path(log))
