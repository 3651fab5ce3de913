"""Embedded Prefect servers that a killed search left behind: found and ended when the project is used again.

A server is surely ours where all of this holds: it runs Prefect's application or `prefect server start`, on this
project's Prefect home, as this user; the environment that it was started with names its owner (`mark_owner`); and that
process is gone: no process has its number, or one that began at another time. A server somebody started by hand has no
owner and is left alone, and so is that of a search or a UI that is alive. Where the system has no /proc, nothing is
looked for.
"""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

OWNER = "MODELSEARCH_OWNER"
"""Environment variable that says which process a server belongs to: its number and when it began, in clock ticks."""
APPLICATION = "prefect.server.api.server:create_app"
COMMAND = (b"prefect", b"server", b"start")
PROC = Path("/proc")
PATIENCE_S = 5.0
_NAP_S = 0.05
_START_FIELD = 19
"""Of /proc/PID/stat, counted after the command's closing bracket: starttime, field 22 of proc(5)."""


def mark_owner() -> None:
    """Let all processes that this one starts say whose they are."""
    began = _began(os.getpid())
    if began is not None:
        os.environ[OWNER] = f"{os.getpid()} {began}"


def end_orphans(prefect_home: str) -> list[int]:
    """End the servers that searches of this project left; their process numbers.

    Args:
        prefect_home: value of `PREFECT_HOME` that they were started with.
    """
    return [pid for pid in _pids() if _is_orphan(pid, prefect_home) and _end(pid, prefect_home)]


def _is_orphan(pid: int, prefect_home: str) -> bool:
    """Whether it is a server of this project whose owner is gone."""
    try:
        if (PROC / str(pid)).stat().st_uid != os.getuid():
            return False
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        environ = _environ((PROC / str(pid) / "environ").read_bytes())
    except OSError:
        return False
    is_server = APPLICATION.encode() in words or any(
        tuple(words[at : at + len(COMMAND)]) == COMMAND for at in range(len(words))
    )
    is_ours = is_server and environ.get("PREFECT_HOME") == prefect_home
    owner, _, began = environ.get(OWNER, "").partition(" ")
    return is_ours and owner.isdecimal() and began.isdecimal() and _began(int(owner)) != int(began)


def _end(pid: int, prefect_home: str) -> bool:
    """Ask it to end, then make it; False where it is gone already. The number cannot be taken for another process."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _is_orphan(pid, prefect_home):  # looked at again now that the handle holds it
            return False
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        if not _is_gone_within(pid, PATIENCE_S):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            _is_gone_within(pid, PATIENCE_S)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _is_gone_within(pid: int, seconds: float) -> bool:
    deadline_s = time.monotonic() + seconds
    while _began(pid) is not None:
        if time.monotonic() > deadline_s:
            return False
        time.sleep(_NAP_S)
    return True


def _pids() -> Iterator[int]:
    if PROC.is_dir():
        yield from (int(path.name) for path in PROC.iterdir() if path.name.isdecimal())


def _began(pid: int) -> int | None:
    """When a process began, in clock ticks since the machine did; None where there is none, or it has ended."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    is_ended = len(fields) <= _START_FIELD or fields[0] in ("Z", "X")
    return None if is_ended else int(fields[_START_FIELD])


def _environ(content: bytes) -> Mapping[str, str]:
    pairs = (entry.decode(errors="replace").partition("=") for entry in content.split(b"\0") if entry)
    return {name: value for name, _, value in pairs}
