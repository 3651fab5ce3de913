"""`make bench-workers`: two workers on one night, killed with -9 in turn; it completes, and nothing is paid twice.

On a real PostgreSQL, with the emulator's own log as the judge. One worker carries out the night undisturbed; of two on
a copy of the project, one is killed whenever a randomly drawn number of calls has reached the emulator, and started
again; the first and the second by turns. Afterwards: the same decisions; each call charged once, but for those in
flight at a kill, which the journals hold as unknown; settled <= bill <= settled + unknown; and the night's budget in
the database is what the journals say. Exits with 77 where no PostgreSQL is installed.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.night_bed import FAST, LEASE_S, SECOND, Bed, begin, finished, opened_bed
from bench.postgres_server import postgres_bins
from bench.scale import SKIPPED, booked_of
from modelsearch.core.events import CallReleased, CallReserved, CallSettled, Event, OutcomeScored
from modelsearch.emulator.bill import LogLine
from modelsearch.store.journal import Journal
from modelsearch.store.layout import list_runs

LATENCY_S = 0.1
N_NEWCOMERS = 8
N_KILLS = 6
LIMIT_S = 300.0
Cell = tuple[str, str]
"""Endpoint and key of a call."""


def main() -> int:
    """One night undisturbed, one with kills; exit code 0 only if everything holds."""
    parser = argparse.ArgumentParser(prog="bench.workers", description="Workers that are killed in turn.")
    parser.add_argument("--kills", type=int, default=N_KILLS)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if postgres_bins() is None:
        print("skipped: needs PostgreSQL (Debian: apt-get install postgresql)")
        return SKIPPED
    with tempfile.TemporaryDirectory(dir=FAST) as folder, opened_bed(Path(folder), N_NEWCOMERS) as bed:
        alone, rough = bed.copied("alone"), bed.copied("rough")
        with alone.emulator(LATENCY_S):
            (expected,) = finished([alone.worker(SECOND)])
        n_calls = alone.n_requests() - bed.n_requests()
        before = {run.run_id for run in list_runs(rough.settings.runs)}
        began_s = time.monotonic()
        report, n_landed, line = killed(rough, asked.kills, n_calls, asked.seed)
        runs = [run for run in list_runs(rough.settings.runs) if run.run_id not in before]
        books = [Journal.read(run.journal)[1] for run in runs]
        faults = faults_of(books, rough.lines(bed.n_requests()), booked_of(rough))
    faults += [] if decided(report) == decided(expected) else ["other decisions than undisturbed"]
    faults += [] if n_landed == asked.kills else [f"{n_landed} of {asked.kills} kills landed"]
    print(line)
    for fault in faults[:10]:
        print(f"  broken: {fault}")
    print(
        f"workers: seed {asked.seed}, {n_landed} kills of 2 workers by turns in {time.monotonic() - began_s:.0f} s "
        f"(leases of {LEASE_S:g} s), {n_calls} calls: {'BROKEN' if faults else 'same decisions, nothing paid twice'}"
    )
    return 1 if faults else 0


def killed(bed: Bed, n_kills: int, n_calls: int, seed: int) -> tuple[dict[str, Any], int, str]:
    """Two workers, killed by turns; what the one that is left reports, how many kills landed, and a line of figures."""
    rng = random.Random(seed)
    n_before = bed.n_requests()
    moments = sorted(rng.randrange(n_calls // 20, n_calls * 9 // 10) for _ in range(n_kills))
    n_landed = 0
    with bed.emulator(LATENCY_S):
        workers = [bed.worker(SECOND), bed.worker(SECOND)]
        for worker in workers:
            begin(worker)
        for number, n_reached in enumerate(moments):
            if not _reached(bed, n_before + n_reached, workers):
                break
            workers[number % 2].kill()
            workers[number % 2].communicate()
            n_landed += 1
            workers[number % 2] = bed.worker(SECOND)
            begin(workers[number % 2])
        reports = [_report_of(worker) for worker in workers]
    whole = [each for each in reports if each["nights"][0]["results"]]
    line = f"2 workers: {n_landed} kills, {bed.n_requests() - n_before} calls, {n_calls} undisturbed"
    return (whole or reports)[0], n_landed, line


def _reached(bed: Bed, n_requests: int, workers: Sequence[Any]) -> bool:
    """Wait until so many requests have come; False where the night was over before."""
    until_s = time.monotonic() + LIMIT_S
    while bed.n_requests() < n_requests:
        if any(worker.poll() is not None for worker in workers):
            return False
        if time.monotonic() > until_s:
            raise TimeoutError(f"bench: the night did not come so far within {LIMIT_S:g} s")
        time.sleep(0.002)
    return True


def _report_of(worker: Any) -> dict[str, Any]:
    printed, _ = worker.communicate(timeout=LIMIT_S)
    if worker.returncode != 0:
        raise RuntimeError(f"bench: a worker ended with exit code {worker.returncode}")
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def decided(report: dict[str, Any]) -> Any:
    """What a night has decided, whatever it cost."""
    (night,) = report["nights"]
    results = [[r["job"], r["end"], r["place"], r["level"], r["standings"], r["samples"]] for r in night["results"]]
    return [results, night["moves"], night["alarms"], night["waiting"], night["end"]]


def faults_of(
    books: Sequence[Sequence[Event]], lines: Sequence[LogLine], booked: tuple[Decimal, Decimal, Decimal]
) -> list[str]:
    """Hold journals, the emulator's log and the database against each other."""
    settled_usd = unknown_usd = Decimal(0)
    allowed: Counter[Cell] = Counter()
    items = _item_of(books)
    for events in books:
        reserved = {e.call_id: e for e in events if isinstance(e, CallReserved)}
        settled = {e.call.id: e.call.cost_usd for e in events if isinstance(e, CallSettled)}
        released = {e.call_id for e in events if isinstance(e, CallReleased)}
        unknown = set(reserved) - set(settled) - released  # told so, or in flight at a kill
        settled_usd += sum(settled.values(), Decimal(0))
        unknown_usd += sum((reserved[name].amount_usd for name in unknown), Decimal(0))
        for name in [*settled, *unknown]:
            call = reserved[name]
            allowed[call.endpoint_id.partition("/")[0], items.get(call.key, "?")] += 1
    return _compared(lines, allowed, settled_usd, unknown_usd) + _booked(booked, settled_usd, unknown_usd)


