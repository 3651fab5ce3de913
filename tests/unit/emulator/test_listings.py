import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import httpx
import pytest

from modelsearch.core.market import Endpoint
from modelsearch.emulator.listing_shapes import SHAPES
from modelsearch.emulator.listings import Listings, shape_of
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.world_names import ROUTER
from modelsearch.testing.factories import make_endpoint, make_market
from tests.unit.emulator.small import KEY, Asker, prompts, running_world, task


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with running_world() as asker:
        yield asker


@pytest.fixture(autouse=True)
def untouched(asker: Asker) -> Iterator[None]:
    yield
    asker.http.post(f"{asker.url}/__emulator/reset")


def listed(asker: Asker, page: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {KEY}", "x-api-key": KEY, "x-goog-api-key": KEY}
    return asker.http.get(f"{asker.url}{page}", headers=headers)


def changed(asker: Asker, what: str, **body: object) -> httpx.Response:
    return asker.http.post(f"{asker.url}/__emulator/listing/{what}", json=body)


def own(asker: Asker) -> Endpoint:
    """An endpoint of the router, in the openai_chat format."""
    return next(e for e in asker.market.endpoints.values() if e.provider_id == ROUTER)


def test_the_router_lists_each_model_once_with_prices_in_usd_a_token(asker: Asker) -> None:
    page = listed(asker, f"/p/{ROUTER}/models").json()
    names = [row["id"] for row in page["data"]]
    assert sorted(set(names)) == names
    assert set(names) == {e.wire_name for e in asker.market.endpoints.values() if e.provider_id == ROUTER}
    endpoint = own(asker)
    row = next(row for row in page["data"] if row["id"] == endpoint.wire_name)
    paid = [rate.usd for rate in endpoint.rates if rate.kind == "input" and rate.processing == "standard"][-1]
    assert Decimal(row["pricing"]["prompt"]) * 1_000_000 == paid
    assert row["context_length"] == endpoint.context_tokens


def test_the_router_lists_the_hosts_of_a_model(asker: Asker) -> None:
    endpoint = own(asker)
    page = listed(asker, f"/p/{ROUTER}/models/{endpoint.wire_name}/endpoints").json()
    assert [(row["tag"], row["quantization"]) for row in page["data"]["endpoints"]] == [
        (endpoint.host, endpoint.quantization or "unknown")
    ]
    assert listed(asker, f"/p/{ROUTER}/models/no/body/endpoints").status_code == 404
    assert listed(asker, f"/p/{ROUTER}/endpoints/zdr").json() == {"data": []}


def test_pages_of_providers_ask_for_the_key_and_models_dev_does_not(asker: Asker) -> None:
    for provider_id in asker.market.providers:
        assert asker.http.get(f"{asker.url}/p/{provider_id}/models").status_code in {400, 401, 403}
        assert listed(asker, f"/p/{provider_id}/v1/models").status_code == 200
    assert asker.http.get(f"{asker.url}/models.dev/api.json").status_code == 200
    assert listed(asker, "/p/nobody/models").status_code == 404


def test_models_dev_has_all_prices_in_usd_per_mtok(asker: Asker) -> None:
    page = asker.http.get(f"{asker.url}/models.dev/api.json").json()
    assert page.keys() == set(asker.market.providers)
    for endpoint in asker.market.endpoints.values():
        row = page[endpoint.provider_id]["models"][endpoint.wire_name]
        assert row["cost"].keys() >= {"input", "output"}
        assert row["limit"]["context"] == endpoint.context_tokens


@pytest.mark.parametrize("provider_id", sorted(SHAPES))
def test_each_real_provider_has_its_own_shape(provider_id: str) -> None:
    endpoint = make_endpoint("m00", deprecated_on=date(2026, 12, 24))
    shelf = Shelf(make_market(endpoints={endpoint.id: endpoint}))
    page = SHAPES[shape_of(provider_id, "openai_chat")](shelf, list(shelf.at("p0")))
    text = json.dumps(page, default=str)
    assert endpoint.wire_name in text
    has_last_day = provider_id in {"openrouter", "openai", "anthropic", "mistral"}
    assert ("2026-12-24" in text) == has_last_day
    assert (isinstance(page, list)) == (provider_id == "together")


def test_other_providers_have_the_shape_of_their_wire_format() -> None:
    assert shape_of(ROUTER, "openai_chat") == "openrouter"
    assert shape_of("tessellar", "openai_chat") == "openai"
    assert shape_of("quillonworks", "anthropic_messages") == "anthropic"
    assert shape_of("brontidelabs", "google_generate") == "google"
    assert shape_of("groq", "openai_chat") == "groq"


def test_the_emulator_tells_where_its_pages_are(asker: Asker) -> None:
    pages = asker.http.get(f"{asker.url}/__emulator/listing/sources").json()
    assert [page["provider"] for page in pages] == [*asker.market.providers, ""]
    assert all(listed(asker, page["path"]).status_code == 200 for page in pages)


def test_calls_are_no_catalogue_pages() -> None:
    listings = Listings(Shelf(make_market()), {}, None)
    assert not listings.is_path("/p/p0/models")
    assert not listings.is_path("/__emulator/bill")


def test_a_model_that_is_added_is_listed_and_answers_like_another_at_its_own_price(asker: Asker) -> None:
    like = own(asker)
    added = changed(
        asker, "add", like=like.id, provider=ROUTER, wire_name="acme/nova-9", context_tokens=1000,
        usd_per_mtok={"input": "7", "output": "9"}, revision="acme/nova-9-20261124",
    )  # fmt: skip
    assert (added.status_code, added.json()) == (200, {"endpoint": f"{ROUTER}/acme/nova-9"})
    rows = {row["id"]: row for row in listed(asker, f"/p/{ROUTER}/models").json()["data"]}
    assert rows["acme/nova-9"]["canonical_slug"] == "acme/nova-9-20261124"
    assert rows["acme/nova-9"]["pricing"] == {"prompt": "0.000007", "completion": "0.000009"}
    prompt = next(iter(prompts(task())))
    new = Endpoint(
        id=like.id, model_id=like.model_id, provider_id=like.provider_id, wire_name="acme/nova-9", rates=(),
        capabilities=like.capabilities,
    )  # fmt: skip
    said, said_by_like = (asker.ask(each, prompt).json() for each in (new, like))
    assert said["choices"][0]["message"] == said_by_like["choices"][0]["message"]
    assert said["model"] == "acme/nova-9"
    usage = said["usage"]
    expected = (usage["prompt_tokens"] * 7 + usage["completion_tokens"] * 9) / 1e6
    assert usage["cost"] == pytest.approx(expected)
    last = json.loads(asker.http.get(f"{asker.url}/__emulator/log").content)[-2]
    assert last["model"] == "acme/nova-9"
    assert float(last["cost_usd"]) == pytest.approx(expected)


def test_a_new_price_is_listed_and_charged(asker: Asker) -> None:
    endpoint = own(asker)
    assert changed(asker, "reprice", endpoint=endpoint.id, usd_per_mtok={"input": "0.5", "output": "100"}).is_success
    rows = {row["id"]: row for row in listed(asker, f"/p/{ROUTER}/models").json()["data"]}
    assert rows[endpoint.wire_name]["pricing"] == {"prompt": "0.0000005", "completion": "0.0001"}
    usage = asker.ask(endpoint, next(iter(prompts(task())))).json()["usage"]
    assert usage["cost"] == pytest.approx((usage["prompt_tokens"] * 0.5 + usage["completion_tokens"] * 100) / 1e6)


def test_a_last_day_and_another_revision_are_listed(asker: Asker) -> None:
    endpoint = own(asker)
    assert changed(asker, "deprecate", endpoint=endpoint.id, day="2026-12-24").is_success
    assert changed(asker, "revise", endpoint=endpoint.id, revision="another", quantization="int2").is_success
    rows = {row["id"]: row for row in listed(asker, f"/p/{ROUTER}/models").json()["data"]}
    assert rows[endpoint.wire_name]["expiration_date"] == "2026-12-24"
    assert rows[endpoint.wire_name]["canonical_slug"] == "another"
    hosts = listed(asker, f"/p/{ROUTER}/models/{endpoint.wire_name}/endpoints").json()["data"]["endpoints"]
    assert hosts[0]["quantization"] == "int2"


def test_a_model_that_is_removed_is_neither_listed_nor_answers_until_the_reset(asker: Asker) -> None:
    endpoint, prompt = own(asker), next(iter(prompts(task())))
    assert changed(asker, "remove", endpoint=endpoint.id).is_success
    assert endpoint.wire_name not in listed(asker, f"/p/{ROUTER}/models").text
    assert asker.ask(endpoint, prompt).status_code == 404
    asker.http.post(f"{asker.url}/__emulator/reset")
    assert endpoint.wire_name in listed(asker, f"/p/{ROUTER}/models").text
    assert asker.ask(endpoint, prompt).status_code == 200


@pytest.mark.parametrize(
    ("what", "body", "told"),
    [
        ("remove", {"endpoint": "nobody/x"}, "is not on sale"),
        ("add", {"like": "nobody/x", "provider": ROUTER, "wire_name": "x", "usd_per_mtok": {}}, "is not on sale"),
        ("add", {"provider": ROUTER}, "missing required field"),
        ("deprecate", {"endpoint": "tessellar"}, "expected a day"),
        ("reprice", {"price": 1}, "unknown field"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(asker: Asker, what: str, body: dict[str, object], told: str) -> None:
    answer = changed(asker, what, **body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_nothing_is_added_twice_or_at_a_stranger(asker: Asker) -> None:
    fields: dict[str, object] = {"like": own(asker).id, "wire_name": "acme/x", "usd_per_mtok": {"input": "1"}}
    assert changed(asker, "add", provider=ROUTER, **fields).status_code == 200
    assert "on sale already" in changed(asker, "add", provider=ROUTER, **fields).json()["error"]
    assert "no provider" in changed(asker, "add", provider="nobody", **fields).json()["error"]
