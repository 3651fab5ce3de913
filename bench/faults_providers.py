"""Providers that fail in all the ways there are, one that is slow, one that is down and comes back; clocks; names."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from bench.faults_bed import LIMIT_S, Bed, Ended, ended, made_bed, told
from bench.faults_world import MIX, N_MODELS
from bench.kill import wait_until
from modelsearch.core.events import Warned
from modelsearch.emulator.bill import LogLine, read_log
from modelsearch.store.journal import Journal

N_ITEMS = 60
SLOW, LOST = "p3", "p3"
OF_SLOW = ("m03", "m07")
MAX_LATER_SHARE = 1.25
"""How much later the others may end for a slow provider beside them: two cores are shared with everybody else."""
NO_NAME = "http://no-such-host.invalid/p/p3"
LOOK_S = 1.0


def mix_holds(n_items: int) -> bool:
    """The mix of faults over every model."""
    with made_bed(n_items, faults=MIX) as bed:
        life = bed.live()
        audit = bed.audit()
        lines = read_log(bed.log)
    faults = list(audit.faults)
    n_malformed = sum(line.fault == "malformed" for line in lines)
    if audit.n_unreadable < n_malformed:
        faults.append(f"{n_malformed} malformed bodies were sent, {audit.n_unreadable} are kept")
    if life.code != 0:
        faults.append(f"exit code {life.code}, {life.error[-300:]!r}")
    n_good = audit.statuses["ok"] + audit.statuses["truncated"]
    text = f"{len(lines)} requests, {n_good} of {n_items * N_MODELS} answered, {life.found.get('wall_s', 0):.0f} s"
    return told("mix", f"{text}; {audit.line()}", faults)


def clock_holds() -> bool:
    """The same run under a true and under a jumping wall clock, with waits that are told as dates."""
    faults_on = {**MIX, "retry_after_date": True, "p_hang": 0.0}
    walls_s, statuses, broken = [], [], []
    for is_jumping in (False, True):
        with made_bed(N_ITEMS, faults=faults_on) as bed:
            life = bed.live(is_clock_jumping=is_jumping)
            broken += bed.audit().faults
        walls_s.append(life.found.get("wall_s", float("inf")))
        statuses.append(life.found.get("statuses"))
    if walls_s[1] > walls_s[0] * 1.5 + 5.0:
        broken.append("it took longer")
    if statuses[0] != statuses[1]:
        broken.append(f"other statuses: {statuses}")
    text = f"jumps of -5 to 7 hours: {walls_s[0]:.1f} s with a true clock, {walls_s[1]:.1f} s with a jumping one"
    return told("clock", text, broken)


def name_holds() -> bool:
    """One of four providers has a name that nobody knows."""
    with made_bed(N_ITEMS) as bed:
        life = bed.live(urls={LOST: NO_NAME}, max_rounds=1)
        audit = bed.audit(models=N_MODELS - len(OF_SLOW))
    faults = [*audit.faults, *_unmarked(life)]
    if audit.books.n_unknown:
        faults.append(f"{audit.books.n_unknown} calls that were never sent are held as unknown")
    return told(
        "name", f"{life.found.get('wall_s', 0):.1f} s, marked {life.found.get('marked')}; {audit.line()}", faults
    )


def _unmarked(life: Ended) -> list[str]:
    """Candidates of the lost provider that the result does not tell of."""
    marked = life.found.get("marked", [])
    missing = [name for name in OF_SLOW if f"set-aside {name}" not in marked]
    return [f"{name} is not marked: {marked}, {life.error[-300:]}" for name in missing]


def slow_holds() -> bool:
    """A provider takes twenty times as long; when the others have ended, with it and without."""
    others = [f"m{row:02d}" for row in range(N_MODELS) if f"m{row:02d}" not in OF_SLOW]
    with made_bed(N_ITEMS * 4) as bed:
        bed.live(models=others, step_items=N_ITEMS * 4)
        alone_s = _span_s(read_log(bed.log))
    with made_bed(N_ITEMS * 4, slow=(SLOW,)) as bed:
        bed.live(step_items=N_ITEMS * 4)
        audit = bed.audit()
        lines = read_log(bed.log)
    beside_s = _span_s([line for line in lines if line.provider != SLOW])
    slow_s = _span_s(lines)
    faults = list(audit.faults)
    if beside_s > alone_s * MAX_LATER_SHARE + 0.3:
        faults.append("the others waited for it")
    text = f"the others are through after {beside_s:.2f} s beside it, {alone_s:.2f} s alone; all after {slow_s:.2f} s"
    return told("slow", text, faults)


def _span_s(lines: list[LogLine]) -> float:
    """Seconds from the first request to the last."""
    return max(line.at_s for line in lines) - min(line.at_s for line in lines)


def down_holds() -> bool:
    """A provider refuses connections and comes back while the search goes on."""
    with made_bed(N_ITEMS) as bed, contextlib.closing(_free_socket()) as sock:
        port = sock.getsockname()[1]
        sock.close()
        url = f"http://127.0.0.1:{port}/p/{LOST}"
        process = bed.start(urls={LOST: url}, step_items=10, max_rounds=40, round_s=0.5)
        wait_until(process, lambda: _is_marked(bed), limit_s=LIMIT_S)
        with _forwarded(port, bed):
            life = ended(process)
        audit = bed.audit()
    faults = [*audit.faults, *_unmarked(life)]
    back = [name for name in OF_SLOW if f"answers-again {name}" in life.found.get("marked", [])]
    if len(back) != len(OF_SLOW):
        faults.append(f"back are {back} of {OF_SLOW}")
    text = f"down at first: marked, then asked again, {life.found.get('wall_s', 0):.0f} s, {life.found.get('marked')}"
    return told("down", f"{text}; {audit.line()}", faults)


def _is_marked(bed: Bed) -> bool:
    """Whether the journal says already that somebody was set aside; a look a second is enough."""
    time.sleep(LOOK_S)
    if not bed.journal.exists() or not bed.journal.stat().st_size:
        return False
    _, events = Journal.read(bed.journal)
    return any(isinstance(event, Warned) and event.code == "set-aside" for event in events)


def _free_socket() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


@contextlib.contextmanager
def _forwarded(port: int, bed: Bed) -> Iterator["subprocess.Popen[Any]"]:
    """The emulator at another port as well."""
    target = bed.url.rpartition(":")[2]
    process = subprocess.Popen([sys.executable, "-m", "bench.faults_forward", str(port), target])
    try:
        yield process
    finally:
        process.kill()
        process.wait()
