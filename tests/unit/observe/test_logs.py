import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from modelsearch.core.working import ASKED, RUN, Run
from modelsearch.observe.logs import ROOT, RunLog, json_logs
from modelsearch.observe.scrub import BLANK, Scrubber, secrets_of
from tests.unit.observe.collector import ABOUT, SECRET, TEXT, a_run


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    found, logger = io.StringIO(), logging.getLogger(ROOT)
    before = (logger.level, logger.propagate, list(logger.handlers))
    logger.handlers = []
    json_logs(found, "debug", Scrubber([SECRET]))
    yield found
    logger.level, logger.propagate, logger.handlers = before
    logging.getLogger("modelsearch.run").manager._clear_cache()  # type: ignore[attr-defined]


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_event_is_a_line_with_its_ids(stream: io.StringIO) -> None:
    log = RunLog(ABOUT)
    for event in a_run():
        log.take(event)
    log.close("")
    lines = lines_of(stream)
    assert all((line["run"], line["task"]) == (ABOUT.run_id, ABOUT.task_id) for line in lines)
    assert [line["event"] for line in lines] == [
        "phase started", "round started", "call", "call", "call released", "call unknown", "outcome", "warned",
        "round closed", "phase closed", "run closed",
    ]  # fmt: skip
    by_name = {line["event"]: line for line in lines}
    assert (by_name["outcome"]["candidate"], by_name["outcome"]["item"]) == ("dear/m", "q0")
    assert (by_name["call"]["cost_usd"], by_name["call"]["provider"]) == ("0.003", "dear")
    assert by_name["call released"]["reason"] == "rate: HTTP 429"
    assert (by_name["warned"]["code"], by_name["warned"]["level"]) == ("call-failed", "warning")


def test_neither_secrets_nor_text_of_items_are_in_a_line(stream: io.StringIO) -> None:
    log = RunLog(ABOUT)
    for event in a_run():
        log.take(event)
    logging.getLogger("modelsearch.store.x").warning("a key %s in a message", SECRET)
    assert f"a key {BLANK} in" in stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert TEXT not in stream.getvalue()


def test_a_line_from_anywhere_knows_the_work_it_comes_from(stream: io.StringIO) -> None:
    run, asked = RUN.set(Run(ABOUT.run_id, ABOUT.task_id)), ASKED.set(("dear/m", "q3", 0))  # type: ignore[arg-type]
    try:
        logging.getLogger("modelsearch.store.replies").warning("busy")
    finally:
        RUN.reset(run)
        ASKED.reset(asked)
    (line,) = lines_of(stream)
    assert {key: line[key] for key in ("run", "task", "candidate", "item", "logger")} == {
        "run": ABOUT.run_id, "task": "colours", "candidate": "dear/m", "item": "q3",
        "logger": "modelsearch.store.replies",
    }  # fmt: skip


def test_an_exception_is_named_and_not_quoted(stream: io.StringIO) -> None:
    try:
        int(TEXT)
    except ValueError:
        logging.getLogger("modelsearch.store").exception("lost")
    (line,) = lines_of(stream)
    assert line["error"] == "ValueError"
    assert TEXT not in stream.getvalue()


def test_at_level_info_calls_and_outcomes_are_left_out(stream: io.StringIO) -> None:
    json_logs(stream, "info", Scrubber())
    log = RunLog(ABOUT)
    for event in a_run():
        log.take(event)
    assert {"call", "outcome"}.isdisjoint(line["event"] for line in lines_of(stream))


def test_a_stream_that_is_gone_is_no_error(stream: io.StringIO) -> None:
    stream.close()
    RunLog(ABOUT).take(a_run()[0])


@pytest.mark.parametrize("secret", ['with"quote-and\\slash', "schlüssel-ümlaut", "plain-secret"])
def test_secrets_are_blanked_in_whatever_form_json_gives_them(secret: str) -> None:
    for is_ascii in (True, False):
        text = json.dumps({"told": f"a {secret} b"}, ensure_ascii=is_ascii)
        assert json.loads(Scrubber([secret]).scrubbed(text)) == {"told": f"a {BLANK} b"}


def test_which_variables_hold_secrets() -> None:
    environ = {
        "OPENAI_API_KEY": "key-of-openai", "SHORT_KEY": "ab", "HOME": "/home/me",
        "MODELSEARCH_DATABASE_URL": "postgresql://me:pass-word@db/x", "OTEL_EXPORTER_OTLP_HEADERS": "api=collector-key",
    }  # fmt: skip
    assert secrets_of(environ) == {"key-of-openai", "pass-word", "api=collector-key"}
