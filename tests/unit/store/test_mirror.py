from pathlib import Path

import pytest

from modelsearch.core.errors import StorageError
from modelsearch.store.filesystem import LocalFolder
from modelsearch.store.mirror import mirrored


class Climbing(LocalFolder):
    def names(self, under: str = "") -> list[str]:
        return ["../x"]


def test_a_mirror_holds_what_the_other_one_holds_and_nothing_else(tmp_path: Path) -> None:
    there, here = LocalFolder(tmp_path / "there"), tmp_path / "here"
    there.write_whole("a.yaml", b"1")
    there.write_whole("items/a.jsonl", b"2")
    assert mirrored(there, here) == 2
    before = (here / "a.yaml").stat().st_mtime_ns
    there.remove("items/a.jsonl")
    there.write_whole("b.yaml", b"3")
    assert mirrored(there, here) == 2
    assert {path.name: path.read_bytes() for path in here.rglob("*") if path.is_file()} == {
        "a.yaml": b"1",
        "b.yaml": b"3",
    }
    assert (here / "a.yaml").stat().st_mtime_ns == before


def test_names_that_climb_out_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"without '\.\.'"):
        mirrored(Climbing(tmp_path / "there"), tmp_path / "here")
    assert not (tmp_path / "x").exists()


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = LocalFolder(tmp_path / "there")
    for name in "abc":
        there.write_whole(name, b"12345")
    monkeypatch.setattr("modelsearch.store.mirror.MAX_BYTES", 12)
    with pytest.raises(StorageError, match="more than 12 bytes"):
        mirrored(there, tmp_path / "here")
    monkeypatch.setattr("modelsearch.store.mirror.MAX_FILES", 2)
    with pytest.raises(StorageError, match="3 files"):
        mirrored(there, tmp_path / "here")
