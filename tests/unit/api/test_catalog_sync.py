from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from modelsearch.api.catalog_settling import held_sync, release
from modelsearch.api.market import market_in_force
from modelsearch.core.errors import FileWriteError, OptionError
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.store import payloads
from modelsearch.testing.factories import make_rates
from tests.unit.api.listed_world import LIKE, ROUTER, ListedWorld
from tests.unit.catalog.offerings import DAY, NOW

NEW = EndpointId("openrouter/acme/nova")
JSON = {"content-type": "application/json"}


@pytest.fixture
def world(tmp_path: Path) -> ListedWorld:
    return ListedWorld(home=tmp_path)


def add(world: ListedWorld, name: str = "acme/nova", provider: ProviderId = ROUTER) -> None:
    world.shelf.add(LIKE, (provider, name), {"rates": make_rates(1.0, 4.0)})


def kinds(world: ListedWorld) -> list[str]:
    return [f"{change.kind} {change.endpoint_id}" for change in world.store.history()]


async def test_the_first_sync_makes_all_known_and_tells_nothing(world: ListedWorld) -> None:
    report = await world.sync()
    assert (report.end, report.n_endpoints, report.n_first_seen, report.changes) == ("accepted", 40, 40, ())
    assert [(source.name, source.end) for source in report.sources] == [
        ("openrouter", "read"), ("groq", "read"), ("models.dev", "read"),
    ]  # fmt: skip
    assert kinds(world) == []
    assert all(world.store.read_payload(source.sha256) for source in report.sources)


async def test_a_second_sync_of_the_same_is_no_news(world: ListedWorld) -> None:
    await world.sync()
    before = world.store.record()
    report = await world.sync()
    assert (report.end, report.changes, report.n_first_seen) == ("unchanged", (), 0)
    assert (after := world.store.record()) is not None
    assert before is not None
    assert after.prices == before.prices
    assert after.state.observed_at == NOW + timedelta(hours=2)


async def test_what_changes_is_in_force_and_in_the_history(world: ListedWorld) -> None:
    await world.sync()
    add(world)
    world.shelf.deprecate(EndpointId("openrouter/acme/m-2"), DAY + timedelta(days=30))
    world.shelf.remove(EndpointId("openrouter/acme/m-3"))
    report = await world.sync()
    assert (report.end, dict(report.n_by_kind)) == ("accepted", {"deprecated": 1, "appeared": 1})
    again = await world.sync()
    assert dict(again.n_by_kind) == {"gone": 1}
    assert kinds(world) == [
        "deprecated openrouter/acme/m-2", "appeared openrouter/acme/nova", "gone openrouter/acme/m-3",
    ]  # fmt: skip
    market = market_in_force(world.settings, DAY)
    assert market.endpoints[NEW].rates
    assert market.endpoints[EndpointId("openrouter/acme/m-3")].deprecated_on == DAY - timedelta(days=1)


async def test_a_source_that_cannot_be_had_changes_nothing_of_what_it_said(world: ListedWorld) -> None:
    await world.sync()
    world.broken = {"openrouter": httpx.Response(404), "groq": httpx.Response(200, content=b"<html>", headers=JSON)}
    report = await world.sync()
    assert report.end == "unchanged"
    assert [(s.name, s.end, s.error) for s in report.sources][:2] == [
        ("openrouter", "failed", "HTTP 404"), ("groq", "failed", "expected JSON, got a web page"),
    ]  # fmt: skip
    assert report.n_endpoints == 40
    assert {alarm.code for alarm in report.alarms} == {"failed_source"}


async def test_a_payload_that_is_no_listing_is_kept_as_evidence_and_refused(world: ListedWorld) -> None:
    await world.sync()
    world.broken = {"openrouter": httpx.Response(200, content=b'{"data": 7}', headers=JSON)}
    report = await world.sync()
    assert (report.sources[0].end, report.end) == ("refused", "unchanged")
    assert world.store.read_payload(report.sources[0].sha256) == b'{"data": 7}'


async def test_without_any_source_the_sync_fails_and_the_last_good_one_stays(world: ListedWorld) -> None:
    await world.sync()
    before = world.store.record()
    world.broken = dict.fromkeys(("openrouter", "groq", "models.dev"), httpx.Response(404))
    report = await world.sync()
    assert (report.end, report.n_endpoints) == ("failed", 40)
    assert {alarm.code for alarm in report.alarms} == {"failed_sync", "failed_source"}
    assert world.store.record() == before


