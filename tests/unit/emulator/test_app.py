from decimal import Decimal

import msgspec
import pytest

from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Dialect
from modelsearch.core.registry import lookup
from modelsearch.core.wire import Message, ModelRequest, RawReply
from modelsearch.emulator.app import EmulatorOptions
from tests.unit.emulator.small import (
    FORMATS,
    KEY,
    Asker,
    anthropic_parts,
    endpoint_of,
    prompts,
    running,
    running_world,
    world,
)

PROMPTS = tuple(prompts(world().task))
AUTH_HEADERS = {
    "openai_chat": {"authorization": f"Bearer {KEY}"},
    "anthropic_messages": {"x-api-key": KEY},
    "google_generate": {"x-goog-api-key": KEY},
}

PATHS = {
    "openai_chat": "chat/completions",
    "anthropic_messages": "messages",
    "google_generate": "models/x:generateContent",
}
HEADERS = {
    name: headers | ({"anthropic-version": "2023-06-01"} if name == "anthropic_messages" else {})
    for name, headers in AUTH_HEADERS.items()
}


def sent_by_client(asker: Asker, endpoint: Endpoint, prompt: str) -> tuple[Dialect, RawReply]:
    """One call as the providers room makes it: its dialect, then HTTP."""
    name = asker.market.providers[endpoint.provider_id].dialect
    dialect: Dialect = lookup("dialect", name).cls()
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=prompt))
    wire = dialect.encode(ModelRequest(messages=messages, max_output_tokens=512, temperature=0.0, seed=1), endpoint)
    url = f"{asker.url}/p/{endpoint.provider_id}{wire.path}"
    response = asker.http.post(url, content=wire.body, headers={**wire.headers, **AUTH_HEADERS[name]})
    raw = RawReply(http_status=response.status_code, body=response.content, headers=dict(response.headers))
    return dialect, raw


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("openai_chat", False),
        ("openai_chat", True),
        ("anthropic_messages", False),
        ("google_generate", False),
        ("google_generate", True),
    ],
)
def test_the_clients_dialect_and_the_emulator_understand_each_other(name: str, reasons: bool) -> None:
    market = world().market
    endpoint = endpoint_of(market, name, reasons=reasons)
    spec = world().task
    known = {f"Be brief.\n\n{text}": item for text, item in prompts(spec).items()}
    with running(world().behaviour(known), world().market, EmulatorOptions(key=KEY)) as asker:
        dialect, raw = sent_by_client(asker, endpoint, PROMPTS[3])
        line = asker.app.bill.lines[-1]
    assert raw.http_status == 200, raw.body
    reply = dialect.decode(raw)
    row = [e.id for e in world().endpoints].index(endpoint.id)
    expected = world().reply_to(row, 3, f"Be brief.\n\n{PROMPTS[3]}", 512)
    assert reply.status is Status.OK
    assert reply.text == expected.text
    assert reply.usage == expected.usage
    assert (expected.reasoning_tokens > 0) == reasons
    assert line.item == spec.items[3].id
    assert line.cost_usd > 0


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_wrong_key_is_told_in_the_words_of_the_format_and_costs_nothing(name: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world() as asker:
        wrong = Asker(url=asker.url, market=asker.market, http=asker.http, app=asker.app, key="wrong")
        response = wrong.ask(endpoint, PROMPTS[0])
        total = asker.app.bill.total_usd
    error = response.json()["error"]
    said = {
        "openai_chat": error.get("code") == "invalid_api_key",
        "anthropic_messages": error.get("type") == "authentication_error",
        "google_generate": error.get("status") == "UNAUTHENTICATED",
    }
    assert response.status_code == 401
    assert said[name]
    assert "wrong" not in response.text
    assert total == 0


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_unknown_models_items_and_bodies_are_errors_not_answers(name: str) -> None:
    endpoint = endpoint_of(world().market, name)
    with running_world() as asker:
        unknown_item = asker.ask(endpoint, "never seen")
        path = f"{asker.url}/p/{endpoint.provider_id}"
        broken = asker.http.post(f"{path}/{PATHS[name]}", content=b"{", headers=HEADERS[name])
        elsewhere = asker.http.post(f"{path}/nowhere", content=b"{}", headers=HEADERS[name])
    assert unknown_item.status_code == 400
    assert "knows no item" in unknown_item.text
    assert broken.status_code == 400
    assert elsewhere.status_code == 404


def test_a_model_that_is_not_there_is_a_404() -> None:
    with running_world() as asker:
        body = {"model": "no-such", "messages": [{"role": "user", "content": PROMPTS[0]}], "max_tokens": 5}
        response = asker.http.post(
            f"{asker.url}/p/drumlincompute/chat/completions", json=body, headers=HEADERS["openai_chat"]
        )
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


def test_the_official_clients_version_in_the_path_is_the_same_path() -> None:
    with running_world() as asker:
        endpoint = endpoint_of(asker.market, "anthropic_messages")
        prompt = next(iter(prompts(world().task)))
        path, headers, body = anthropic_parts(endpoint, prompt, 512, KEY)
        url = f"{asker.url}/p/{endpoint.provider_id}/v1/{path}"
        assert asker.http.post(url, headers=headers, json=body).status_code == 200


def test_the_bill_is_the_sum_of_the_costs_and_can_be_read_and_reset() -> None:
    endpoints = list(world().market.endpoints.values())[:12]
    with running_world() as asker:
        for endpoint in endpoints:
            asker.ask(endpoint, PROMPTS[1])
        bill = asker.http.get(f"{asker.url}/__emulator/bill").json()
        log = asker.http.get(f"{asker.url}/__emulator/log").json()
        asker.http.post(f"{asker.url}/__emulator/reset")
        after = asker.http.get(f"{asker.url}/__emulator/bill").json()
    by_hand = Decimal(0)
    for endpoint in endpoints:
        row = [e.id for e in world().endpoints].index(endpoint.id)
        usage = world().reply_to(row, 1, PROMPTS[1], 512).usage
        now = {rate.kind: rate.usd for rate in endpoint.rates}  # the last row of each kind is the newest
        assert now["input"] is not None
        assert now["output"] is not None
        n_output = usage.output_tokens + usage.reasoning_tokens
        by_hand += (now["input"] * usage.input_tokens + now["output"] * n_output) / 1_000_000
    assert Decimal(bill["total_usd"]) == by_hand
    assert sum(Decimal(line["cost_usd"]) for line in log) == by_hand
    assert bill["n_charged"] == len(endpoints)
    assert (after["total_usd"], after["n_requests"]) == ("0", 0)


def test_a_router_reports_the_cost_and_the_host() -> None:
    endpoint = next(e for e in world().market.endpoints.values() if e.host is not None)
    with running_world() as asker:
        body = asker.ask(endpoint, PROMPTS[2]).content
        charged = asker.app.bill.total_usd
    decoded = msgspec.json.decode(body)
    assert decoded["provider"] == endpoint.host
    assert Decimal(repr(decoded["usage"]["cost"])) == charged
    assert charged > 0


def test_reasoning_models_refuse_what_others_take() -> None:
    endpoint = next(e for e in world().market.endpoints.values() if "no_temperature" in e.capabilities)
    body = {
        "model": endpoint.wire_name,
        "messages": [{"role": "user", "content": PROMPTS[0]}],
        "max_completion_tokens": 512,
        "temperature": 0,
    }
    with running_world() as asker:
        url = f"{asker.url}/p/{endpoint.provider_id}/chat/completions"
        response = asker.http.post(url, json=body, headers=HEADERS["openai_chat"])
        charged = asker.app.bill.total_usd
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unsupported_value"
    assert charged == 0


def test_answers_stay_the_same_over_restarts() -> None:
    endpoints = list(world().market.endpoints.values())[::9]

    def texts() -> list[object]:
        with running_world() as asker:
            return [content_of(asker.ask(endpoint, prompt).json()) for endpoint in endpoints for prompt in PROMPTS[:4]]

    assert texts() == texts()


def content_of(body: dict[str, object]) -> object:
    return {key: value for key, value in body.items() if key != "created"}


def test_an_output_limit_below_the_hidden_tokens_truncates() -> None:
    endpoint = endpoint_of(world().market, "openai_chat", reasons=True)
    with running_world() as asker:
        body = asker.ask(endpoint, PROMPTS[0], max_tokens=3).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 3
