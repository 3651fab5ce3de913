"""An audit finds what must not be: a lost body, a lost item, an item that ended twice."""

from decimal import Decimal
from pathlib import Path

import pytest

from bench.faults_books import audited
from bench.faults_world import make_app, market
from modelsearch.core.events import CallReplied, CallReserved, CallSettled, Event, OutcomeScored
from modelsearch.core.ids import CallId, CandidateId, EndpointId, ItemId
from modelsearch.core.outcome import Call, Outcome, Status, Usage
from modelsearch.emulator.bill import Bill, LogLine
from modelsearch.store.journal import Journal

COST_USD = Decimal("0.5")


def events(number: int = 0) -> list[Event]:
    """One call to m00, from reservation to score."""
    call_id, item_id = CallId(f"call-{number}"), ItemId(f"i{number:04d}")
    call = Call(
        id=call_id, key=f"k{number}", endpoint_id=EndpointId("m00"), status=Status.OK, usage=Usage(),
        cost_usd=COST_USD, latency_s=0.1,
    )  # fmt: skip
    return [
        CallReserved(call_id=call_id, key=f"k{number}", endpoint_id=EndpointId("m00"), amount_usd=Decimal(1)),
        CallReplied(call_id=call_id, http_status=200, body=b"{}", latency_s=0.1),
        CallSettled(call=call),
        OutcomeScored(
            outcome=Outcome(
                candidate_id=CandidateId("m00"), item_id=item_id, repeat=0, status=Status.OK, call_ids=(call_id,)
            )
        ),
    ]


def line(number: int = 0, status: int = 200) -> LogLine:
    return LogLine(
        at_s=0.0, provider="p0", model="m00", host="", item=f"i{number:04d}", prompt="p", attempt=0, status=status,
        cost_usd=COST_USD,
    )  # fmt: skip


def faults(folder: Path, written: list[Event], lines: list[LogLine], n_wanted: int) -> list[str]:
    with Journal.open(folder / "journal.bin", header={"run_id": "r", "fingerprint": "f"}) as journal:
        for event in written:
            journal.append(event)
    bill = Bill(folder / "log.jsonl")
    for each in lines:
        bill.add(each)
    bill.close()
    return audited(folder / "journal.bin", folder / "log.jsonl", market(), n_wanted=n_wanted).faults


def test_a_run_as_it_should_be_has_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path, [*events(0), *events(1)], [line(0), line(1)], 2) == []


@pytest.mark.parametrize(
    ("written", "lines", "told"),
    [
        (events(0), [line(0)], "1 of 2 items have a status"),
        ([*events(0), *events(1)], [line(0), line(1), line(1)], "bodies sent, 1 in the journal"),
        ([*events(0), *events(1), events(1)[3]], [line(0), line(1)], "has 2 outcomes"),
        ([*events(0), *events(1)], [line(0), line(1), line(1, 0)], "charged 2 times, at most 1"),
        ([*events(0), *events(1)], [line(0)], "is outside settled"),
    ],
)
def test_what_must_not_be_is_found(tmp_path: Path, written: list[Event], lines: list[LogLine], told: str) -> None:
    found = faults(tmp_path, written, lines, 2)
    assert any(told in fault for fault in found), found


def test_the_world_answers_every_item_of_its_market(tmp_path: Path) -> None:
    app = make_app(3, str(tmp_path / "log.jsonl"), {"p_hang": 0.5}, ("p3",))
    assert app.options.faults.p_hang == 0.5
    assert len(market().endpoints) == 8
    assert {provider.dialect for provider in market().providers.values()} == {
        "openai_chat", "anthropic_messages", "google_generate"
    }  # fmt: skip
