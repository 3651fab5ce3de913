import logging
import math
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from modelsearch.core.errors import StoreError
from modelsearch.core.events import CallReplied, Event
from modelsearch.core.ids import CallId, sha256_hex
from modelsearch.core.wire import RawReply
from modelsearch.store.replies import MemoryReplies, SqliteReplies, replies_of
from tests.unit.store.events import reserved


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "replies.sqlite"


def reply(text: str = "b") -> RawReply:
    return RawReply(http_status=200, body=text.encode() + b"\x00\xff", headers={"x-request-id": "r1"}, latency_s=0.25)


def key(number: int = 0) -> str:
    return sha256_hex(number)


def test_a_reply_is_found_before_and_after_it_is_written(path: Path) -> None:
    store = SqliteReplies(path)
    assert store.get(key()) is None
    store.put(key(), reply())
    assert store.get(key()) == reply()
    store.close()
    again = SqliteReplies(path)
    assert again.get(key()) == reply()
    again.close()


@pytest.mark.parametrize("is_written", [False, True])
def test_the_first_reply_of_a_key_stays(path: Path, is_written: bool) -> None:
    store = SqliteReplies(path)
    store.put(key(), reply("first"))
    if is_written:
        store.flush()
    store.put(key(), reply("second"))
    store.flush()
    assert store.get(key()) == reply("first")
    assert len(store) == 1
    store.close()


def test_headers_that_may_hold_secrets_are_not_kept(path: Path) -> None:
    store = SqliteReplies(path)
    raw = RawReply(http_status=200, body=b"", headers={"set-cookie": "s3cret", "content-type": "application/json"})
    store.put(key(), raw)
    store.flush()
    found = store.get(key())
    assert found is not None
    assert found.headers == {"content-type": "application/json"}
    store.close()


def test_another_connection_sees_each_full_batch(path: Path) -> None:
    one, other = SqliteReplies(path), SqliteReplies(path)
    for number in range(257):
        one.put(key(number), reply(str(number)))
    assert other.get(key(255)) == reply("255")
    assert other.get(key(256)) is None
    one.close()
    other.close()


def test_kill_9_loses_at_most_the_last_batch(path: Path) -> None:
    code = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from modelsearch.core.ids import sha256_hex
from modelsearch.core.wire import RawReply
from modelsearch.store.replies import SqliteReplies
store = SqliteReplies(Path(sys.argv[1]))
for number in range(600):
    store.put(sha256_hex(number), RawReply(http_status=200, body=b"x"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    store = SqliteReplies(path)
    assert len(store) == 512
    store.close()


def test_a_damaged_file_is_set_aside_with_a_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with caplog.at_level(logging.WARNING):
        store = SqliteReplies(path)
    assert store.set_aside == path.with_name("replies.sqlite.damaged-1")
    assert store.set_aside.read_bytes().startswith(b"no database")
    assert "set aside as replies.sqlite.damaged-1" in caplog.text
    store.put(key(), reply())
    store.flush()
    assert store.get(key()) == reply()
    store.close()


def test_damage_found_while_reading_is_set_aside_too(path: Path) -> None:
    store = SqliteReplies(path)
    for number in range(640):
        store.put(key(number), reply("x" * 500))
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xee" * (len(content) - 4096)
    path.write_bytes(content)
    again = SqliteReplies(path)
    assert again.get(key(3)) is None
    assert again.set_aside is not None
    again.put(key(3), reply())
    again.flush()
    assert len(again) == 1
    again.close()


def test_a_locked_file_keeps_replies_waiting(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = SqliteReplies(path)
    store._db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.put(key(), reply())
    store.flush()
    assert "1 replies wait to be written" in caplog.text
    assert store.get(key()) == reply()
    other.execute("COMMIT")
    other.close()
    store.flush()
    assert len(store) == 1
    store.close()


def test_a_newer_version_is_left_alone(path: Path) -> None:
    SqliteReplies(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(StoreError, match="expected version 1, got 9"):
        SqliteReplies(path)


def test_a_folder_in_its_place_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteReplies(tmp_path)


@pytest.mark.parametrize("bad", ["", "ab", "x" * 64])
def test_a_key_is_a_sha256(path: Path, bad: str) -> None:
    store = SqliteReplies(path)
    with pytest.raises(StoreError, match="64 hex digits"):
        store.get(bad)
    store.close()


def test_the_journal_gives_back_what_a_kill_took() -> None:
    events: list[Event] = [
        reserved("c1"),
        reserved("c2"),
        CallReplied(call_id=CallId("c2"), http_status=200, body=b"{}", latency_s=0.5),
        CallReplied(call_id=CallId("stranger"), http_status=200, body=b"?", latency_s=0.5),
    ]
    assert list(replies_of(events)) == [("k", RawReply(http_status=200, body=b"{}", latency_s=0.5))]


def test_replies_of_batches_say_so_from_the_journal_and_from_the_file(path: Path) -> None:
    call = replace(reserved("c1"), key=key(), batch_id="ms-1")
    ((_, raw),) = replies_of([call, CallReplied(call_id=call.call_id, http_status=200, body=b"{}", latency_s=math.nan)])
    assert raw.is_of_batch
    store = SqliteReplies(path)
    store.put(key(), raw)
    store.flush()
    assert SqliteReplies(path).get(key()) == replace(raw, latency_s=0.0)
    assert not reply().is_of_batch
    store.close()


def test_memory_keeps_the_first_too() -> None:
    store = MemoryReplies()
    assert store.get(key()) is None
    store.put(key(), reply("first"))
    store.put(key(), reply("second"))
    assert store.get(key()) == reply("first")
