import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import JournalError, RunLockedError
from modelsearch.core.events import CallReplied, Event, Warned
from modelsearch.core.ids import CallId
from modelsearch.store.frames import HEAD_BYTES, frame_bytes, frames_of
from modelsearch.store.journal import MAGIC, Journal
from tests.unit.store.events import events, reserved

HEADER = {"run_id": "20261123-153000-ab12cd", "fingerprint": "f1"}
SOME: tuple[Event, ...] = (
    reserved("c1"),
    CallReplied(call_id=CallId("c1"), http_status=200, body=b"{\xff}", latency_s=0.5),
    Warned(code="slow", subject="acme/small", message="3 s a call"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "journal.bin"


def write(path: Path, some: tuple[Event, ...] = SOME) -> None:
    with Journal.open(path, header=HEADER) as journal:
        for event in some:
            journal.append(event)


def test_what_is_appended_is_read(path: Path) -> None:
    write(path)
    assert Journal.read(path) == (HEADER, list(SOME))


def test_a_reopened_journal_goes_on_where_it_ended(path: Path) -> None:
    write(path, SOME[:1])
    write(path, SOME[1:])
    assert Journal.read(path)[1] == list(SOME)


def test_an_open_journal_can_be_read_and_holds_all_that_was_acknowledged(path: Path) -> None:
    with Journal.open(path, header=HEADER) as journal:
        journal.append(SOME[0])
        assert Journal.read(path)[1] == [SOME[0]]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_tail_torn_anywhere_is_cut_off_at_reopen(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.bin"
    write(path)
    whole = path.read_bytes()
    kept = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    path.write_bytes(whole[:kept])
    write(path, SOME[2:])
    read = Journal.read(path)[1]
    assert read == [*SOME[: len(read) - 1], SOME[2]]


def test_zeros_left_by_a_power_cut_are_cut_off(path: Path) -> None:
    write(path)
    with path.open("ab") as file:
        file.write(bytes(100))
    write(path, SOME[:1])
    assert Journal.read(path)[1] == [*SOME, SOME[0]]


@pytest.mark.parametrize("shift", [0, 5, HEAD_BYTES, HEAD_BYTES + 9])
def test_damage_in_the_middle_names_file_and_offset(path: Path, shift: int) -> None:
    write(path)
    whole = bytearray(path.read_bytes())
    offset = [frame.offset for frame in frames_of(memoryview(whole), len(MAGIC), "j")][1]
    whole[offset + shift] ^= 0x40
    path.write_bytes(whole)
    with pytest.raises(JournalError, match=rf"journal\.bin.* byte {offset} "):
        Journal.read(path)
    with pytest.raises(JournalError, match=rf"byte {offset} "):
        Journal.open(path, header=HEADER)


def test_a_record_of_no_known_event_names_its_offset(path: Path) -> None:
    write(path)
    end = path.stat().st_size
    with path.open("ab") as file:
        file.write(frame_bytes(b"\xc8later"))
    with pytest.raises(JournalError, match=rf"byte {end} is no event: unknown event tag 200"):
        Journal.read(path)


@pytest.mark.parametrize("key", ["run_id", "fingerprint"])
def test_another_search_cannot_go_on_with_it(path: Path, key: str) -> None:
    write(path)
    with pytest.raises(JournalError, match=f"{key} is .* start a new run"):
        Journal.open(path, header={**HEADER, key: "other"})
    write(path, SOME[:1])


def test_a_header_without_fingerprint_is_refused(path: Path) -> None:
    with pytest.raises(JournalError, match="lacks fingerprint"):
        Journal.open(path, header={"run_id": "r"})


@pytest.mark.parametrize("content", [b"x", b"PAR1 something else entirely"])
def test_another_file_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(JournalError, match="expected a file that begins with"):
        Journal.open(path, header=HEADER)
    assert path.read_bytes() == content


def test_a_missing_or_empty_journal_is_a_journal_error(path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read"):
        Journal.read(path)
    path.parent.mkdir()
    path.write_bytes(MAGIC)
    with pytest.raises(JournalError, match="stopped before it began"):
        Journal.read(path)


def test_a_second_opening_is_refused_until_the_first_closes(path: Path) -> None:
    with Journal.open(path, header=HEADER), pytest.raises(RunLockedError, match=f"process {os.getpid()} has it open"):
        Journal.open(path, header=HEADER)
    write(path)


def test_a_failed_opening_gives_the_lock_back(path: Path) -> None:
    write(path)
    with pytest.raises(JournalError):
        Journal.open(path, header={**HEADER, "fingerprint": "other"})
    write(path, ())


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    journal = Journal.open(path, header=HEADER)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="cannot append"):
        journal.append(SOME[0])


def test_a_full_disk_leaves_no_half_record(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole = os.write
    with Journal.open(path, header=HEADER) as journal:
        monkeypatch.setattr(os, "write", lambda fd, data: write_whole(fd, data[:7]))
        with pytest.raises(JournalError, match="is the disk full"):
            journal.append(SOME[0])
        monkeypatch.undo()
        journal.append(SOME[1])
    assert Journal.read(path)[1] == [SOME[1]]


KILLED = """
import os, signal, sys
from pathlib import Path
from modelsearch.core.events import Warned
from modelsearch.store.journal import Journal
journal = Journal.open(Path(sys.argv[1]), header={"run_id": "r", "fingerprint": "f"})
for number in range(100_000):
    journal.append(Warned(code="n", subject=str(number), message="m" * 200))
    print(number, flush=True)
"""


@pytest.fixture
def killed(path: Path) -> tuple[Path, int]:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 50:
            break
    process.kill()
    rest = process.stdout.read().split("\n")
    process.stdout.close()
    process.wait()
    return path, max([int(line), *(int(number) for number in rest[:-1])])


def test_kill_9_loses_nothing_acknowledged_and_frees_the_lock(killed: tuple[Path, int]) -> None:
    path, n_acknowledged = killed
    with Journal.open(path, header={"run_id": "r", "fingerprint": "f"}) as journal:
        journal.append(SOME[2])
    subjects = [event.subject for event in Journal.read(path)[1] if isinstance(event, Warned)]
    assert subjects == [*map(str, range(len(subjects) - 1)), "acme/small"]
    assert len(subjects) - 2 >= n_acknowledged


def test_a_second_process_is_refused_while_the_first_one_runs(path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline()
    try:
        with pytest.raises(RunLockedError, match=f"the process {process.pid} has it open"):
            Journal.open(path, header={"run_id": "r", "fingerprint": "f"})
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def test_importing_journal_and_ledger_leaves_pyarrow_and_pandas_out() -> None:
    code = (
        "import sys, modelsearch.store.journal, modelsearch.store.ledger, modelsearch.store.replies, "
        "modelsearch.store.layout, modelsearch.store.result_json, modelsearch.store.stage_tables; "
        "sys.exit(any(m in sys.modules for m in ('pyarrow', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.lists(events, max_size=6))
@settings(max_examples=25, deadline=None)
def test_any_events_come_back_in_order(tmp_path_factory: pytest.TempPathFactory, some: list[Event]) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.bin"
    write(path, tuple(some))
    assert Journal.read(path)[1] == some
