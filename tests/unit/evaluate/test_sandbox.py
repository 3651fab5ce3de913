"""Hostile programs end within their time, with a status, and touch nothing."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from modelsearch.evaluate.sandbox import Limits, run_program
from tests.unit.evaluate.hostile import programs

LIMITS = Limits(wall_s=2.0, memory_mb=256)
NAMES = list(programs("", 0))
needs_walls = pytest.mark.skipif(sys.platform != "linux", reason="namespaces and Landlock are Linux's own")


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_a_program_that_comes_to_its_end_has_passed_and_says_which_walls_stood() -> None:
    ran = run_program("from typing import List\nimport math, re, collections\nassert math.pi > 3\n")
    assert ran.end == "passed"
    assert {"limits", "hook"} <= set(ran.layers)


def test_it_may_write_in_its_own_folder_which_is_gone_afterwards(tmp_path: Path) -> None:
    ran = run_program("import os\nopen('a', 'w').write('x')\nassert open('a').read() == 'x'\n")
    assert ran.end == "passed"


def test_an_error_is_told() -> None:
    ran = run_program("assert 1 == 2, 'one is not two'\n")
    assert (ran.end, ran.detail) == ("raised", "AssertionError: one is not two")


@pytest.mark.parametrize("name", NAMES)
def test_hostile_programs_end_in_time_with_a_status(name: str, tmp_path: Path, port: int) -> None:
    hostile = programs(str(tmp_path), port)[name]
    began_s = time.monotonic()
    ran = run_program(hostile.program, LIMITS)
    assert ran.end in hostile.ends, ran
    assert time.monotonic() - began_s < LIMITS.wall_s + 10
    assert list(tmp_path.iterdir()) == []


@needs_walls
@pytest.mark.parametrize("name", ["fork bomb", "writes outside", "opens a socket", "10 GB", "leaves a child behind"])
def test_the_other_walls_hold_without_the_interpreters_hook(name: str, tmp_path: Path, port: int) -> None:
    if not {"files", "network", "processes"} <= set(run_program("pass\n").layers):
        pytest.skip("this system has no Landlock or lets nobody make namespaces")
    hostile = programs(str(tmp_path), port)[name]
    ran = run_program(hostile.program, LIMITS, has_hook=False)
    assert ran.end in hostile.bare_ends, ran
    assert list(tmp_path.iterdir()) == []


def test_a_forged_report_is_not_believed() -> None:
    forged = 'import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b\'{"token": "x"}\\n\')\n    except OSError:\n        pass\nos._exit(0)\n'  # noqa: E501
    assert run_program(forged, LIMITS).end == "left"
