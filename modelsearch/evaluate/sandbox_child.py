"""Runs one program of a stranger, in a process of its own with as little as it needs. Started by file, never imported.

Layer upon layer, each where the system has it: a new session, namespaces of users, network and processes, limits of
time, memory, processes, open files and file size, Landlock (Linux 5.13 or newer: nothing can be written but in the
working folder), another user id where it is root, and in the interpreter itself a hook that refuses sockets, processes,
native code and writing elsewhere. What is printed goes nowhere. Only the standard library may be used here.

It reads {"program", "token", limits} from standard input. On the file descriptor that it is given it tells which layers
hold and, once the program has come to its end, the token: whoever leaves early, however politely, has not told it.
"""

# no pathlib: importing it takes a third of the time that the interpreter needs to start
# ruff: noqa: PTH109, PTH112, PTH116
import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS = 1, 8, 38
CAP_DAC_READ_SEARCH = 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_READ = 1 << 2 | 1 << 3 | 1 << 0
"""Read a file, list a folder, execute."""
LANDLOCK_WRITE = 1 << 1
LANDLOCK_OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14
"""Rights that a file can have: execute, write, read, truncate."""
LANDLOCK_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights on files each version knows; later ones know as many as the last."""
MOVES = frozenset({"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate"})
REPORT_FD = int(sys.argv[1]) if len(sys.argv) > 1 else -1
MAX_TOLD_CHARS = 300
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/etc/localtime", "/dev/urandom", "/proc/self")


def main() -> None:
    """Read what to run, wall it in, run it, tell how it ended."""
    given = json.loads(sys.stdin.buffer.read())
    libc = ctypes.CDLL(None, use_errno=True)
    is_root = os.geteuid() == 0
    layers = _unshare(libc)
    _fork(libc, given["wall_s"])
    _fork(libc, given["wall_s"])  # the first process of a namespace would be deaf to most signals
    layers += _limits(given, is_alone=is_root or "processes" in layers)
    layers += _landlock(libc, given)
    layers += _drop_root(libc, is_root)
    _end_with_parent(libc)  # again: a change of user forgets it
    _silence()
    if given.get("has_hook", True):
        _hook(os.getcwd())
        layers.append("hook")
    _tell({"layers": layers})
    _run(given)


def _unshare(libc: ctypes.CDLL) -> list[str]:
    """A network without a wire, and a tree of processes of its own; as a user of its own where root alone may."""
    if sys.platform != "linux":
        return []
    flags = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID
    is_done = any(libc.unshare(flags | more) == 0 for more in (0, CLONE_NEWUSER))
    return ["network", "processes"] if is_done else []


def _fork(libc: ctypes.CDLL, wall_s: float) -> None:
    """Go on in a child; this process waits for its end, ends alike, and takes it along at the deadline."""
    child = os.fork()
    if not child:
        _end_with_parent(libc)
        return
    signal.setitimer(signal.ITIMER_REAL, wall_s)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _end_with_parent(libc: ctypes.CDLL) -> None:
    """Be killed when the parent is gone; so the last process of a namespace takes all others along."""
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _limits(given: dict[str, Any], *, is_alone: bool) -> list[str]:
    """CPU seconds, bytes of memory, of a file, open files, processes; no core dumps."""
    n_processes = given["max_processes"]
    wanted = [
        (resource.RLIMIT_CPU, given["cpu_s"]),
        (resource.RLIMIT_AS, given["memory_bytes"]),
        (resource.RLIMIT_FSIZE, given["file_bytes"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ]
    if is_alone:  # else the user's other processes would count too
        wanted.append((resource.RLIMIT_NPROC, n_processes))
    done = True
    for kind, value in wanted:
        try:
            resource.setrlimit(kind, (value, value + (kind == resource.RLIMIT_CPU)))
        except (OSError, ValueError):
            done = False
    return ["limits"] if done else []


def _landlock(libc: ctypes.CDLL, given: dict[str, Any]) -> list[str]:
    """Read where Python and the system lie, write in the working folder alone."""
    if sys.platform != "linux":
        return []
    version = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return []
    rights = (1 << LANDLOCK_RIGHTS.get(version, 16)) - 1
    network = 3 if version >= 4 else 0  # bind and connect over TCP
    attributes = struct.pack("QQ", rights, network) if network else struct.pack("Q", rights)
    ruleset = libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0)
    if ruleset < 0:
        return []
    for folder in (*SYSTEM_FOLDERS, sys.prefix, sys.base_prefix, *given["readable"]):
        _allow(libc, ruleset, folder, LANDLOCK_READ & rights)
    _allow(libc, ruleset, os.getcwd(), rights)
    _allow(libc, ruleset, os.devnull, LANDLOCK_READ | LANDLOCK_WRITE)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    is_done = libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return ["files"] if is_done else []


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= LANDLOCK_OF_FILES
    rule = struct.pack("=Qi", rights, found)
    libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0)
    os.close(found)


def _drop_root(libc: ctypes.CDLL, is_root: bool) -> list[str]:
    """Become somebody who owns nothing, and for whom the limit of processes holds; reading stays as it was."""
    if not is_root:
        return []
    stranger = 200_000 + os.stat(".").st_ino % 100_000_000
    try:
        os.chown(".", stranger, stranger)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(stranger)
        os.setuid(stranger)
    except OSError:
        return []
    kept = 1 << CAP_DAC_READ_SEARCH
    header, data = struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", kept, kept, 0, 0, 0, 0)
    libc.capset(header, data)
    return ["user"]


def _silence() -> None:
    """What the program prints goes nowhere, and it reads nothing."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115


