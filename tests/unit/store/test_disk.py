import errno
import os
from pathlib import Path

import pytest

from modelsearch.core.errors import FileWriteError
from modelsearch.store.disk import writing
from modelsearch.store.journal import Journal
from modelsearch.store.layout import write_whole
from modelsearch.store.lock import RunLock

HEADER = {"run_id": "r", "fingerprint": "f"}


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_the_disk_refuses_is_told_with_the_file_and_the_remedy() -> None:
    told = r"file /x/y: cannot be written: No space left.*modelsearch resume"
    with pytest.raises(FileWriteError, match=told), writing(Path("/x/y")):
        full()


def test_a_file_that_does_not_fit_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_whole(path, b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileWriteError, match=r"run\.json"):
        write_whole(path, b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["run.json"]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("refused", ["open", "write"])
def test_a_journal_that_cannot_be_begun_leaves_no_lock_and_begins_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    path = tmp_path / "run" / "journal.bin"
    with monkeypatch.context() as patched:
        patched.setattr(os, refused, full)
        with pytest.raises(FileWriteError, match="No space left"):
            Journal.open(path, header=HEADER)
    with Journal.open(path, header=HEADER):
        assert Journal.is_begun(path)


def test_a_lock_needs_no_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", full)
    RunLock(tmp_path).release()


def test_a_folder_under_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileWriteError, match="Not a directory"):
        Journal.open(tmp_path / "file" / "run" / "journal.bin", header=HEADER)