async def test_a_source_that_loses_most_rows_is_refused_until_a_person_takes_it(world: ListedWorld) -> None:
    await world.sync()
    for n in range(12):
        world.shelf.remove(EndpointId(f"openrouter/acme/m-{n}"))
    report = await world.sync()
    assert {s.name: s.end for s in report.sources} == {"openrouter": "refused", "groq": "read", "models.dev": "refused"}
    taken = await world.sync("openrouter", "models.dev")
    assert {s.end for s in taken.sources} == {"read"}


async def flooded(world: ListedWorld) -> None:
    """A sync that brings more new models than a machine may take."""
    await world.sync()
    for n in range(15):
        add(world, f"acme/flood-{n}")
    report = await world.sync()
    assert (report.end, len(report.changes), report.n_endpoints) == ("held", 15, 40)
    assert "15 of 40 endpoints" in report.reason
    assert [alarm.code for alarm in report.alarms] == ["held_sync"]
    assert kinds(world) == []


async def test_a_flood_is_held_until_a_person_accepts_it(world: ListedWorld) -> None:
    await flooded(world)
    waiting = held_sync(world.settings)
    assert waiting is not None
    assert (waiting.end, len(waiting.changes)) == ("held", 15)
    report = release(world.settings, is_accepted=True, now=NOW + timedelta(days=1))
    assert (report.end, len(report.changes), report.n_endpoints) == ("accepted", 15, 55)
    assert {change.day for change in world.store.history()} == {DAY + timedelta(days=1)}
    assert held_sync(world.settings) is None
    with pytest.raises(OptionError, match="nothing is held"):
        release(world.settings, is_accepted=True)


async def test_what_a_person_has_turned_down_is_not_asked_about_again(world: ListedWorld) -> None:
    await flooded(world)
    assert release(world.settings, is_accepted=False).end == "rejected"
    again = await world.sync()
    assert (again.end, again.alarms) == ("rejected", ())
    assert held_sync(world.settings) is None
    for n in range(15):
        world.shelf.remove(EndpointId(f"openrouter/acme/flood-{n}"))
    add(world)
    assert [change.endpoint_id for change in (await world.sync()).changes] == [NEW]


async def test_what_was_held_is_forgotten_when_a_sync_comes_into_force(world: ListedWorld) -> None:
    await flooded(world)
    for n in range(15):
        world.shelf.remove(EndpointId(f"openrouter/acme/flood-{n}"))
    assert (await world.sync()).end == "unchanged"
    assert held_sync(world.settings) is None


async def test_a_sync_that_a_later_one_has_overtaken_is_not_put_in_force(world: ListedWorld) -> None:
    world.n_hours = 9
    await world.sync()
    world.n_hours = 0
    add(world)
    report = await world.sync()
    assert (report.end, kinds(world)) == ("stale", [])


async def test_the_first_sight_of_a_source_is_no_news(world: ListedWorld) -> None:
    world.broken = {"groq": httpx.Response(404), "models.dev": httpx.Response(404)}
    assert (await world.sync()).n_endpoints == 20
    world.broken = {}
    report = await world.sync()
    assert (report.end, report.changes, report.n_first_seen, report.n_endpoints) == ("accepted", (), 20, 40)


async def test_a_rise_is_in_force_at_once_and_told_when_it_stays(world: ListedWorld) -> None:
    await world.sync()
    world.shelf.reprice(LIKE, {"input": Decimal(50), "output": Decimal(50)})
    report = await world.sync()
    assert report.changes == ()
    paid = {rate.usd for rate in market_in_force(world.settings, DAY).endpoints[LIKE].rates}
    assert Decimal(50) in paid
    world.n_hours += 48
    assert [change.kind for change in (await world.sync()).changes] == ["repriced"]


async def test_a_disk_that_takes_nothing_stops_the_sync_in_one_line(
    world: ListedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.sync()
    before = world.store.record()

    def full(path: Path, _content: bytes) -> None:
        message = f"file {path}: cannot be written: no space left"
        raise FileWriteError(message)

    monkeypatch.setattr(payloads, "write_whole", full)
    add(world)
    with pytest.raises(FileWriteError):
        await world.sync()
    assert world.store.record() == before


async def test_a_provider_without_a_key_is_not_asked(world: ListedWorld) -> None:
    from modelsearch.api.catalog_reading import begin_sync, read_source  # noqa: PLC0415 - beside its own test

    begun = await begin_sync(world.settings, now=NOW)
    spec = next(spec for spec in begun.sources if spec.name == "openai")
    read = await read_source(begun, spec)
    assert (read.report.end, read.report.error) == ("no_key", "OPENAI_API_KEY is not set")
    assert "sk-" not in repr(replace(begun, keys={ProviderId("openai"): "sk-secret-of-the-test"}))
