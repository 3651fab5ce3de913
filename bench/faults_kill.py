"""A run with faults that is killed with -9 again and again, and goes on each time."""

import random
import time

from bench.faults_bed import LIMIT_S, Bed, ended, made_bed, told
from bench.faults_world import MIX
from bench.kill import wait_until

MAX_LIFE_S = 0.5
"""After the first call of a life; starting it takes about as long again."""
MIN_LANDED_SHARE = 0.9
ITEMS_TIMES = 3
"""As many items as elsewhere: a quiet machine is through with fewer in two dozen lives."""


def killed_holds(n_items: int, n_kills: int) -> bool:
    """Kill the run at random moments and let it end; nothing lost, nothing settled twice, the books agree."""
    began_s = time.monotonic()
    with made_bed(ITEMS_TIMES * n_items, faults=MIX) as bed:
        n_landed = _killed(bed, n_kills)
        last = bed.live()
        audit = bed.audit()
    faults = list(audit.faults)
    if last.code != 0 or last.found["statuses"].get("not_run"):
        faults.append(f"the last life ended with {last.code}, {last.found}, {last.error}")
    if n_landed < n_kills * MIN_LANDED_SHARE:
        faults.append(f"{n_landed} of {n_kills} kills landed before the run was through: give it more items")
    return told("kill", f"{n_landed} kills in {time.monotonic() - began_s:.0f} s; {audit.line()}", faults)


def _killed(bed: Bed, n_kills: int) -> int:
    """How many kills landed before the run was through."""
    rng = random.Random(0)
    for n_landed in range(n_kills):
        n_before = bed.n_requests()
        process = bed.start()
        wait_until(process, lambda n=n_before: bed.n_requests() > n, limit_s=LIMIT_S)  # type: ignore[misc]
        time.sleep(rng.uniform(0.0, MAX_LIFE_S))
        if process.poll() is not None:
            ended(process)
            return n_landed
        process.kill()
        process.communicate()
    return n_kills
