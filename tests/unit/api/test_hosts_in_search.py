"""A whole search at a router on loopback that serves listings and answers, and bills as it is told."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import asearch
from modelsearch.api.session import Opening
from modelsearch.core.result import SearchResult
from modelsearch.settings import read_settings
from modelsearch.testing.factories import make_task
from tests.unit.catalog.folders import write_catalog
from tests.unit.catalog.sources.listings import flat_listing, listing, priced

KEY = "sk-or-canary-0123456789"
GOOD = ["max_tokens", "temperature"]
LISTINGS = {
    "/models/acme/m-1/endpoints": listing(priced("solid/bf16", "0.000004", "0.000008", supported_parameters=GOOD)),
    "/models/acme/m-2/endpoints": listing(
        priced("cheap/fp8", "0.0000001", "0.0000002", supported_parameters=GOOD),
        priced("private/fp8", "0.000001", "0.000002", supported_parameters=GOOD),
    ),
    "/endpoints/zdr": flat_listing(
        priced("solid/bf16", "0", "0"), priced("private/fp8", "0", "0", model_id="acme/m-2")
    ),
}
ENDPOINTS = "".join(
    f"- {{wire: acme/{name}, model: {name}, prices: [{{input_mtok: {usd}, output_mtok: {usd}, "
    "observed_at: 2026-11-01, source: list}]}\n"
    for name, usd in (("m-1", 9), ("m-2", 8))
)


class Handler(BaseHTTPRequestHandler):
    """Says yes or no as the item's number asks."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        body = LISTINGS.get(self.path.removeprefix("/api/v1"))
        self._send(404 if body is None else 200, body or b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Handler.asked.append(body)
        number = int("".join(c for c in body["messages"][-1]["content"] if c.isdigit()))
        message = {"role": "assistant", "content": "no" if number % 2 else "yes"}
        usage = {"prompt_tokens": 20, "completion_tokens": 1, "cost": 0.000002}
        choice = {"message": message, "finish_reason": "stop"}
        told = {"model": body["model"], "provider": "Host", "choices": [choice], "usage": usage}
        self._send(200, json.dumps(told).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Nothing on stderr."""


@pytest.fixture
def catalogs(tmp_path: Path) -> Iterator[Path]:
    Handler.asked.clear()
    folder = tmp_path / "catalogs"
    folder.mkdir()
    write_catalog(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        head = (
            "id: openrouter\nname: OpenRouter\ndialect: openai_chat\n"
            f"base_url: http://127.0.0.1:{server.server_port}/api/v1\nkey_env: OPENROUTER_API_KEY\n"
            "pricing_class: variable\nis_zdr: true\nendpoints:\n"
        )
        (folder / "providers" / "openrouter.yaml").write_text(head + ENDPOINTS)
        yield folder
        server.shutdown()
        thread.join()


async def search(catalogs: Path, *needs: str) -> SearchResult:
    task, project = make_task(10, kind="coding"), catalogs.parent
    wanted = replace(task.requirements, needs=frozenset(needs), providers=frozenset({"openrouter"}))
    request = SearchRequest(
        task=project / "task.yaml", baseline="openrouter/acme/m-1", budget_usd=Decimal(1), market=catalogs
    )
    settings = read_settings({"OPENROUTER_API_KEY": KEY}, project=project)
    return await asearch(request, Opening(settings=settings, task=replace(task, requirements=wanted)))


def routes() -> dict[str, dict[str, Any]]:
    """What the router was told, by model; the same in every call."""
    found = {body["model"]: body["provider"] for body in Handler.asked}
    assert all(body["provider"] == found[body["model"]] for body in Handler.asked)
    return found


async def test_every_call_of_a_search_goes_to_its_pinned_host_within_its_price(catalogs: Path) -> None:
    result = await search(catalogs)
    assert result.recommendation.candidate_id == "openrouter/acme/m-2"
    told = routes()
    assert {model: route["only"] for model, route in told.items()} == {
        "acme/m-1": ["solid/bf16"],
        "acme/m-2": ["cheap/fp8"],
    }
    assert told["acme/m-2"]["max_price"] == pytest.approx({"prompt": 0.1, "completion": 0.2, "request": 0}, rel=1e-5)
    assert {route["allow_fallbacks"] for route in told.values()} == {False}
    assert not {"zdr", "data_collection"} & {key for route in told.values() for key in route}


async def test_a_search_that_requires_zero_retention_asks_for_it_in_every_call(catalogs: Path) -> None:
    await search(catalogs, "zdr")
    told = routes()
    assert {(route["zdr"], route["data_collection"]) for route in told.values()} == {(True, "deny")}
    assert told["acme/m-2"]["only"] == ["private/fp8"]
