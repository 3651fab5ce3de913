import contextlib
import signal
import subprocess
import sys
import time

import httpx
import pytest

from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.server import (
    emulated_market,
    emulator_server,
    listening_socket,
    spawned_emulator,
)
from tests.unit.emulator.small import endpoint_of, prompts, world


def make_app(seed: int = 1) -> EmulatorApp:
    made = world(seed)
    return EmulatorApp(made.behaviour(prompts(made.task)), made.market, EmulatorOptions())


def ask(url: str) -> bytes:
    endpoint = endpoint_of(world().market, "openai_chat")
    message = {"role": "user", "content": next(iter(prompts(world().task)))}
    body = {"model": endpoint.wire_name, "messages": [message], "max_tokens": 512}
    response = httpx.post(f"{url}/p/{endpoint.provider_id}/chat/completions", json=body, timeout=5)
    response.raise_for_status()
    choices: object = response.json()["choices"]
    return repr(choices).encode()


def test_a_process_of_its_own_gives_the_same_answers_and_ends_with_the_block() -> None:
    with spawned_emulator("tests.unit.emulator.test_server:make_app", {"seed": 1}) as url:
        apart = ask(url)
    with pytest.raises(httpx.ConnectError):
        ask(url)
    with emulator_server(make_app()) as url:
        assert ask(url) == apart


def test_a_factory_that_makes_no_app_is_an_error_not_a_wait() -> None:
    started = time.monotonic()
    with pytest.raises(ModelsearchError, match="ended with code"), spawned_emulator("builtins:dict"):
        pytest.fail("must not start")
    assert time.monotonic() - started < 10


def test_in_the_foreground_it_serves_until_interrupted() -> None:
    with listening_socket() as sock:
        port = sock.getsockname()[1]
    code = (
        "from modelsearch.emulator.server import run_emulator\n"
        "from tests.unit.emulator.test_server import make_app\n"
        f"run_emulator(make_app(), port={port})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    while process.poll() is None:
        with contextlib.suppress(httpx.ConnectError):
            assert ask(f"http://127.0.0.1:{port}")
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, b"")


def test_a_port_that_is_taken_is_named() -> None:
    with listening_socket() as sock:
        port = sock.getsockname()[1]
        with pytest.raises(OptionError, match=f"127.0.0.1:{port}"):
            listening_socket(port=port)


def test_the_server_ends_at_once_although_connections_are_open() -> None:
    with httpx.Client() as http:
        with emulator_server(make_app()) as url:
            assert http.get(f"{url}/__emulator/ready").json() == {"ready": True}
            started = time.monotonic()
        assert time.monotonic() - started < 1


def test_every_provider_moves_to_the_emulator_and_nothing_else_changes() -> None:
    before = world().market
    after = emulated_market(before, "http://127.0.0.1:1", "EMULATOR_KEY")
    assert after.endpoints == before.endpoints
    for provider_id, provider in after.providers.items():
        assert provider.base_url == f"http://127.0.0.1:1/p/{provider_id}"
        assert provider.key_env == "EMULATOR_KEY"
