"""`make bench-batch`: a search whose wide round is bought in batches, against the same search made live.

An emulator in a process of its own speaks the batch endpoints of OpenAI, OpenRouter and Anthropic: results in any
order, and of the items of a first batch a twentieth fails and a twentieth expires, unbilled. Held are: the same
outcomes and the same decision as live; half the price, to the last digit, for each call that a batch answered, and the
live price for each that none did; each failed or expired item handed in once more, and no item charged twice;
settled <= the emulator's bill <= settled + unknown. Then the batched search again, killed with -9 at random moments
between submission and collection (and while the reply to a submission is under way) and resumed: the same once more,
with nothing paid twice.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bench.batch_search import BUDGET_USD, MIN_CALLS, WIDE
from bench.kill import decision_of
from bench.kill_books import Books, books_of
from bench.kill_search import run_dir
from bench.kill_world import TASK, task_and_market
from modelsearch.core.events import (
    BatchAccepted,
    BatchClosed,
    BatchSent,
    CallReserved,
    CallSettled,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
)
from modelsearch.core.ids import Json
from modelsearch.core.market import Market
from modelsearch.emulator.batch import NOTE
from modelsearch.emulator.bill import LogLine, read_log
from modelsearch.emulator.server import spawned_emulator
from modelsearch.emulator.world_make import make_world
from modelsearch.settings import read_settings
from modelsearch.store.journal import Journal

SEED = 0
N_KILLS = 8
P_IN_REPLY = 0.5
"""Kills while the reply to a submission is under way; the others come while batches are."""
QUICK = {"delay_s": 0.3, "p_error": 0.05, "p_expired": 0.05}
SLOW = {"delay_s": 3.0, "answer_s": 0.5, "p_error": 0.05, "p_expired": 0.05}
LIMIT_S = 240.0


@dataclass(kw_only=True)
class Bed:
    """Where a search runs, and what it left."""

    name: str
    mode: str
    home: Path
    url: str
    market: Market
    decision: str = ""
    n_kills: int = 0
    n_unanswered: int = 0
    faults: list[str] = field(default_factory=list)

    def start(self) -> "subprocess.Popen[str]":
        """Begin the run, or go on with it, in a process."""
        asked = {"seed": SEED, "url": self.url, "home": str(self.home), "run_id": self.name, "mode": self.mode}
        command = [sys.executable, "-m", "bench.batch_search", json.dumps(asked)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @property
    def log(self) -> list[LogLine]:
        """Every request that the emulator has had."""
        path = self.home / "requests.jsonl"
        return read_log(path) if path.exists() else []

    @property
    def events(self) -> list[Event]:
        """The journal."""
        settings = read_settings(environ={"MODELSEARCH_HOME": str(self.home)})
        return Journal.read(run_dir(settings, self.name).journal)[1]


def main() -> int:
    """Run all three searches; exit code 0 only if every line holds."""
    began_s = time.monotonic()
    print(
        f"task {TASK.name}, seed {SEED}, budget {BUDGET_USD} USD, one wide round, then rounds of finalists; batches "
        f"from {MIN_CALLS} calls a round; 5 % of the items of a first batch fail, 5 % expire"
    )
    task, base = task_and_market()
    market = make_world(task, seed=SEED, base=base).market
    with ExitStack() as stack:
        live = opened(stack, "live", "never", {}, market)
        live.decision = decision_of(live.start())
        batched = opened(stack, "batched", "wide", QUICK, market)
        batched.decision = decision_of(batched.start())
        killed = opened(stack, "killed", "wide", SLOW, market)
        killed.n_kills = kill_often(killed)
        killed.decision = decision_of(killed.start())
        held = [report(live, live), report(batched, live), report(killed, live)]
    is_held = all(held) and killed.n_kills >= N_KILLS - 2 and killed.n_unanswered > 0
    print(
        f"batch: {killed.n_kills} kills, which left {killed.n_unanswered} batches whose submission had no reply yet; "
        f"{time.monotonic() - began_s:.0f} s: "
        f"{'half price in the wide round, same outcomes, books agree' if is_held else 'BROKEN'}"
    )
    return 0 if is_held else 1


def opened(stack: ExitStack, name: str, mode: str, habits: dict[str, float], market: Market) -> Bed:
    """A bed with an emulator of its own."""
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    arguments: dict[str, Json] = {"seed": SEED, "log_path": str(home / "requests.jsonl"), "habits": dict(habits)}
    url = stack.enter_context(spawned_emulator("bench.batch_world:make_app", arguments))
    return Bed(name=name, mode=mode, home=home, url=url, market=market)


def kill_often(bed: Bed) -> int:
    """Kill the run while its batches are under way; how many kills landed."""
    rng = random.Random(SEED)
    n_landed = 0
    for _ in range(N_KILLS):
        n_before = n_in_batches(bed.log)
        process = bed.start()
        is_in_reply = rng.random() < P_IN_REPLY
        until_s = time.monotonic() + LIMIT_S
        while process.poll() is None and time.monotonic() < until_s:
            if n_in_batches(bed.log) > n_before or has_open_batch(bed):
                break
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.4) if is_in_reply else rng.uniform(0.5, 2.5))
        if process.poll() is not None:
            break
        process.kill()
        process.communicate()
        n_landed += 1
        bed.n_unanswered += n_without_id(bed.events)
    return n_landed


def n_without_id(events: Sequence[Event]) -> int:
    """Batches that were sent and whose id is not in the journal."""
    known = {event.batch_id for event in events if isinstance(event, BatchAccepted | BatchClosed)}
    return sum(isinstance(event, BatchSent) and event.batch_id not in known for event in events)


def n_in_batches(log: Sequence[LogLine]) -> int:
    """Requests that came in batches."""
    return sum(line.fault.startswith(NOTE) for line in log)


def has_open_batch(bed: Bed) -> bool:
    """Whether batches of an earlier life are still to be collected."""
    if bed.n_kills == 0 and not bed.log:
        return False
    events = bed.events
    closed = Counter(type(event).__name__ for event in events)
    return closed["BatchSent"] > closed["BatchClosed"] and time.time() - _last_sent_s(events) > 0.2


def _last_sent_s(events: Sequence[Event]) -> float:
    return max((event.at_s for event in events if isinstance(event, BatchSent)), default=0.0)


def report(bed: Bed, live: Bed) -> bool:
    """Hold a search against the live one; prints its line, and what is broken."""
    events, log = bed.events, bed.log
    books = books_of(events, log, bed.market)
    faults = [*books.faults, *prices_faults(events, live.events), *resubmission_faults(log)]
    if books.n_paid_again and bed.mode != "never":
        faults.append(f"{books.n_paid_again} calls were charged again")
    faults += outcome_faults(events, live.events)
    if bed.decision != live.decision:
        faults.append(f"recommended {bed.decision}, live {live.decision}")
    print(f"{bed.name}: {bed.decision}; {_spend_line(events, books)}")
    for fault in faults[:10]:
        print(f"  broken: {fault}")
    return not faults


def _spend_line(events: Sequence[Event], books: Books) -> str:
    batches = _n_of(events, BatchSent), _n_of(events, BatchAccepted)
    by_phase = spend_by_phase(events)
    phases = ", ".join(f"{name} ${amount:.6f}" for name, amount in by_phase.items() if amount)
    told = f"{batches[0]} batches sent, {batches[1]} known by their id; " if batches[0] else ""
    return (
        f"{phases}; {told}{books.n_settled} calls settled, {books.n_unknown} unknown; settled {books.settled_usd:.6f} "
        f"<= bill {books.bill_usd:.6f} <= {books.settled_usd + books.unknown_usd:.6f} USD"
    )


def _n_of(events: Sequence[Event], kind: type) -> int:
    return sum(isinstance(event, kind) for event in events)


def spend_by_phase(events: Sequence[Event]) -> dict[str, Decimal]:
    """What each phase settled, in USD."""
    found: dict[str, Decimal] = {}
    phase = ""
    for event in events:
        if isinstance(event, PhaseStarted):
            phase = event.phase
        elif isinstance(event, CallSettled):
            found[phase] = found.get(phase, Decimal(0)) + event.call.cost_usd
        elif isinstance(event, PhaseClosed):
            phase = ""
    return found


def prices_faults(events: Sequence[Event], live_events: Sequence[Event]) -> list[str]:
    """Calls that did not cost what they should: half of the live call of the same key in a batch, else as much."""
    live = {event.call.key: event.call.cost_usd for event in live_events if isinstance(event, CallSettled)}
    in_batch = {event.call_id: bool(event.batch_id) for event in events if isinstance(event, CallReserved)}
    n_half, paid, faults = 0, [Decimal(0), Decimal(0)], []
    for event in events:
        if not isinstance(event, CallSettled) or event.call.key not in live:
            continue
        share = 2 if in_batch[event.call.id] else 1
        if share == 2:
            n_half += 1
            paid = [paid[0] + event.call.cost_usd, paid[1] + live[event.call.key]]
        if abs(event.call.cost_usd * share - live[event.call.key]) > Decimal("2e-12"):
            faults.append(f"call {event.call.id}: {event.call.cost_usd}, live {live[event.call.key]}")
    wide = spend_by_phase(events).get(WIDE, Decimal(0)), spend_by_phase(live_events)[WIDE]
    if n_half:
        print(
            f"  {n_half} calls answered in batches at {paid[0] / paid[1]:.4f} of their live price; the wide round "
            f"at {wide[0] / wide[1]:.3f}, with those whose providers have no batches"
        )
    return faults


def resubmission_faults(log: Sequence[LogLine]) -> list[str]:
    """Items of a batch that failed or expired, and were not handed in exactly once more, in a batch."""
    cells: dict[tuple[str, str, str], list[LogLine]] = {}
    for line in log:
        cells.setdefault((line.provider, line.model, line.prompt), []).append(line)
    failed = {cell: lines for cell, lines in cells.items() if any(_is_failed(line) for line in lines)}
    if failed:
        n_expired = sum("expired" in line.fault for lines in failed.values() for line in lines)
        print(f"  {len(failed)} items failed or expired ({n_expired} expired), each handed in once more")
    return [
        f"{cell[1]}: handed in {[line.fault for line in lines]}"
        for cell, lines in failed.items()
        if [_is_failed(line) for line in lines] != [True, False] or lines[-1].fault != NOTE
    ]


def _is_failed(line: LogLine) -> bool:
    return line.fault.startswith(f"{NOTE} ")


def outcome_faults(events: Sequence[Event], live_events: Sequence[Event]) -> list[str]:
    """Outcomes that differ from the live search's: status, answer, score, what serving costs."""
    mine, theirs = outcomes(events), outcomes(live_events)
    faults = [
        f"{cell}: {mine.get(cell)}, live {theirs.get(cell)}"
        for cell in mine | theirs
        if mine.get(cell) != theirs.get(cell)
    ]
    return [f"{len(faults)} outcomes differ, such as {faults[0]}"] if faults else []


def outcomes(events: Sequence[Event]) -> dict[tuple[str, str], tuple[str, str | None, float | None, Decimal]]:
    """By candidate and item."""
    return {
        (o.candidate_id, o.item_id): (o.status.value, o.answer, o.score, o.cost_usd)
        for o in (event.outcome for event in events if isinstance(event, OutcomeScored))
    }


if __name__ == "__main__":
    sys.exit(main())
