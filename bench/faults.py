"""`make bench-faults`: whatever goes wrong, every item ends with a status, nothing is lost and nothing paid twice.

Parts, each a run of its own through evaluator, client, HTTP and emulator, held against the emulator's own log:

    mix       5,000 calls with 10 % 429, 5 % 500, 1 % each of resets, hangs, malformed, errors inside 200, truncated
    kill      the same, killed with -9 again and again (`--kills`, 50 by default)
    disk      a disk that is full: a clear error, everything before kept, goes on when there is space
    readonly  a directory that cannot be written to: a clear error before any call
    clock     a wall clock that jumps by hours: nothing takes longer, nothing is decided otherwise
    name      a provider whose name does not resolve: its candidates are marked, the others are whole
    slow      a provider at twenty times the latency: the others end as if it was not there
    down      a provider that is down and comes back: set aside, marked, asked again; the others do not wait

Exits with 0 only if all hold. `--only mix,clock` runs some; `--items` are items of each of the 8 models.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping

from bench.faults_kill import killed_holds
from bench.faults_places import disk_holds, readonly_holds, search_disk_holds
from bench.faults_providers import clock_holds, down_holds, mix_holds, name_holds, slow_holds

N_ITEMS = 625
N_KILLS = 50
Part = Callable[[argparse.Namespace], bool]
PARTS: Mapping[str, Part] = {
    "mix": lambda asked: mix_holds(asked.items),
    "kill": lambda asked: killed_holds(asked.items, asked.kills),
    "disk": lambda _: disk_holds() & search_disk_holds(),
    "readonly": lambda _: readonly_holds(),
    "clock": lambda _: clock_holds(),
    "name": lambda _: name_holds(),
    "slow": lambda _: slow_holds(),
    "down": lambda _: down_holds(),
}


def main() -> int:
    """Run the parts; exit code 0 only if every one holds."""
    parser = argparse.ArgumentParser(prog="bench.faults", description="Faults, kills, disks, clocks.")
    parser.add_argument("--items", type=int, default=N_ITEMS)
    parser.add_argument("--kills", type=int, default=N_KILLS)
    parser.add_argument("--only", default=",".join(PARTS))
    asked = parser.parse_args()
    began_s = time.monotonic()
    broken = [name for name in asked.only.split(",") if not PARTS[name](asked)]
    wall_s = time.monotonic() - began_s
    print(
        f"faults: {len(asked.only.split(','))} parts in {wall_s:.0f} s: "
        f"{'all hold' if not broken else 'BROKEN: ' + ', '.join(broken)}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
