"""`make bench-scale`: three workers on one night at 0.5 s latency against one, each on a real PostgreSQL.

Both nights begin from copies of the same project after its first night. Held against each other: decisions, every
job's result, what the emulator charged for, the books of the night's budget; and the wall time, from the first worker's
begin to the last one's end. Exits with 0 only if the decisions are the same, every call was charged once, the books
agree to the last digit and three workers take at most 0.45 of the time; with 77 where no PostgreSQL is installed.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from bench.night_bed import FAST, SECOND, Bed, finished, opened_bed
from bench.postgres_server import postgres_bins
from modelsearch.emulator.bill import LogLine

LATENCY_S = 0.5
N_WORKERS = 3
N_NEWCOMERS = 18
MOST_SHARE = 0.45
SKIPPED = 77


@dataclass(frozen=True, kw_only=True)
class Night:
    """What a night has come to."""

    n_workers: int
    reports: list[dict[str, Any]]
    lines: list[LogLine]
    booked: tuple[Decimal, Decimal, Decimal]

    @property
    def wall_s(self) -> float:
        """From the first one's begin to the last one's end."""
        return float(max(r["ended_s"] for r in self.reports) - min(r["began_s"] for r in self.reports))

    @property
    def cpu_s(self) -> float:
        """Of all workers together, the emulator's and the database's not counted."""
        return sum(float(r["cpu_s"]) for r in self.reports)

    @property
    def bill_usd(self) -> Decimal:
        return sum((line.cost_usd for line in self.lines), Decimal(0))

    def line(self) -> str:
        settled, reserved, unknown = self.booked
        return (
            f"{self.n_workers} workers: {self.wall_s:.1f} s ({self.cpu_s:.1f} s of CPU), {len(self.lines)} calls, "
            f"bill {self.bill_usd} USD; "
            f"booked {settled}, open {reserved}, unknown {unknown}"
        )


def main() -> int:
    """Both nights; exit code 0 only if everything holds."""
    parser = argparse.ArgumentParser(prog="bench.scale", description="Three workers on one night against one.")
    parser.add_argument("--newcomers", type=int, default=N_NEWCOMERS)
    parser.add_argument("--latency", type=float, default=LATENCY_S)
    asked = parser.parse_args()
    if postgres_bins() is None:
        print("skipped: needs PostgreSQL (Debian: apt-get install postgresql)")
        return SKIPPED
    with tempfile.TemporaryDirectory(dir=FAST) as folder, opened_bed(Path(folder), asked.newcomers) as bed:
        one = carried_out(bed.copied("alone"), 1, asked.latency)
        many = carried_out(bed.copied("together"), N_WORKERS, asked.latency)
    faults = [*faults_of(one), *faults_of(many), *differences(one, many)]
    share = many.wall_s / one.wall_s
    faults += [] if share <= MOST_SHARE else [f"takes {share:.2f} of one worker's time, at most {MOST_SHARE}"]
    for night in (one, many):
        print(night.line())
    for fault in faults[:10]:
        print(f"  broken: {fault}")
    n_jobs = len(one.reports[0]["nights"][0]["results"])
    print(
        f"scale: {n_jobs} jobs at {asked.latency:g} s latency, {N_WORKERS} workers in {share:.2f} of one's time: "
        f"{'BROKEN' if faults else 'same decisions, exact books'}"
    )
    return 1 if faults else 0


def carried_out(bed: Bed, n_workers: int, latency_s: float) -> Night:
    """The second night by so many workers."""
    n_before = bed.n_requests()
    with bed.emulator(latency_s), ExitStack() as stack:
        workers = [stack.enter_context(bed.worker(SECOND)) for _ in range(n_workers)]
        reports = finished(workers)
    return Night(n_workers=n_workers, reports=reports, lines=bed.lines(n_before), booked=booked_of(bed))


def booked_of(bed: Bed) -> tuple[Decimal, Decimal, Decimal]:
    """Settled, open and unknown of the newest night's budget, by the database."""
    asked = "SELECT settled_usd, reserved_usd, unknown_usd FROM modelsearch.budgets ORDER BY id DESC LIMIT 1"
    with psycopg.connect(bed.url) as connection:
        row = connection.execute(asked).fetchone()
    if row is None:
        raise RuntimeError("bench: the night has no budget in the database")
    return Decimal(row[0]), Decimal(row[1]), Decimal(row[2])


def faults_of(night: Night) -> list[str]:
    """What must not be in one night."""
    (report, *others) = [each["nights"] for each in night.reports]
    faults = [f"{night.n_workers} workers: reports differ" for other in others if other != report]
    faults += [f"a job ended {r['end']}: {r['error']}" for r in report[0]["results"] if r["end"] != "done"]
    charged = Counter((line.provider, line.item) for line in night.lines if line.cost_usd)
    faults += [f"{cell[0]} on {cell[1]} was charged {n} times" for cell, n in charged.items() if n > 1]
    spend_usd = Decimal(report[0]["spend_usd"])
    if (night.bill_usd, Decimal(0), Decimal(0)) != night.booked or spend_usd != night.bill_usd:
        faults.append(f"bill {night.bill_usd}, booked {night.booked}, reported {spend_usd}")
    return faults


def differences(one: Night, many: Night) -> list[str]:
    """What three workers decided otherwise than one."""
    first, second = one.reports[0]["nights"], many.reports[0]["nights"]
    faults = []
    if json.dumps(first) != json.dumps(second):
        jobs: Sequence[tuple[Any, Any]] = list(zip(first[0]["results"], second[0]["results"], strict=False))
        faults += [f"job {a['job']}: {a} and {b}" for a, b in jobs if a != b] or ["the reports differ"]
    if {(x.provider, x.item) for x in one.lines} != {(x.provider, x.item) for x in many.lines}:
        faults.append("other calls were made")
    return faults


if __name__ == "__main__":
    sys.exit(main())
