"""Nights played with made-up offers and results, for tests of what is decided."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from modelsearch.core.ids import CandidateId, EndpointId, TaskId
from modelsearch.core.money import usd
from modelsearch.core.nights import Job, JobEnd, JobResult, Standing, TaskState
from modelsearch.core.result import Verdict
from modelsearch.nights.after import after_night, first_state
from modelsearch.nights.night import Night, NightOutcome, NightRules, Offer
from modelsearch.nights.plan import plan_night

DAY = date(2026, 1, 1)
BASE = CandidateId("base")
N_ITEMS = 100
ALPHA = 0.05
GOOD, BAD, OPEN = Verdict.NON_INFERIOR, Verdict.INFERIOR, Verdict.UNDECIDED


def offer(name: str, usd_per_1k: float | None = 1.0, revision: str = "1", ends: date | None = None) -> Offer:
    """A single at a price; tokens are 100 each way, so that the price per Mtok is five times that per 1,000 items."""
    rate = None if usd_per_1k is None else 5 * usd_per_1k
    return Offer(
        candidate_id=CandidateId(name),
        endpoint_ids=(EndpointId(name),),
        revision=f"{name}|bf16|{revision}",
        list_cost_usd=None if usd_per_1k is None else usd_per_1k / 1000,
        usd_per_mtok_input=rate,
        usd_per_mtok_output=rate,
        deprecated_on=ends,
    )


def night(*offers: Offer, day: int = 0, budget_usd: str = "10", rules: NightRules | None = None) -> Night:
    """A night at which these are on sale."""
    return Night(
        day=DAY + timedelta(days=day),
        offers={each.candidate_id: each for each in offers},
        n_items=N_ITEMS,
        alpha=ALPHA,
        budget_usd=Decimal(budget_usd),
        rules=rules or NightRules(drift_items=0),
    )


def standing(name: str, verdict: Verdict = GOOD, usd_per_1k: float = 1.0, n_items: int = N_ITEMS) -> Standing:
    """As an engine hands it over: revision and place open."""
    return Standing(
        candidate_id=CandidateId(name),
        revision="",
        place=0,
        verdict=verdict,
        n_items=n_items,
        quality=0.8,
        gap=0.01,
        cost_usd=usd_per_1k / 1000,
        tested_on=DAY,
        tokens_in=100.0,
        tokens_out=100.0,
    )


def done(job: Job, *standings: Standing, end: JobEnd = "done", spend_usd: str = "0.01") -> JobResult:
    """A job that found this."""
    return JobResult(job=job, end=end, standings=standings, spend_usd=Decimal(spend_usd), n_calls=1)


def searched(*others: Standing, offers: Sequence[Offer], day: int = 0) -> TaskState:
    """A task after its first night, whose search measured the baseline, at 10 USD per 1,000 items, and these."""
    state = first_state(TaskId("task"), "r1", BASE)
    first = night(*offers, day=day)
    (job,) = plan_night(state, first).jobs
    return after_night(state, first, [done(job, standing("base", usd_per_1k=10.0), *others)]).state


@dataclass(frozen=True, kw_only=True)
class Played:
    """One night of a random life."""

    before: TaskState
    night: Night
    stages: tuple[tuple[Job, ...], ...]
    results: tuple[JobResult, ...]
    outcome: NightOutcome


def random_life(seed: int, n_nights: int = 12) -> Iterator[Played]:
    """Nights with models that come, go, move in price and change, jobs that end as they like."""
    rng = random.Random(seed)
    state, market = first_state(TaskId("task"), "r1", BASE), {BASE: offer("base", 10.0)}
    for day in range(n_nights):
        _change(market, rng, day)
        budget_usd = rng.choice(["0.05", "0.5", "5"])
        now = replace(night(*market.values(), day=day, budget_usd=budget_usd), rules=NightRules(drift_items=5))
        stages: list[tuple[Job, ...]] = []
        results: list[JobResult] = []
        while jobs := plan_night(state, now, results).jobs:
            stages.append(jobs)
            results += [_result(job, rng) for job in jobs]
        outcome = after_night(state, now, results)
        yield Played(before=state, night=now, stages=tuple(stages), results=tuple(results), outcome=outcome)
        state = outcome.state


def _change(market: dict[CandidateId, Offer], rng: random.Random, day: int) -> None:
    for _ in range(rng.randint(0, 4)):
        name = f"m{rng.randint(0, 15):02d}"
        kind = rng.choice(["add", "add", "gone", "price", "revision", "ends", "unknown"])
        if kind == "gone":
            market.pop(CandidateId(name), None)
        elif kind in ("add", "price", "unknown"):
            cost = None if kind == "unknown" else rng.choice([0.1, 1.0, 3.0, 30.0])
            market[CandidateId(name)] = offer(name, cost)
        elif kind == "revision":
            market[CandidateId(name)] = offer(name, rng.choice([0.1, 1.0]), revision=f"{day}")
        else:
            market[CandidateId(name)] = offer(name, ends=DAY + timedelta(days=day + rng.randint(0, 60)))


def _result(job: Job, rng: random.Random) -> JobResult:
    end: JobEnd = rng.choice(["done", "done", "done", "failed", "pending", "out_of_money"])
    spend_usd = usd(float(job.budget_usd) * rng.random())
    names = {str(job.candidate_id)}
    if job.kind == "search":
        names |= {f"m{number:02d}" for number in range(16) if rng.random() < 0.3}
    found = tuple(
        standing(name, rng.choice([GOOD, BAD, OPEN]), rng.choice([0.1, 1.0, 3.0, 30.0]), rng.choice([0, 8, N_ITEMS]))
        for name in sorted(names)
    )
    is_measured = end == "done" or job.kind == "measure"
    return JobResult(job=job, end=end, standings=found if is_measured else (), spend_usd=spend_usd, n_calls=1)
