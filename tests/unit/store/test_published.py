"""A folder and its copy in a store, two machines, kills between any two writes."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import RunLockedError, StorageError
from modelsearch.store.filesystem import LocalFolder
from modelsearch.store.frames import frame_bytes
from modelsearch.store.journal import MAGIC
from modelsearch.store.published import Place, claimed, fetched, names_of


class Flaky(LocalFolder):
    """Takes so many writes, then none."""

    def __init__(self, root: Path, n_writes: int = 10**9) -> None:
        super().__init__(root)
        self.n_writes = n_writes

    def _spend(self) -> None:
        if self.n_writes <= 0:
            raise StorageError("down")
        self.n_writes -= 1

    def write_whole(self, name: str, content: bytes) -> None:
        self._spend()
        super().write_whole(name, content)

    def compare_and_swap(self, name: str, content: bytes, *, expected: str | None) -> str:
        self._spend()
        return super().compare_and_swap(name, content, expected=expected)


def place(tmp_path: Path, machine: str, **changes: Any) -> Place:
    local = tmp_path / machine
    local.mkdir(exist_ok=True)
    return Place(local=local, folder=Flaky(tmp_path / "store", **changes), prefix="runs/r")


def write(at: Place, *records: bytes, torn: bytes = b"") -> bytes:
    content = MAGIC + b"".join(map(frame_bytes, records))
    (at.local / "journal.bin").write_bytes(content + torn)
    return content


def test_another_machine_gets_what_was_published_and_only_whole_records(tmp_path: Path) -> None:
    a, b = place(tmp_path, "a"), place(tmp_path, "b")
    (a.local / "stages").mkdir()
    (a.local / "stages" / "x.parquet").write_bytes(b"table")
    (a.local / "run.lock").write_bytes(b"1")
    published = claimed(a)
    write(a, b"1", b"2", torn=frame_bytes(b"3")[:-1])
    published.push()
    whole = write(a, b"1", b"2", b"3")
    published.push(is_over=True)
    claimed(b)
    assert (b.local / "journal.bin").read_bytes() == whole
    assert names_of(b.local) == ["stages/x.parquet"]
    assert (b.local / "stages" / "x.parquet").read_bytes() == b"table"


def test_only_one_machine_has_it_open_and_the_other_is_stopped_when_it_is_taken_over(tmp_path: Path) -> None:
    a, b = place(tmp_path, "a"), place(tmp_path, "b")
    first = claimed(a)
    first.push()
    with pytest.raises(RunLockedError, match="--take-over"):
        claimed(b)
    claimed(a).push()
    second = claimed(b, is_taken_over=True)
    with pytest.raises(RunLockedError, match="taken it over"):
        first.push()
    second.push(is_over=True)
    claimed(a).push()


def test_of_two_machines_that_begin_the_same_one_is_told_at_its_first_push(tmp_path: Path) -> None:
    first, second = claimed(place(tmp_path, "a")), claimed(place(tmp_path, "b"))
    first.push()
    with pytest.raises(RunLockedError, match="taken it over"):
        second.push()
    first.push(is_over=True)


def test_a_machine_that_says_nothing_for_long_is_gone_where_that_is_agreed(tmp_path: Path) -> None:
    claimed(place(tmp_path, "a")).push()
    with pytest.raises(RunLockedError, match="has it open"):
        claimed(place(tmp_path, "b"), stale_s=60.0)
    claimed(place(tmp_path, "b"), stale_s=-1.0)


def test_two_processes_of_one_machine_do_not_stop_each_other(tmp_path: Path) -> None:
    first, second = claimed(place(tmp_path, "a")), claimed(place(tmp_path, "a"))
    (tmp_path / "a" / "x").write_bytes(b"1")
    first.push()
    second.push()
    first.push()


def test_what_a_machine_had_beyond_goes_aside_when_it_takes_the_run_back(tmp_path: Path) -> None:
    a, b = place(tmp_path, "a"), place(tmp_path, "b")
    published = claimed(a)
    write(a, b"1")
    published.push()
    ahead = write(a, b"1", b"paid later")
    other = claimed(b, is_taken_over=True)
    now = write(b, b"1", b"bought elsewhere")
    other.push(is_over=True)
    claimed(a)
    assert (a.local / "journal.bin").read_bytes() == now
    (aside,) = a.local.glob("journal.bin.*")
    assert aside.read_bytes() == ahead
    assert names_of(a.local) == []


def test_a_journal_that_the_disk_lost_comes_back(tmp_path: Path) -> None:
    a = place(tmp_path, "a")
    published = claimed(a)
    whole = write(a, b"1", b"2")
    published.push()
    write(a, b"1")
    claimed(a)
    assert (a.local / "journal.bin").read_bytes() == whole


@settings(max_examples=30, deadline=None)
@given(n_writes=st.integers(0, 12))
def test_wherever_an_upload_dies_readers_see_the_last_whole_publication(
    tmp_path_factory: pytest.TempPathFactory, n_writes: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("x")
    a, store = place(tmp_path, "a"), Flaky(tmp_path / "store", 10**9)
    published = claimed(Place(local=a.local, folder=store, prefix="runs/r"))
    versions = {}
    store.n_writes = n_writes
    n_pushed = 0
    for n in range(4):
        journal = write(a, *(b"%d" % m for m in range(n + 1)))
        (a.local / "report.md").write_bytes(b"report %d" % n)
        versions[n + 1] = (journal, b"report %d" % n)
        try:
            published.push()
            n_pushed = n + 1
        except StorageError:
            break
    reader = place(tmp_path, "b")
    assert fetched(reader) is (n_pushed > 0)
    if n_pushed:
        journal, text = versions[n_pushed]
        assert (reader.local / "journal.bin").read_bytes() == journal
        assert (reader.local / "report.md").read_bytes() == text
    else:
        assert names_of(reader.local) == []
    store.n_writes = 10**9
    published.push(is_over=True)
    named = {piece.split("/")[-1] for piece in store.names("runs/r/objects")}
    manifest = (tmp_path / "store/runs/r/published.json").read_text()
    assert all(name in manifest for name in named)


def test_an_object_that_was_tampered_with_and_a_manifest_that_climbs_out_are_refused(tmp_path: Path) -> None:
    a, b = place(tmp_path, "a"), place(tmp_path, "b")
    (a.local / "x").write_bytes(b"1")
    claimed(a).push(is_over=True)
    (stored,) = (tmp_path / "store/runs/r/objects").iterdir()
    stored.write_bytes(b"2")
    with pytest.raises(StorageError, match="not what was published"):
        fetched(b)
    manifest = tmp_path / "store/runs/r/published.json"
    manifest.write_text(manifest.read_text().replace('"x"', '"../x"'))
    with pytest.raises(StorageError, match=r"without '\.\.'"):
        fetched(b)
    manifest.write_text("<html>")
    with pytest.raises(StorageError, match="no manifest"):
        fetched(b)