def _hook(folder: str) -> None:
    """Refuse in the interpreter what no solution of an exercise needs."""
    refused = (
        "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
        "os.kill", "os.killpg", "ctypes.", "pty.", "shutil.rmtree", "signal.pthread_kill", "os.chmod", "os.chown",
        "os.link", "os.symlink", "syslog.", "urllib.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "http.",
        "os.setxattr", "os.putenv", "_posixsubprocess",
    )  # fmt: skip
    inside = os.path.realpath(folder)

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and _writes(args) and not _is_inside(args[0], inside):
            raise PermissionError(f"a program under test may write in its own folder only, not {args[0]!r}")
        paths = [path for path in args if isinstance(path, str | bytes)] if event in MOVES else []
        if not all(_is_inside(path, inside) for path in paths):
            raise PermissionError(f"a program under test may not call {event} outside its own folder")
        if event.startswith(refused):
            raise PermissionError(f"a program under test may not use {event}")

    sys.addaudithook(watch)


def _writes(args: tuple[Any, ...]) -> bool:
    mode, flags = args[1], args[2]
    is_writing_mode = isinstance(mode, str) and any(char in mode for char in "wax+")
    is_writing_flag = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) != 0
    return is_writing_mode or is_writing_flag


def _is_inside(path: object, inside: str) -> bool:
    if isinstance(path, int):
        return True
    try:
        found = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return found == inside or found.startswith(inside + os.sep) or found == os.devnull


def _run(given: dict[str, Any]) -> None:
    token = given.pop("token")
    program = given.pop("program")
    code = 0
    try:
        exec(compile(program, "<program>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})  # noqa: S102
        told: dict[str, Any] = {"token": token}
    except MemoryError:
        told = {"failed": "memory", "error": "MemoryError"}
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's program raises, SystemExit too
        told = {"failed": "raised", "error": _words(error)}
    with contextlib.suppress(MemoryError):
        _tell(told)
    os._exit(code)


def _words(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:MAX_TOLD_CHARS]
    except BaseException:  # noqa: BLE001 - its own __str__ may do anything
        return type(error).__name__[:MAX_TOLD_CHARS]


def _tell(what: dict[str, Any]) -> None:
    os.write(REPORT_FD, json.dumps(what).encode(errors="replace") + b"\n")


if __name__ == "__main__":
    main()
