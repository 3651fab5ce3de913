"""The ledger alone, without HTTP: 64 calls at once with money for 10.

Each call reserves its bound, waits a little, and settles at it; a tenth of the replies fail and are released or held.
"""

import asyncio
import random
from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.ids import CallId
from modelsearch.store.ledger import Ledger

N_CALLS = 64
N_AFFORDABLE = 10
CALL_USD = Decimal("0.001300000007")
N_ROUNDS = 50


@dataclass
class Tally:
    """What was seen over the rounds."""

    n_paid: int = 0
    n_refused: int = 0
    n_most_settled: int = 0
    n_breaches: int = 0


async def pay(ledger: Ledger, call_id: CallId, rng: random.Random, tally: Tally) -> bool:
    """One call: True where it was settled."""
    if not ledger.reserve(call_id, CALL_USD):
        tally.n_refused += 1
        return False
    tally.n_breaches += ledger.spend().committed_usd > ledger.budget_usd
    await asyncio.sleep(rng.random() / 1000)
    fate = rng.random()
    if fate < 0.05:
        ledger.release(call_id)
    elif fate < 0.1:
        ledger.hold(call_id)
    else:
        ledger.settle(call_id, CALL_USD)
        tally.n_paid += 1
    tally.n_breaches += ledger.spend().committed_usd > ledger.budget_usd
    return fate >= 0.1


async def round_of_calls(seed: int, tally: Tally) -> None:
    """All calls at once against one fresh ledger; those refused ask again once the others are through."""
    rng = random.Random(seed)
    ledger = Ledger(CALL_USD * N_AFFORDABLE)
    n_settled = 0
    for attempt in range(2):
        calls = (pay(ledger, CallId(f"{attempt}-{number}"), rng, tally) for number in range(N_CALLS))
        n_settled += sum(await asyncio.gather(*calls))
    spend = ledger.spend()
    tally.n_breaches += spend.reserved_usd != 0 or spend.settled_usd != CALL_USD * n_settled
    tally.n_most_settled = max(tally.n_most_settled, n_settled)


async def run() -> Tally:
    tally = Tally()
    for seed in range(N_ROUNDS):
        await round_of_calls(seed, tally)
    return tally


def ledger_holds() -> bool:
    """Run the rounds and print the figures; whether the cap held."""
    tally = asyncio.run(run())
    is_held = tally.n_breaches == 0 and tally.n_most_settled <= N_AFFORDABLE and tally.n_paid > 0
    print(
        f"ledger alone: {N_ROUNDS} rounds of {N_CALLS} concurrent calls with money for {N_AFFORDABLE}: "
        f"{tally.n_paid} paid, {tally.n_refused} refused, at most {tally.n_most_settled} settled in a round, "
        f"{tally.n_breaches} times over the cap"
    )
    return is_held
