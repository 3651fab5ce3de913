import subprocess
import sys
from pathlib import Path

import pytest

from modelsearch.core.errors import FileWriteError
from modelsearch.store.flock import flocked

HOLDER = """
import sys
from pathlib import Path
from modelsearch.store.flock import flocked
with flocked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_for_the_block_and_by_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "one.lock"
    with flocked(path), pytest.raises(BlockingIOError), flocked(path, is_waiting=False):
        pass
    with flocked(path, is_waiting=False):
        assert path.is_file()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError), flocked(path, is_waiting=False):
            pass
        process.kill()
        process.wait()
        with flocked(path, is_waiting=False):
            pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileWriteError, match=r"one\.lock"), flocked(tmp_path / "file" / "one.lock"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
