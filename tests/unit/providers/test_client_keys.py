"""Keys and addresses: refused where they cannot be right, and shown nowhere."""

import logging

import httpx
import pytest

from modelsearch.core.errors import (
    AuthenticationError,
    CatalogError,
    InputError,
    KeyMissingError,
)
from modelsearch.core.ids import ProviderId
from modelsearch.providers.client import ProviderClient
from tests.unit.providers.doubles import KEY, chat_body, make_market
from tests.unit.providers.scripted import ACME, fault, make_client, make_script, ok, send


@pytest.mark.parametrize(
    ("dialect", "header", "value"),
    [
        ("openai_chat", "authorization", f"Bearer {KEY}"),
        ("anthropic_messages", "x-api-key", KEY),
        ("google_generate", "x-goog-api-key", KEY),
    ],
)
async def test_the_key_goes_where_the_dialect_wants_it_and_never_into_the_url(
    dialect: str, header: str, value: str
) -> None:
    script = make_script(ok)
    client = ProviderClient(make_market(dialect=dialect), {ACME: f" {KEY}\n"}, transport_factory=lambda _: script)
    await send(client)
    assert script.asked[0].headers[header] == value
    assert sum(KEY in text for text in script.asked[0].headers.values()) == 1
    assert KEY not in str(script.asked[0].url)


async def test_a_local_provider_needs_no_key() -> None:
    script = make_script(ok)
    client = ProviderClient(make_market(key_env=None), {}, transport_factory=lambda _: script)
    assert (await send(client)).http_status == 200
    assert "authorization" not in script.asked[0].headers


async def test_a_refused_key_names_its_variable_and_not_itself() -> None:
    client, _ = make_client(make_script(fault(401, f"Incorrect API key {KEY}")))
    with pytest.raises(AuthenticationError, match="provider acme refuses the key in ACME_API_KEY") as caught:
        await send(client)
    assert KEY not in str(caught.value)


async def test_a_dummy_key_of_a_local_server_hides_no_word_of_a_reply() -> None:
    client = ProviderClient(make_market(), {ACME: "yes"}, transport_factory=lambda _: make_script(ok))
    assert (await send(client)).body == chat_body("yes")


async def test_a_missing_key_is_named() -> None:
    client = ProviderClient(make_market(), {}, transport_factory=lambda _: make_script(ok))
    with pytest.raises(KeyMissingError, match="export ACME_API_KEY"):
        await send(client)


@pytest.mark.parametrize("key", ["sk-a\nsk-b", "sk-ключ", "sk-\x00"])
async def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    client = ProviderClient(make_market(), {ACME: key}, transport_factory=lambda _: make_script(ok))
    with pytest.raises(KeyMissingError, match="ACME_API_KEY must be one line") as caught:
        await send(client)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.acme.example",
        "ftp://acme.example",
        "https://",
        "https://u:p@acme.example",
        "https://a:99999999/",
        "https://a/?key=1",
    ],
)
async def test_a_base_url_that_cannot_be_called_is_refused(url: str) -> None:
    client = ProviderClient(make_market(base_url=url), {ACME: KEY})
    with pytest.raises(CatalogError, match="provider acme: base_url must be") as caught:
        await send(client)
    assert "u:p" not in str(caught.value)


async def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    client = ProviderClient(make_market(id=ProviderId("other")), {})
    with pytest.raises(InputError, match="expected one of other, got 'acme'"):
        await send(client)


async def test_no_message_log_or_reply_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = make_script(
        lambda: httpx.Response(400, json={"error": f"you sent {KEY}"}, headers={"x-echo": KEY}),
        lambda: httpx.ReadError(f"Bearer {KEY}"),
    )
    client, _ = make_client(echo)
    seen = [repr(await send(client)), repr(await send(client)), repr(client), repr(vars(client)["_accounts"])]
    assert not [text for text in (*seen, caplog.text) if KEY in text]
