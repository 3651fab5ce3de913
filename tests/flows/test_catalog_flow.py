"""The catalogue sync under Prefect: the same result as without, and each change sent as one event."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from modelsearch.api.catalog_reading import read_source
from modelsearch.core.nights import Alarm
from modelsearch.core.offering import ModelChange
from modelsearch.core.sync_report import SyncReport
from modelsearch.emulator.app import EmulatorApp
from modelsearch.emulator.server import emulator_server
from modelsearch.settings import read_settings
from modelsearch.store.catalog_outbox import CatalogOutbox
from modelsearch.store.catalog_store import CatalogStore
from tests.unit.api.listed_world import LIKE, ROUTER, small_market
from tests.unit.emulator.test_exchange import Says

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300), pytest.mark.usefixtures("prefect_server", "project")]
Told = list[tuple[str, str]]


@pytest.fixture
def app() -> EmulatorApp:
    """An emulator of a small market with catalogue pages."""
    return EmulatorApp(Says(), small_market())


@pytest.fixture
def url(app: EmulatorApp) -> Iterator[str]:
    """Where it is."""
    with emulator_server(app) as served:
        yield served


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Events that were handed to Prefect: kind and endpoint."""
    from flows import announce, catalog  # noqa: PLC0415 - Prefect is imported by the tests that need it alone

    sent: Told = []

    def announced(change: ModelChange) -> Any:
        sent.append((change.kind, change.endpoint_id))
        return announce.announce_change(change)

    monkeypatch.setattr(catalog, "announce_change", announced)
    return sent


def synced(url: str) -> SyncReport:
    """The flow, to its whole report."""
    from flows.catalog import sync_to_report  # noqa: PLC0415 - as above

    return asyncio.run(sync_to_report(url, ()))


def test_a_new_model_is_one_event_however_often_the_sync_runs(app: EmulatorApp, url: str, told: Told) -> None:
    assert synced(url).n_first_seen == 40
    app.shelf.add(LIKE, (ROUTER, "acme/nova"), {})
    report = synced(url)
    assert [change.kind for change in report.changes] == ["appeared"]
    assert synced(url).end == "unchanged"
    assert told == [("appeared", "openrouter/acme/nova")]
    assert asyncio.run(stored_events()) == {"modelsearch.model.openrouter/acme/nova": 1}


async def stored_events() -> dict[str, int]:
    """Events of models that the server has, by resource."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above

    for _ in range(100):
        async with get_client() as client:
            asked = {"filter": {"event": {"prefix": ["modelsearch.model."]}}}
            found = (await client._client.post("/events/filter", json=asked)).json()["events"]
        if found:
            names = [event["resource"]["prefect.resource.id"] for event in found]
            return {name: names.count(name) for name in names}
        await asyncio.sleep(0.1)
    return {}


def test_what_was_committed_before_a_kill_is_told_by_the_next_sync(
    app: EmulatorApp, url: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import catalog  # noqa: PLC0415 - as above

    synced(url)
    app.shelf.add(LIKE, (ROUTER, "acme/nova-2"), {})

    async def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(catalog, "tell", killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever Prefect makes of a killed flow
            synced(url)
    assert told == []
    store = CatalogStore(read_settings().synced_catalog)
    assert [change.kind for change in store.history()] == ["appeared"]
    assert synced(url).end == "unchanged"
    assert told == [("appeared", "openrouter/acme/nova-2")]
    assert CatalogOutbox(store).untold(store.history()[0].day) == ()


def test_a_source_that_fails_is_asked_again_and_the_sync_goes_on_without_it(
    url: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks import catalog  # noqa: PLC0415 - as above

    n_times: list[str] = []

    async def failing(begun: Any, spec: Any) -> Any:
        n_times.append(spec.name)
        one = spec if spec.name != "groq" else type(spec)(name="groq", url=f"{url}/nowhere", listing_of=spec.listing_of)
        return await read_source(begun, one)

    monkeypatch.setattr(catalog, "read_source", failing)
    monkeypatch.setattr(catalog.read_catalog_source, "retry_delay_seconds", [0.0, 0.0])
    report = synced(url)
    assert {source.name: source.end for source in report.sources} == {
        "openrouter": "read", "groq": "failed", "models.dev": "read",
    }  # fmt: skip
    assert n_times.count("groq") == 3
    assert report.n_endpoints == 40
    assert told == []


def test_a_held_sync_raises_one_alarm_a_day(app: EmulatorApp, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import announce, catalog  # noqa: PLC0415 - as above

    raised: list[str] = []

    def announced(alarm: Alarm) -> Any:
        raised.append(f"{alarm.code} {alarm.subject}")
        return announce.announce_alarm(alarm)

    monkeypatch.setattr(catalog, "announce_alarm", announced)
    synced(url)
    for n in range(15):
        app.shelf.add(LIKE, (ROUTER, f"acme/flood-{n}"), {})
    assert [synced(url).end for _ in range(2)] == ["held", "held"]
    assert raised == ["held_sync catalog"]
