import os
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.core.errors import JournalError
from modelsearch.core.events import CallReplied, PhaseStarted, Warned
from modelsearch.core.ids import CallId, RunId
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from modelsearch.store.tail import JournalTail, is_worked_on, read_endpoints

HEADER = {"run_id": "r", "fingerprint": "f"}


def event(number: int) -> Warned:
    return Warned(code=f"c{number}", subject="s", message="m" * 50)


def drained(tail: JournalTail) -> list[object]:
    found: list[object] = []
    end_bytes = -1
    while tail.end_bytes != end_bytes:
        end_bytes = tail.end_bytes
        found += tail.events()
    return found


@pytest.mark.parametrize("chunk_bytes", [64, 200, 10**6])
def test_what_is_new_is_read_once_whatever_the_chunks(tmp_path: Path, chunk_bytes: int) -> None:
    path = tmp_path / "run" / "journal.bin"
    with Journal.open(path, header=HEADER) as journal:
        tail = JournalTail(path, _chunk_bytes=chunk_bytes)
        found = drained(tail)
        for start in (0, 7, 14):
            for number in range(start, start + 7):
                journal.append(event(number))
            found += drained(tail)
            assert tail.is_at_end
    assert found == [event(number) for number in range(21)]


def test_bodies_of_replies_are_left_out_however_long(tmp_path: Path) -> None:
    path = tmp_path / "run" / "journal.bin"
    with Journal.open(path, header=HEADER) as journal:
        journal.append(CallReplied(call_id=CallId("a"), http_status=200, body=b"x" * 5000, latency_s=1.0))
        journal.append(PhaseStarted(phase="p", spend_usd=Decimal(1)))
    assert drained(JournalTail(path, _chunk_bytes=100)) == [PhaseStarted(phase="p", spend_usd=Decimal(1))]


def test_a_torn_tail_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "run" / "journal.bin"
    with Journal.open(path, header=HEADER) as journal:
        journal.append(event(0))
        journal.append(event(1))
    whole = path.read_bytes()
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        tail = JournalTail(path)
        found = drained(tail)
        path.write_bytes(whole)
        assert found + drained(tail) == [event(0), event(1)]


def test_what_is_no_journal_says_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    path.write_bytes(b"something else, and long enough to see it")
    with pytest.raises(JournalError, match="does not begin as one"):
        list(JournalTail(path).events())


def test_a_run_is_worked_on_while_its_process_lives_and_it_is_not_whole(tmp_path: Path) -> None:
    run = RunDir(tmp_path, RunId("r"))
    assert not is_worked_on(run)
    with Journal.open(run.journal, header=HEADER):
        assert is_worked_on(run)
        run.manifest.write_text("{}")
        assert not is_worked_on(run)
        run.manifest.unlink()
    (run.path / "run.lock").write_text(str(2**22 + os.getpid()))
    assert not is_worked_on(run)


def test_endpoints_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    run = RunDir(tmp_path, RunId("r"))
    assert read_endpoints(run) == {}
    run.path.mkdir()
    run.setting.write_text('{"setting": {}}')
    assert read_endpoints(run) == {}
