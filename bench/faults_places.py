"""Places that cannot be written to: a full disk, a directory that is read-only."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults_bed import made_bed, told
from modelsearch.core.events import CallSettled
from modelsearch.emulator.server import spawned_emulator
from modelsearch.store.journal import Journal

N_ITEMS = 40
STEPS_BYTES = (0, 3, 4_001, 40_003, 90_007)
"""Sizes at which the disk is full, one after another: no journal, half a header, in the middle of a record."""
STOPPED = 3
REFUSED = 2
DISK_MB = (1,)


def disk_holds() -> bool:
    """A run whose disk fills up, again and again: a clear error each time, nothing torn is read, it goes on."""
    faults, codes = [], []
    with made_bed(N_ITEMS) as bed:
        for n_bytes in STEPS_BYTES:
            life = bed.live(max_file_bytes=max(1, n_bytes))
            codes.append(life.code)
            if life.code not in (STOPPED, REFUSED) or "Error: " not in life.error or "Traceback" in life.error:
                faults.append(f"at {n_bytes} bytes: exit code {life.code}, {life.error[-300:]!r}")
            if bed.journal.stat().st_size > max(1, n_bytes):
                faults.append(f"at {n_bytes} bytes the journal has {bed.journal.stat().st_size}")
        size = bed.journal.stat().st_size
        _, events = Journal.read(bed.journal)
        n_kept = sum(isinstance(event, CallSettled) for event in events)
        last = bed.live()
        audit = bed.audit()
    faults += audit.faults
    if last.code != 0:
        faults.append(f"with space again: exit code {last.code}, {last.error[-300:]!r}")
    text = (
        f"full at {', '.join(map(str, STEPS_BYTES))} bytes: exit codes {codes}, {n_kept} settled calls in {size} bytes "
        f"read back; with space again {audit.line()}"
    )
    return told("disk", text, faults)


def readonly_holds() -> bool:
    """A run in a directory that cannot be written to: refused before a call is made."""
    with made_bed(N_ITEMS) as bed:
        bed.home.chmod(0o755)  # so that others get as far as the folder
        bed.folder.mkdir(mode=0o555)
        life = bed.live(is_nobody=True)
        n_requests = bed.n_requests()
    faults = []
    if life.code == 0 or "Error: " not in life.error or "Traceback" in life.error:
        faults.append(f"exit code {life.code}, {life.error[-300:]!r}")
    if n_requests:
        faults.append(f"{n_requests} calls were made")
    return told("readonly", f"exit code {life.code}, {n_requests} calls, {life.error.splitlines()[-1:]}", faults)


@contextmanager
def small_disk(n_mb: int) -> Iterator[Path | None]:
    """A file system of so many MB; None where this process may not mount one."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={n_mb}m", "tmpfs", folder]
        try:
            is_there = subprocess.run(command, check=False, capture_output=True).returncode == 0
        except FileNotFoundError:
            is_there = False
        try:
            yield Path(folder) if is_there else None
        finally:
            if is_there:
                subprocess.run(["umount", folder], check=True)


def search_disk_holds() -> bool:
    """A whole search on disks that are too small, and on one that is then made larger."""
    faults, codes = [], []
    for n_mb in DISK_MB:
        with small_disk(n_mb) as disk:
            if disk is None:
                print("disk, whole search: skipped: needs the right to mount a small file system")
                return True
            first, again = _searched_twice(disk)
        codes.append(first.returncode)
        said = first.stderr.strip().splitlines()[-1:]
        if first.returncode == 0 or not said or not said[0].startswith("modelsearch.core.errors."):
            faults.append(f"{n_mb} MB: exit code {first.returncode}, {said}")
        if again.returncode != 0:
            faults.append(f"{n_mb} MB, then enough: exit code {again.returncode}, {again.stderr[-300:]!r}")
    return told("disk, whole search", f"of {DISK_MB} MB: exit codes {codes}; with space again they end", faults)


def _searched_twice(disk: Path) -> tuple["subprocess.CompletedProcess[str]", "subprocess.CompletedProcess[str]"]:
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "requests.jsonl"
        with spawned_emulator("bench.kill_world:make_app", {"seed": 0, "log_path": str(log)}) as url:
            asked = json.dumps({"seed": 0, "url": url, "home": str(disk), "run_id": "full"})
            command = [sys.executable, "-m", "bench.kill_search", asked]
            first = subprocess.run(command, check=False, capture_output=True, text=True)
            subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
            again = subprocess.run(command, check=False, capture_output=True, text=True)
    return first, again
