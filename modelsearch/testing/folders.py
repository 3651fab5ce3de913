"""What every folder of `store.filesystem` must do, wherever it is."""

import pytest

from modelsearch.core.errors import ObjectChangedError, ObjectMissingError
from modelsearch.store.filesystem import Folder


def check_folder(folder: Folder) -> None:
    """Run the contract on an empty folder; it is left with two files.

    Raises:
        AssertionError: it does something else.
    """
    _check_plain(folder)
    _check_swaps(folder)
    assert folder.names() == ["a/b.txt", "a/state"]


def _check_plain(folder: Folder) -> None:
    assert folder.names() == []
    assert folder.folders("a") == []
    assert folder.read_versioned("a/b.txt") is None
    with pytest.raises(ObjectMissingError, match=r"'a/b\.txt'"):
        folder.read_bytes("a/b.txt")
    folder.remove("a/b.txt")
    for content in (b"one", b"", bytes(range(256)) * 4096):
        folder.write_whole("a/b.txt", content)
        assert folder.read_bytes("a/b.txt") == content
    folder.write_whole("a/deep/er/c", b"c")
    assert folder.names() == ["a/b.txt", "a/deep/er/c"]
    assert folder.names("a/deep") == ["a/deep/er/c"]
    assert folder.folders("a") == ["deep"]
    folder.remove("a/deep/er/c")


def _check_swaps(folder: Folder) -> None:
    first = folder.compare_and_swap("a/state", b"1", expected=None)
    with pytest.raises(ObjectChangedError, match="another machine"):
        folder.compare_and_swap("a/state", b"2", expected=None)
    second = folder.compare_and_swap("a/state", b"2", expected=first)
    with pytest.raises(ObjectChangedError, match="another machine"):
        folder.compare_and_swap("a/state", b"3", expected=first)
    found = folder.read_versioned("a/state")
    assert found is not None
    assert (found.content, found.version) == (b"2", second)
