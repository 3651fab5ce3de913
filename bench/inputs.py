"""`make bench-inputs`: every kind of bad input is told in one line that says what to do, and costs nothing.

Each kind spoils one thing in a room of its own (home, catalogue, task, table) and runs the command in a process of its
own. It holds if the exit code is 2, stderr is one line with the words that matter, and no journal has a call in it.
Faults of providers in mid-search follow: the search goes on, or stops with exit code 3 and `resume` ends it.
Prints a table and the figures last; exit code 0 only if all hold.
"""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from bench.inputs_faults import run_faults
from bench.inputs_kinds import CATALOG_KINDS, ITEM_KINDS, OPTION_KINDS, PLAN_KINDS, TASK_KINDS, Kind
from bench.inputs_room import Room, make_room
from bench.inputs_runs import MORE_KINDS
from flows.cli import main as command
from modelsearch.core.events import CallReserved, CallSettled
from modelsearch.store.journal import Journal

KINDS = [*TASK_KINDS, *ITEM_KINDS, *OPTION_KINDS, *PLAN_KINDS, *CATALOG_KINDS, *MORE_KINDS]
N_WORKERS = 2
TIMEOUT_S = 60
MAX_MESSAGE = 700
MAX_SHOWN = 160
LEAST_KINDS = 40


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of a kind."""

    kind: Kind
    code: int
    stderr: str
    problems: tuple[str, ...]


def main() -> int:
    """Run all kinds and faults, print the table, and say by the exit code whether all hold."""
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-inputs-") as folder:
        told = run_kinds(_chosen(sys.argv[1:]), Path(folder))
        faults = [] if sys.argv[1:] else run_faults(Path(folder))
    bad = [each for each in told if each.problems]
    broken = [fault for fault in faults if fault.problems]
    is_held = not bad and not broken and (len(told) >= LEAST_KINDS or bool(sys.argv[1:]))
    print(
        f"inputs: {len(told) - len(bad)} of {len(told)} kinds of bad input told in one line with exit code 2 and "
        f"nothing spent, {len(faults) - len(broken)} of {len(faults)} provider faults survived, "
        f"{time.monotonic() - started_s:.0f} s: {'holds' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def run_kinds(kinds: Sequence[Kind], folder: Path) -> list[Told]:
    """Run kinds, a few at once, each in a fork of this process, and print a line for each."""
    waiting, running, told = list(kinds), dict[int, tuple[Kind, Path]](), list[Told]()
    while waiting or running:
        while waiting and len(running) < N_WORKERS:
            kind = waiting.pop(0)
            root = folder / f"{len(waiting):03d}"
            running[_start(kind, root)] = (kind, root)
        pid, status = os.wait()
        kind, root = running.pop(pid)
        told.append(_told(kind, root, os.waitstatus_to_exitcode(status)))
        _show(told[-1])
    return told


def _show(told: Told) -> None:
    mark = "ok " if not told.problems else "BAD"
    print(f"{mark} {told.kind.name:<38} {told.code:>3}  {told.stderr.strip()[:MAX_SHOWN]}", flush=True)
    for problem in told.problems:
        print(f"      {problem}", flush=True)


def _chosen(names: Sequence[str]) -> list[Kind]:
    return [kind for kind in KINDS if not names or any(name in kind.name for name in names)]


def _start(kind: Kind, root: Path) -> int:
    """A process that spoils a fresh room and then is the command; its id."""
    room = make_room(root)
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _be_command(kind, room)
    return pid


def _be_command(kind: Kind, room: Room) -> NoReturn:
    """Only in the forked process: never returns."""
    signal.alarm(TIMEOUT_S)
    for stream, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(room.root / name, os.O_WRONLY | os.O_CREAT), stream)
    kept = {"PATH": os.environ.get("PATH", ""), "HOME": str(room.root), "COLUMNS": "200"}
    # a kind that is not refused must not leave a server behind: the command would start one
    kept["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
    environ = {**kept, **room.environ(), **kind.put}
    os.environ.clear()
    os.environ.update({name: value for name, value in environ.items() if name not in kind.unset})
    os.chdir(room.root)
    code = 1
    try:
        sys.argv = ["modelsearch", *kind.spoil(room)]
        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - shown as Python would show it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _told(kind: Kind, root: Path, code: int) -> Told:
    stderr = (root / "stderr").read_text()
    runs = Room(root=root).home / "runs"
    return Told(kind=kind, code=code, stderr=stderr, problems=tuple(_problems(kind, code, stderr, runs)))


def _problems(kind: Kind, code: int, stderr: str, runs: Path) -> Iterator[str]:
    if code != kind.code:
        yield f"exit code {code}, expected {kind.code}"
    if stderr.count("\n") != 1 or not stderr.startswith("error: "):
        yield f"expected one line `error: ...` on stderr, got {stderr.count(chr(10))} lines: {stderr[-900:]!r}"
    missing = [word for word in kind.says if word.lower() not in stderr.lower()]
    if missing:
        yield f"the message does not say {missing}"
    if len(stderr) > MAX_MESSAGE:
        yield f"the message has {len(stderr)} characters, at most {MAX_MESSAGE} are read"
    for journal in runs.glob("*/journal.bin"):
        if kind.name not in (
            "corrupt journal",
            "damaged journal",
            "explain of unknown endpoint",
            "corrupt result",
            "corrupt run.json",
        ):
            _, events = Journal.read(journal)
            if any(isinstance(event, CallReserved | CallSettled) for event in events):
                yield "a call was made"


if __name__ == "__main__":
    sys.exit(main())
