"""`make bench-cap`: 64 calls at once with money for 10 must never pass the cap.

Three parts: through evaluator, client, HTTP and emulator with exact bounds and with bounds from list prices; the same
with faults (rate limits, server errors, resets, broken replies), so that calls are released and held; and the ledger
alone. After each, the pool is opened again with more money and must be finished without calling anything settled
again. Prints the figures last; exit code 0 only if the cap held at every look.
"""

import sys
import tempfile
from pathlib import Path

from bench.cap_calls import calls_hold
from bench.cap_ledger import ledger_holds
from modelsearch.emulator.faults import Faults, Latency

QUIET = Faults()
SEEDS = (0, 1, 2)


def faulty(seed: int) -> Faults:
    """A bad day: a third of the requests fail in some way, a fifth of them after they were billed."""
    return Faults(
        seed=seed,
        latency=Latency(kind="lognormal", median_s=0.02),
        p_rate_limit=0.08,
        p_server_error=0.04,
        p_reset_before=0.05,
        p_reset_after=0.05,
        p_malformed=0.05,
        p_error_in_200=0.05,
        retry_after_s=0.05,
    )


def main() -> int:
    """Run all parts, and say by the exit code whether the cap held."""
    print(f"made-up market of one endpoint, 64 items, fault seeds {SEEDS}")
    held = []
    for faults in (QUIET, *(faulty(seed) for seed in SEEDS)):
        for is_exact in (True, False):
            with tempfile.TemporaryDirectory() as folder:
                held.append(calls_hold(Path(folder), faults=faults, is_exact=is_exact))
    held.append(ledger_holds())
    is_held = all(held)
    print(f"cap: {sum(held)} of {len(held)} parts never over the cap and finished: {'holds' if is_held else 'BROKEN'}")
    return 0 if is_held else 1


if __name__ == "__main__":
    sys.exit(main())
