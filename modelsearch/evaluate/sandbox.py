"""A stranger's program, run walled in and with a deadline: `sandbox_child` is the wall, this is the warder.

What the walls hold against: accidents, and programs that mean harm in the ways that programs in test sets and from
models do (they loop, fork, fill memory and disk, write and connect elsewhere, leave early). They are no virtual
machine: for code that is out to break them, run the search in one.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from modelsearch.core.errors import ScoringError

_CHILD = Path(__file__).with_name("sandbox_child.py")
_TIME_SIGNALS = frozenset({signal.SIGXCPU, signal.SIGALRM})
START_S = 5.0
"""To start an interpreter on a busy machine; the program's own time begins after that."""
MAX_REPORT_BYTES = 10_000
End = Literal["passed", "raised", "memory", "timeout", "left", "killed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a program may use.

    Attributes:
        wall_s: seconds until everything of it is killed; its CPU seconds are as many, rounded up.
        n_processes: that it may have at once, threads among them.
    """

    wall_s: float = 10.0
    memory_mb: int = 1024
    file_mb: int = 16
    n_processes: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a program ended.

    Attributes:
        end: `passed` = it came to its own end; `raised`; `memory` = there was no more; `timeout`; `left` = it ended
            itself before its end; `killed` = by a signal, a limit's among them.
        detail: the error in words.
        layers: of the walls, which hold on this system.
    """

    end: End
    detail: str = ""
    layers: tuple[str, ...] = ()


def run_program(program: str, limits: Limits | None = None, *, has_hook: bool = True) -> Ran:
    """Run a program in a folder of its own, to its end or to its deadline.

    Args:
        program: Python source.
        limits: what it may use.
        has_hook: refuse in the interpreter itself too; False shows what the other walls do.

    Raises:
        ScoringError: the walls could not be put up, so nothing was run.
    """
    limits = limits or Limits()
    folder = tempfile.mkdtemp(prefix="modelsearch-")
    try:
        return _run_in(folder, program, limits, has_hook=has_hook)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_in(folder: str, program: str, limits: Limits, *, has_hook: bool) -> Ran:
    token = secrets.token_hex(16)
    given = {
        "program": program, "token": token, "wall_s": limits.wall_s, "cpu_s": max(1, round(limits.wall_s + 0.5)),
        "readable": [],
        "memory_bytes": limits.memory_mb << 20, "file_bytes": limits.file_mb << 20,
        "max_processes": limits.n_processes, "has_hook": has_hook,
    }  # fmt: skip
    read_fd, write_fd = os.pipe()
    try:
        process = _started(folder, write_fd)
    finally:
        os.close(write_fd)
    is_late = False
    try:
        process.communicate(json.dumps(given).encode(errors="replace"), timeout=limits.wall_s + START_S)
    except subprocess.TimeoutExpired:
        is_late = True
    finally:
        _kill(process)
        told = _read(read_fd)
        os.close(read_fd)
    return _ended(told, token, process.returncode, is_late=is_late)


def _started(folder: str, write_fd: int) -> "subprocess.Popen[bytes]":
    """The child, first of a session of its own; it is told its end of the pipe."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(_CHILD), str(write_fd)]
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and file
            command, cwd=folder, env=environment, start_new_session=True, pass_fds=[write_fd],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise ScoringError(f"the program's process could not be started: {error.strerror or error}") from error


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The whole group; where there are namespaces, whoever left the group ends with their first process."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError, ValueError):
        process.communicate(timeout=START_S)


def _read(read_fd: int) -> list[dict[str, Any]]:
    """What was told; nobody who still holds the pipe is waited for."""
    os.set_blocking(read_fd, False)
    raw = b""
    with suppress(BlockingIOError):
        while len(raw) < MAX_REPORT_BYTES and (part := os.read(read_fd, MAX_REPORT_BYTES)):
            raw += part
    told = []
    for line in raw.split(b"\n"):
        with suppress(ValueError):
            found = json.loads(line)
            told += [found] if isinstance(found, dict) else []
    return told


def _ended(told: list[dict[str, Any]], token: str, code: int | None, *, is_late: bool) -> Ran:
    layers = next((tuple(map(str, line["layers"])) for line in told if isinstance(line.get("layers"), list)), None)
    if layers is None and not is_late:
        raise ScoringError(f"the program was not run: its process ended with code {code} before it could be walled in")
    layers = layers or ()
    if any(line.get("token") == token for line in told):
        return Ran(end="passed", layers=layers)
    failed = next((line for line in told if "failed" in line), None)
    if is_late:
        return Ran(end="timeout", detail="its time was over", layers=layers)
    if failed is not None:
        end: End = "memory" if failed["failed"] == "memory" else "raised"
        return Ran(end=end, detail=str(failed.get("error", "")), layers=layers)
    return _unfinished(code or 0, layers)


def _unfinished(code: int, layers: tuple[str, ...]) -> Ran:
    """How a program ended that neither came to its end nor raised; codes above 128 stand for signals."""
    if 0 <= code <= 128:
        return Ran(end="left", detail=f"it left with code {code} before its tests were over", layers=layers)
    number = code - 128 if code > 0 else -code
    if number in _TIME_SIGNALS:
        return Ran(end="timeout", detail="its time was over", layers=layers)
    return Ran(end="killed", detail=f"it was killed by signal {number}", layers=layers)