def _item_of(books: Sequence[Sequence[Event]]) -> dict[str, str]:
    """The item of each call that was ever scored, by its key."""
    items: dict[str, str] = {}
    for events in books:
        keys = {e.call_id: e.key for e in events if isinstance(e, CallReserved)}
        for event in events:
            if isinstance(event, OutcomeScored):
                items |= {keys[name]: event.outcome.item_id for name in event.outcome.call_ids if name in keys}
    return items


def _compared(
    lines: Sequence[LogLine], allowed: Counter[Cell], settled_usd: Decimal, unknown_usd: Decimal
) -> list[str]:
    bill_usd = sum((line.cost_usd for line in lines), Decimal(0))
    charged: Counter[Cell] = Counter((line.provider, line.item) for line in lines if line.cost_usd)
    faults = [
        f"{cell[0]} on {cell[1]}: charged {n} times, at most {allowed[cell]} calls may have been"
        for cell, n in charged.items()
        if n > allowed[cell]
    ]
    n_again = sum(n - 1 for n in charged.values())
    print(
        f"bill {bill_usd} USD, settled {settled_usd}, unknown {unknown_usd}; {n_again} calls charged again, each in "
        f"flight at a kill"
    )
    if not settled_usd <= bill_usd <= settled_usd + unknown_usd:
        faults.append(f"bill {bill_usd} is outside settled {settled_usd} to {settled_usd + unknown_usd}")
    return faults


def _booked(booked: tuple[Decimal, Decimal, Decimal], settled_usd: Decimal, unknown_usd: Decimal) -> list[str]:
    if booked == (settled_usd, Decimal(0), unknown_usd):
        return []
    return [f"the database has {booked} settled, open and unknown; the journals {settled_usd} and {unknown_usd}"]


if __name__ == "__main__":
    sys.exit(main())
