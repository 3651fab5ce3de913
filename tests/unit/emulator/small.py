"""A small world and ways to ask it, for the tests of the emulator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from modelsearch.core.ids import ItemId, TaskId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.replies import Behaviour
from modelsearch.emulator.server import emulator_server
from modelsearch.emulator.world import World
from modelsearch.emulator.world_make import make_world
from modelsearch.testing.factories import make_task

LABELS = ("billing", "shipping", "returns", "account", "other")
KEY = "secret-of-the-test"


class ExactScorer:
    """Equality, white space aside."""

    def canonical(self, reply: str, item: Item) -> str | None:
        return reply.strip() or None

    def score(self, answer: str, item: Item) -> float:
        return float(answer == item.target)


def task(n_items: int = 60, scorer: str = "exact") -> TaskSpec:
    items = tuple(
        Item(id=ItemId(f"i{n:04d}"), input=f"message {n}: where is it?", target=LABELS[n * 7 % 5])
        for n in range(n_items)
    )
    prompts = (Prompt(id="default", user="Sort: {{ input }}"),)  # type: ignore[arg-type]
    return make_task(id=TaskId("sorting"), items=items, labels=LABELS, prompts=prompts, scorer=ScorerSpec(name=scorer))


def prompts(spec: TaskSpec) -> dict[str, ItemId]:
    return {f"Sort: {item.input}": item.id for item in spec.items}


@cache
def world(seed: int = 1) -> World:
    return make_world(task(), seed=seed)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks endpoints of a running emulator in their own formats."""

    url: str
    market: Market
    http: httpx.Client
    app: EmulatorApp
    key: str = KEY

    def ask(self, endpoint: Endpoint, prompt: str, max_tokens: int = 512) -> httpx.Response:
        dialect = self.market.providers[endpoint.provider_id].dialect
        path, headers, body = FORMATS[dialect](endpoint, prompt, max_tokens, self.key)
        return self.http.post(f"{self.url}/p/{endpoint.provider_id}/{path}", headers=headers, json=body)


Parts = tuple[str, dict[str, str], dict[str, object]]


def openai_parts(endpoint: Endpoint, prompt: str, max_tokens: int, key: str) -> Parts:
    limit = "max_completion_tokens" if "max_completion_tokens" in endpoint.capabilities else "max_tokens"
    body: dict[str, object] = {
        "model": endpoint.wire_name,
        "messages": [{"role": "user", "content": prompt}],
        limit: max_tokens,
    }
    return "chat/completions", {"authorization": f"Bearer {key}"}, body


def anthropic_parts(endpoint: Endpoint, prompt: str, max_tokens: int, key: str) -> Parts:
    messages = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
    body: dict[str, object] = {"model": endpoint.wire_name, "messages": messages, "max_tokens": max_tokens}
    return "messages", {"x-api-key": key, "anthropic-version": "2023-06-01"}, body


def google_parts(endpoint: Endpoint, prompt: str, max_tokens: int, key: str) -> Parts:
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    body: dict[str, object] = {"contents": contents, "generationConfig": {"maxOutputTokens": max_tokens}}
    return f"models/{endpoint.wire_name}:generateContent", {"x-goog-api-key": key}, body


FORMATS = {
    "openai_chat": openai_parts,
    "anthropic_messages": anthropic_parts,
    "google_generate": google_parts,
}


@contextmanager
def running(behaviour: Behaviour, market: Market, options: EmulatorOptions | None = None) -> Iterator[Asker]:
    app = EmulatorApp(behaviour, market, options or EmulatorOptions(key=KEY))
    with emulator_server(app) as url, httpx.Client(timeout=5) as http:
        yield Asker(url=url, market=market, http=http, app=app)


@contextmanager
def running_world(options: EmulatorOptions | None = None) -> Iterator[Asker]:
    small = world()
    with running(small.behaviour(prompts(small.task)), small.market, options) as asker:
        yield asker


def endpoint_of(market: Market, dialect: str, *, reasons: bool = False) -> Endpoint:
    """The first endpoint of a format at its own provider."""
    own: Mapping[str, bool] = {p.id: p.dialect == dialect for p in market.providers.values()}
    return next(
        e
        for e in market.endpoints.values()
        if own[e.provider_id] and e.host is None and ("reasoning" in e.capabilities) == reasons
    )
