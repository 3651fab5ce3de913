from collections.abc import Iterator
from datetime import date

import pytest

from modelsearch.core.ids import EndpointId
from modelsearch.emulator.app import EmulatorApp
from modelsearch.emulator.server import emulator_server
from tests.flows.conftest import Command, Ended
from tests.unit.api.listed_world import LIKE, ROUTER, small_market
from tests.unit.emulator.test_exchange import Says


@pytest.fixture
def app() -> EmulatorApp:
    """An emulator of a small market with catalogue pages."""
    return EmulatorApp(Says(), small_market())


@pytest.fixture
def url(app: EmulatorApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where it is; no Prefect server is named."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with emulator_server(app) as served:
        yield served


def sync(command: Command, url: str, *options: str) -> Ended:
    return command("catalog", "sync", "--emulator-url", url, *options)


def flooded(command: Command, app: EmulatorApp, url: str) -> None:
    sync(command, url)
    for n in range(15):
        app.shelf.add(LIKE, (ROUTER, f"acme/flood-{n:02}"), {})


def test_a_sync_tells_its_sources_and_what_changed(command: Command, app: EmulatorApp, url: str) -> None:
    first = sync(command, url)
    assert first.code == 0
    assert "40 endpoints seen for the first time" in first.out
    app.shelf.add(LIKE, (ROUTER, "acme/nova"), {})
    second = sync(command, url)
    assert second.code == 0
    lines = second.out.splitlines()
    assert lines[1:4] == ["  openrouter      21 models", "  groq            20 models", "  models.dev      41 models"]
    assert lines[5] == "1 change: 1 appeared"
    assert "no Prefect server is named" in lines[-1]
    assert "openrouter/acme/nova " in command("catalog", "list", "--match", "*nova*").out


def test_diff_and_history_tell_what_syncs_have_seen(command: Command, app: EmulatorApp, url: str) -> None:
    sync(command, url)
    app.shelf.deprecate(LIKE, date(2030, 1, 1))
    sync(command, url)
    assert "  deprecated  openrouter/acme/m-1 " in command("catalog", "diff").out
    assert command("catalog", "diff", "--kind", "gone").out.splitlines()[-1] == "no changes"
    assert command("catalog", "diff", "--match", "groq/*").out.splitlines()[-1] == "no changes"
    told = command("catalog", "history", LIKE).out.splitlines()
    assert told[0] == "openrouter/acme/m-1: on sale until 2030-01-01"
    assert told[1].endswith("deprecated: until 2030-01-01")
    assert told[3].endswith("input: 1 USD per mtok [openrouter]")
    app.shelf.remove(EndpointId("groq/m-3"))
    sync(command, url)
    sync(command, url)
    assert "gone, last day" in command("catalog", "history", "groq/m-3").out


def test_a_held_sync_ends_with_a_code_of_its_own_and_waits_for_a_word(
    command: Command, app: EmulatorApp, url: str
) -> None:
    flooded(command, app, url)
    held = sync(command, url)
    assert held.code == 3
    assert ": HELD: 15 of 40" in held.out
    assert "modelsearch catalog release" in held.out
    assert "not in force: 15 changes" in command("catalog", "release").out
    assert "give --accept or --reject" in command("catalog", "release", "--accept", "--reject").err
    accepted = command("catalog", "release", "--accept")
    assert accepted.code == 0
    assert "55 endpoints on sale" in accepted.out
    assert command("catalog", "release").out == "nothing is held\n"


def test_a_held_sync_can_be_turned_down(command: Command, app: EmulatorApp, url: str) -> None:
    flooded(command, app, url)
    sync(command, url)
    assert "a person has turned it down" in command("catalog", "release", "--reject").out
    again = sync(command, url)
    assert again.code == 0
    assert "turned the same down before" in again.out


def test_a_source_that_a_person_has_looked_at_is_taken(command: Command, app: EmulatorApp, url: str) -> None:
    sync(command, url)
    for n in range(8):
        app.shelf.remove(EndpointId(f"groq/m-{n}"))
    refused = sync(command, url)
    assert "  groq            refused: 12 rows, 20 before" in refused.out
    assert "  groq            12 models" in sync(command, url, "--take", "groq").out


def test_before_any_sync_there_is_nothing_to_tell(command: Command) -> None:
    for words in (("diff",), ("history", "openai/gpt-4o")):
        ended = command("catalog", *words)
        assert ended.code == 2
        assert "there was no sync yet" in ended.err
    assert command("catalog", "release", "--accept").code == 2


def test_a_stranger_and_an_emulator_that_is_not_there_are_told(command: Command, url: str) -> None:
    sync(command, url)
    stranger = command("catalog", "history", "groq/m-33")
    assert stranger.code == 2
    assert "near it: groq/m-3" in stranger.err
    nobody = command("catalog", "sync", "--emulator-url", "http://127.0.0.1:9")
    assert nobody.code == 2
    assert "start one with `modelsearch emulate`" in nobody.err
