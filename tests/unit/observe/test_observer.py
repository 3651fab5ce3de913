import logging

import pytest

from modelsearch.core.events import Event
from modelsearch.observe.observer import Observer
from modelsearch.observe.reasons import kind_of
from tests.unit.observe.collector import TEXT, a_run


class Kept:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ended: list[str] = []

    def take(self, event: Event) -> None:
        self.events.append(event)

    def close(self, error: str) -> None:
        self.ended.append(error)


class Broken(Kept):
    def take(self, event: Event) -> None:
        super().take(event)
        raise RuntimeError(TEXT)


def test_one_that_fails_is_told_no_more_and_the_others_all(caplog: pytest.LogCaptureFixture) -> None:
    broken, kept = Broken(), Kept()
    observer = Observer([broken, kept])
    with caplog.at_level(logging.WARNING):
        for event in a_run():
            observer.take(event)
        observer.close("StoppedError")
    assert (len(broken.events), broken.ended) == (1, [])
    assert (kept.events, kept.ended) == (a_run(), ["StoppedError"])
    assert [record.getMessage() for record in caplog.records] == [
        "telemetry: Broken failed (RuntimeError); this run goes on without it"
    ]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("rate: HTTP 429 you asked: x", "rate: HTTP 429"),
        ("HTTP 504: a gateway's timeout", "HTTP 504"),
        ("ReadTimeout", "ReadTimeout"),
        ("read timeout after x", "timeout"),
        ("reply cannot be parsed: x", "other"),
        ("", "other"),
    ],
)
def test_why_a_call_came_to_nothing_is_one_of_few_words(reason: str, kind: str) -> None:
    assert kind_of(reason) == kind
