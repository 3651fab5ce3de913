"""A collector gets the right spans and metrics; one that is down or slow costs a search nothing."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modelsearch.core.working import ASKED
from modelsearch.observe.observer import Observer
from modelsearch.observe.otlp import Telemetry
from modelsearch.observe.spans import RunSpans
from modelsearch.observe.tally import Tally
from tests.unit.observe.collector import ABOUT, SECRET, TEXT, Collector, a_run, attributes, collecting


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No thread of a test outlives it."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


@contextmanager
def connected(url: str) -> Iterator[Telemetry]:
    telemetry = Telemetry(url)
    try:
        yield telemetry
    finally:
        telemetry.close(5.0)


def told(collector: Collector, share: float = 1.0) -> None:
    """Send a run."""
    with connected(collector.url) as telemetry:
        observer = Observer([RunSpans(telemetry.tracer, ABOUT, share), telemetry.meters.begin(ABOUT)])
        for event in a_run():
            observer.take(event)
        observer.close()


def test_spans_nest_as_the_run_did() -> None:
    with collecting() as collector:
        told(collector)
    (run,), (phase,), (round_,) = (collector.named(f"modelsearch.{name}") for name in ("run", "phase", "round"))
    calls = collector.named("chat m-1")
    assert len(calls) == 4
    assert not run.parent_span_id
    assert phase.parent_span_id == run.span_id
    assert round_.parent_span_id == phase.span_id
    assert {call.parent_span_id for call in calls} == {round_.span_id}
    assert {span.trace_id for span in collector.spans} == {run.trace_id}
    for span in collector.spans:
        assert run.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= run.end_time_unix_nano


def test_a_call_says_what_the_conventions_ask_for_and_what_it_cost() -> None:
    with collecting() as collector:
        told(collector)
    found = {attributes(span)["modelsearch.call.id"]: attributes(span) for span in collector.named("chat")}
    paid = found["call-1"]
    assert paid["gen_ai.operation.name"] == "chat"
    assert (paid["gen_ai.provider.name"], paid["gen_ai.request.model"]) == ("dear", "m-1")
    assert (paid["gen_ai.usage.input_tokens"], paid["gen_ai.usage.output_tokens"]) == (10, 2)
    assert (paid["modelsearch.call.cost_usd"], paid["modelsearch.call.n_attempts"]) == (0.003, 3)
    assert "error.type" not in paid
    assert [found[f"call-{n}"]["error.type"] for n in (2, 3)] == ["rate: HTTP 429", "HTTP 504"]
    assert {key: value.string_value for r in collector.resources for key, value in [(a.key, a.value) for a in
            r.attributes]}["service.name"] == "modelsearch"  # fmt: skip


def test_no_secret_and_no_text_goes_to_a_collector() -> None:
    with collecting() as collector:
        told(collector)
    sent = b"".join(collector.bodies)
    assert b"call-2" in sent
    assert SECRET.encode() not in sent
    assert TEXT.encode() not in sent


def test_of_calls_that_came_to_something_a_share_is_told_and_of_the_others_all() -> None:
    with collecting() as collector:
        told(collector, share=0.0)
    assert {attributes(span)["modelsearch.call.id"] for span in collector.named("chat")} == {"call-2", "call-3"}


def test_the_candidate_and_item_that_a_call_is_for() -> None:
    before = ASKED.set(("dear/m", "q7", 0))  # type: ignore[arg-type]
    try:
        with collecting() as collector:
            told(collector)
    finally:
        ASKED.reset(before)
    found = attributes(collector.named("chat")[0])
    assert (found["modelsearch.candidate.id"], found["modelsearch.item.id"]) == ("dear/m", "q7")


def test_metrics_that_are_sent_are_those_of_the_tally() -> None:
    tally = Tally(ABOUT)
    for event in a_run():
        tally.take(event)
    with collecting() as collector:
        told(collector)
    latest = {metric.name: metric for metric in collector.metrics}
    for (name, labels), amount in tally.counts.values.items():
        points = {tuple(attributes(p).values()): p for p in latest[name].sum.data_points}
        assert points[labels].as_double == pytest.approx(float(amount))
    (durations,) = latest["gen_ai.client.operation.duration"].histogram.data_points
    assert (durations.count, durations.sum) == (2, 1.0)
    assert durations.explicit_bounds[-1] == 81.92


def test_a_collector_that_is_down_is_told_of_once_and_waited_for_never(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    telemetry = Telemetry("http://user:hidden-password@127.0.0.1:9")
    began_s = time.monotonic()
    for _ in range(3):
        observer = Observer([RunSpans(telemetry.tracer, ABOUT, 1.0), telemetry.meters.begin(ABOUT)])
        for event in a_run():
            observer.take(event)
        observer.close()
    took_s = time.monotonic() - began_s
    telemetry.flush(0.3)
    telemetry.close(0.3)
    assert took_s < 0.3
    assert time.monotonic() - began_s < 2.0
    deadline_s = time.monotonic() + 5
    while not caplog.records and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert [record.name for record in caplog.records] == ["modelsearch.observe"]
    assert "http://127.0.0.1:9 does not take it" in caplog.text
    assert "hidden" not in caplog.text


def test_a_collector_that_is_slow_holds_nobody_up() -> None:
    with collecting(wait_s=1.0) as collector:
        telemetry = Telemetry(collector.url)
        began_s = time.monotonic()
        for _ in range(30):
            observer = Observer([RunSpans(telemetry.tracer, ABOUT, 1.0)])
            for event in a_run():
                observer.take(event)
            observer.close()
        assert time.monotonic() - began_s < 1.0
        began_s = time.monotonic()
        telemetry.close(0.2)
        assert time.monotonic() - began_s < 0.8


def test_an_exception_is_named_in_a_span_and_not_quoted() -> None:
    with (
        collecting() as collector,
        pytest.raises(ValueError, match=TEXT),
        connected(collector.url) as telemetry,
        telemetry.span("modelsearch.night", {"modelsearch.task.id": "colours"}),
    ):
        raise ValueError(TEXT)
    (span,) = collector.spans
    assert attributes(span) == {"modelsearch.task.id": "colours", "error.type": "ValueError"}
    assert TEXT.encode() not in b"".join(collector.bodies)
