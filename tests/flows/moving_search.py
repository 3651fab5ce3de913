"""`python -m tests.flows.moving_search SECONDS`: a search that is none, shown live, for tests of the terminal."""

import asyncio
import sys
from decimal import Decimal

from flows.live import Progress
from flows.live_state import About
from modelsearch.core.events import OutcomeScored, PhaseStarted, Warned
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import Move

HOSTILE = "\x1b[2J\x1b]0;owned\x07[red]\u202eevil"


async def play(progress: Progress, length_s: float) -> None:
    """Some thousand outcomes, evenly."""
    progress.begin(
        About(title="support", baseline_id="m0", n_candidates=12, n_items=5000, budget_usd=Decimal(1)), ["race"]
    )
    progress.say("run 1: said before")
    progress.watch(PhaseStarted(phase="race", spend_usd=Decimal(1)))
    progress.watch(Move(phase="race", round=0))
    progress.watch(Warned(code="x", subject=HOSTILE, message=HOSTILE))
    n_steps = int(length_s / 0.01)
    for number in range(n_steps):
        for racer in range(12):
            outcome = Outcome(
                candidate_id=CandidateId(f"m{racer}" if racer < 11 else HOSTILE), item_id=ItemId(f"i{number}"),
                status=Status.OK, score=float(number % 12 > racer),
            )  # fmt: skip
            progress.watch(OutcomeScored(outcome=outcome))
        await asyncio.sleep(0.01)


def main() -> None:
    """Show it; Ctrl-C ends it with 130."""
    try:
        with Progress() as progress:
            asyncio.run(play(progress, float(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.stdout.write("the answer\n")


if __name__ == "__main__":
    main()
