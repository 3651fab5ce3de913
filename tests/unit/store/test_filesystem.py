"""Whole files in a folder: what every store must do. `tests/servers/test_storage.py` runs the same over S3."""

from pathlib import Path

import pytest

from modelsearch.core.errors import ObjectMissingError, StorageError
from modelsearch.store.filesystem import LocalFolder, is_remote, open_folder
from modelsearch.testing.folders import check_folder


def test_a_local_folder_keeps_the_contract(tmp_path: Path) -> None:
    check_folder(LocalFolder(tmp_path / "new"))


def test_a_store_without_conditional_writes_refuses_a_swap_and_does_the_rest() -> None:
    folder = open_folder("memory://bucket/prefix")
    folder.write_whole("a/b", b"1")
    assert folder.read_bytes("a/b") == b"1"
    assert folder.names() == ["a/b"]
    with pytest.raises(StorageError, match="only if it is unchanged"):
        folder.compare_and_swap("a/b", b"2", expected=None)
    folder.remove("a/b")
    with pytest.raises(ObjectMissingError, match="there is none"):
        folder.read_bytes("a/b")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "a\\b", "a//b", "x\0"])
def test_names_stay_inside(tmp_path: Path, name: str) -> None:
    folder = LocalFolder(tmp_path / "in")
    with pytest.raises(StorageError, match=r"without '\.\.'"):
        folder.read_bytes(name)
    with pytest.raises(StorageError, match=r"without '\.\.'"):
        folder.write_whole(name, b"")


def test_an_unknown_scheme_is_told() -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        open_folder("nosuch://x/y")


@pytest.mark.parametrize(
    ("where", "expected"), [("s3://b/p", True), ("/a/b", False), ("a/b", False), ("file:///a", False), ("GS://x", True)]
)
def test_what_is_elsewhere(where: str, expected: bool) -> None:
    assert is_remote(where) is expected
    assert is_remote(Path("x")) is False
