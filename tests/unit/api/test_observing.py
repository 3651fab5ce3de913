"""What is told of whole searches, nights and syncs, from the search itself to the page, the lines and a collector."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from modelsearch.api import observing
from modelsearch.api.all_nights import NightsCall, run_nights
from modelsearch.api.measured import Measured
from modelsearch.api.night_stage import Waiting
from modelsearch.api.observing import count_sync
from modelsearch.api.run import search
from modelsearch.api.session import Opening, open_session
from modelsearch.core.sync_report import SourceReport, SyncReport
from modelsearch.observe.logs import ROOT
from modelsearch.settings import Settings
from modelsearch.store.layout import list_runs
from tests.unit.api.bazaar import DAY, Bazaar
from tests.unit.api.shop import KEYS, Shop
from tests.unit.api.small import make_request, make_settings
from tests.unit.observe.collector import Collector, attributes, collecting


@pytest.fixture(autouse=True)
def logger_as_before() -> Iterator[None]:
    logger = logging.getLogger(ROOT)
    before = (logger.level, logger.propagate, list(logger.handlers))
    yield
    level, logger.propagate, logger.handlers = before
    logger.setLevel(level)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """What is sent by the time that its process would have ended."""
    with collecting() as found:
        yield found
        close()


def close() -> None:
    while observing._CONNECTED:
        telemetry = observing._CONNECTED.popitem()[1]
        if telemetry is not None:
            telemetry.close(5.0)


def with_environ(settings: Settings, **environ: str) -> Settings:
    return replace(settings, environ={**settings.environ, **environ})


def shop_search(shop: Shop, **environ: str) -> None:
    async def live() -> None:
        opening = shop.opening()
        opening = replace(opening, settings=with_environ(opening.settings, **environ))
        async with open_session(shop.request(), opening) as session:
            for phase in session.plan.phases:
                await session.run_phase(phase)

    asyncio.run(live())


def samples(page: bytes | None) -> dict[str, float]:
    """Values by name, over all labels."""
    assert page is not None
    total: dict[str, float] = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            total[sample.name] = total.get(sample.name, 0.0) + sample.value
    return total


def test_switched_off_nothing_is_between_the_search_and_its_journal(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def tee(recorder: object, watch: object) -> object:
        seen.append(watch)
        return recorder

    monkeypatch.setattr("modelsearch.api.session.Tee", tee)
    shop_search(shop)
    assert seen == [None]


def test_the_page_agrees_with_the_ledger_and_says_the_same_after_a_restart(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    results = [search(make_request(tmp_path, seed=seed), Opening(settings=settings)) for seed in (1, 2)]
    measured = Measured(settings)
    page = measured.page()
    found = samples(page)
    assert found["modelsearch_spend_usd_total"] == pytest.approx(
        float(sum(result.spend.settled_usd for result in results)), abs=1e-12
    )
    assert found["modelsearch_calls_total"] == sum(result.spend.n_calls for result in results)
    assert found.get("modelsearch_runs_open", 0.0) == 0
    assert measured.page() == page
    assert Measured(settings).page() == page
    for run in list_runs(settings.runs):
        run.journal.unlink()
    assert Measured(settings).page() == page


def test_a_run_is_on_the_page_while_it_is_open(shop: Shop) -> None:
    async def live() -> list[dict[str, float]]:
        measured, pages = Measured(shop.opening().settings), []
        async with open_session(shop.request(), shop.opening()) as session:
            pages.append(samples(measured.page()))
            for phase in session.plan.phases:
                await session.run_phase(phase)
            pages.append(samples(measured.page()))
            pages[-1]["ledger"] = float(session.search.ledger.spend().settled_usd)
            pages[-1]["left"] = float(session.setting.budget.spend_usd) - pages[-1]["ledger"]
        return pages

    begun, ended = asyncio.run(live())
    assert (begun["modelsearch_runs_open"], begun["modelsearch_budget_left_usd"]) == (1, 5)
    assert ended["modelsearch_spend_usd_total"] == pytest.approx(ended["ledger"], abs=1e-12)
    assert ended["modelsearch_budget_left_usd"] == pytest.approx(ended["left"], abs=1e-12)
    assert ended["ledger"] > 0


def test_a_damaged_journal_is_counted_as_far_as_it_goes(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    search(make_request(tmp_path), Opening(settings=settings))
    (run,) = list_runs(settings.runs)
    content = bytearray(run.journal.read_bytes())
    content[len(content) // 2] ^= 255
    run.journal.write_bytes(bytes(content))
    measured = Measured(settings)
    page = measured.page()
    assert 0 < samples(page)["modelsearch_calls_total"] < 60
    assert measured.page() == page


def test_lines_of_a_search_carry_run_task_candidate_and_item_and_no_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    shop_search(shop, MODELSEARCH_LOG="json", MODELSEARCH_LOG_LEVEL="debug")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    calls = [line for line in lines if line["event"] == "call"]
    assert {(line["run"], line["task"]) for line in lines} == {(shop.run.run_id, "colours")}
    assert calls
    assert all(line["candidate"] == line["endpoint"] and line["item"].startswith("q") for line in calls)
    assert {line["level"] for line in lines} >= {"debug", "info"}
    assert not [key for key in KEYS.values() if key in stream.getvalue()]
    assert "odd?" not in stream.getvalue()


def test_a_collector_is_told_of_a_search_and_gets_no_key(shop: Shop, collector: Collector) -> None:
    shop_search(shop, MODELSEARCH_OTEL=collector.url, MODELSEARCH_OTEL_CALLS="1")
    close()
    (run,) = collector.named("modelsearch.run")
    assert attributes(run)["modelsearch.task.id"] == "colours"
    told = [attributes(span) for span in collector.named("chat m")]
    assert len(told) == attributes(run)["modelsearch.run.n_calls"] > 0
    assert {each["modelsearch.candidate.id"] for each in told} == {each["modelsearch.endpoint.id"] for each in told}
    sent = b"".join(collector.bodies)
    assert not [key for key in KEYS.values() if key.encode() in sent]
    assert b"odd?" not in sent


def test_a_night_is_one_trace_of_jobs_and_their_runs(bazaar: Bazaar, collector: Collector) -> None:
    bazaar.register()
    settings = with_environ(bazaar.settings, MODELSEARCH_OTEL=collector.url)
    asyncio.run(run_nights(settings, NightsCall(day=DAY, waiting=Waiting(most_s=0.0))))
    close()
    (night,) = collector.named("modelsearch.night")
    jobs, runs = collector.named("modelsearch.job"), collector.named("modelsearch.run")
    assert jobs
    assert {job.parent_span_id for job in jobs} == {night.span_id}
    assert {run.parent_span_id for run in runs} <= {job.span_id for job in jobs}
    assert {span.trace_id for span in collector.spans} == {night.trace_id}
    assert "modelsearch.night.jobs" in {metric.name for metric in collector.metrics}
    found = samples(Measured(settings).page())
    assert found["modelsearch_nights_total"] == 1
    assert found["modelsearch_night_jobs_total"] == len(jobs)
    assert found["modelsearch_night_spend_usd_total"] == pytest.approx(found["modelsearch_spend_usd_total"])


def test_syncs_are_counted_over_processes(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    source = SourceReport(name="openrouter", end="read")
    for end in ("accepted", "held", "accepted"):
        count_sync(settings, SyncReport(observed_at=datetime.now(UTC), end=end, sources=(source,)))
    found = {
        tuple(s.labels.values()): s.value
        for family in text_string_to_metric_families((Measured(settings).page() or b"").decode())
        for s in family.samples
        if s.name.startswith("modelsearch_catalog")
    }
    assert found == {("accepted",): 2, ("held",): 1, ("read", "openrouter"): 3}


def test_a_sync_does_not_fail_for_its_numbers(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    settings.home.mkdir(parents=True)
    settings.observed.write_text("in the way")
    count_sync(settings, SyncReport(observed_at=datetime.now(UTC), end="unchanged"))


def test_a_page_that_is_being_made_is_not_waited_for(tmp_path: Path) -> None:
    measured: Any = Measured(make_settings(tmp_path))
    with measured._lock:
        assert measured.page(wait_s=0.01) is None
    assert measured.page(wait_s=0.01)


def test_without_the_extra_the_work_goes_on_and_it_is_said_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "modelsearch.observe.otlp", None)
    shop_search(shop, MODELSEARCH_OTEL="1")
    count_sync(
        with_environ(shop.opening().settings, MODELSEARCH_OTEL="1"),
        SyncReport(observed_at=datetime.now(UTC), end="unchanged"),
    )
    close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "MODELSEARCH_OTEL needs the extra `otel`: pip install 'modelsearch[otel]'; nothing is sent"
    ]


def test_a_fault_of_ours_ends_no_night(
    bazaar: Bazaar, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("what is quoted here stays here")

    monkeypatch.setattr(observing, "say", broken)
    monkeypatch.setattr(observing, "_listeners", broken)
    bazaar.register()
    settings = with_environ(bazaar.settings, MODELSEARCH_LOG="json")
    (report,) = asyncio.run(run_nights(settings, NightsCall(day=DAY, waiting=Waiting(most_s=0.0))))
    assert report.end == "done"
    assert "stays here" not in caplog.text
