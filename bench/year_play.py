"""One year of one task, night after night, on a simulated clock."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from bench.year_engine import YearEngine
from bench.year_market import FIRST_DAY, YearMarket
from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import CandidateId, TaskId
from modelsearch.core.money import usd
from modelsearch.core.nights import Alarm, IncumbentMove, JobResult, TaskState
from modelsearch.nights.after import after_night, first_state
from modelsearch.nights.align import aligned
from modelsearch.nights.night import Night, NightOutcome
from modelsearch.nights.plan import plan_night
from modelsearch.nights.tonight import Tonight
from modelsearch.testing.world_year import N_NIGHTS, YearShape, make_year_world

ALPHA = 0.05
NIGHT_SHARE, SEARCH_SHARE = 0.5, 3.0
DROP_POINTS = 5.0
DROP_DAY, RETIRE_DAY, NOTICE = 60, 300, 20
WATCHED_NIGHTS = 60
"""An incumbent loses quality once it has served so long: before, there is little to compare it with."""


@dataclass(kw_only=True)
class Year:
    """What a year has come to."""

    seed: int
    market: YearMarket
    state: TaskState
    drop_day: int | None = None
    drop_of: CandidateId | None = None
    moves: list[IncumbentMove] = field(default_factory=list)
    wrong: list[IncumbentMove] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    spend_usd: list[Decimal] = field(default_factory=list)
    screens: Counter[tuple[CandidateId, str]] = field(default_factory=Counter)
    n_waiting: list[int] = field(default_factory=list)
    over_budget: list[int] = field(default_factory=list)
    waited: set[tuple[CandidateId, str]] = field(default_factory=set)
    n_calls: int = 0

    @property
    def row_usd(self) -> float:
        """What the baseline costs on all items, at the prices of the first day: by it years are compared."""
        return float(self.market.world.table.cost_usd[self.market.world.baseline].sum())


Watcher = Callable[[Night, list[JobResult], NightOutcome], None]


def play(seed: int, shape: YearShape, watch: Watcher | None = None) -> Year:
    """365 nights; equal arguments give equal years.

    A night may cost `NIGHT_SHARE` of what the baseline costs on all items, a search over everybody `SEARCH_SHARE`.
    """
    world = make_year_world(shape, seed)
    market = YearMarket(world, seed)
    baseline = CandidateId(world.table.models[world.baseline].name)
    player = _Player(
        Year(seed=seed, market=market, state=first_state(TaskId(f"year{seed}"), "1", baseline)), seed, watch
    )
    row_usd = float(world.table.cost_usd[world.baseline].sum())
    night_usd, search_usd = usd(row_usd * NIGHT_SHARE), usd(row_usd * SEARCH_SHARE)
    for day in range(N_NIGHTS):
        player.night(day, night_usd, search_usd)
    return player.year


class _Player:
    def __init__(self, year: Year, seed: int, watch: Watcher | None) -> None:
        self.year, self._watch = year, watch
        self._engine = YearEngine(year.market, seed)

    def night(self, day: int, night_usd: Decimal, search_usd: Decimal) -> None:
        """One night: the market moves on, then stages until nothing is left to do."""
        year = self.year
        year.market.begin(day)
        self._fate(day)
        night = Night(
            day=FIRST_DAY + timedelta(days=day),
            offers=year.market.offers(day),
            n_items=year.market.world.shape.n_items,
            alpha=ALPHA,
            budget_usd=night_usd,
            search_budget_usd=search_usd,
        )
        results: list[JobResult] = []
        tonight = Tonight(state=aligned(year.state, night).state, night=night)
        while jobs := plan_night(year.state, night, results).jobs:
            results += [self._engine.run(job, tonight) for job in jobs]
        outcome = after_night(year.state, night, results)
        self._note(
            day, outcome.moves, results, search_usd if any(r.job.kind == "search" for r in results) else night_usd
        )
        if self._watch is not None:
            self._watch(night, results, outcome)
        tonight = Tonight(state=outcome.state, night=night)
        year.waited |= {(c, tonight.revision(c)) for c in outcome.state.waiting}
        year.alarms += outcome.alarms
        year.n_waiting.append(len(outcome.state.waiting))
        year.state = outcome.state

    def _note(self, day: int, moves: tuple[IncumbentMove, ...], results: list[JobResult], limit_usd: Decimal) -> None:
        year = self.year
        year.n_calls += sum(result.n_calls for result in results)
        spend = sum((result.spend_usd for result in results), Decimal(0))
        year.spend_usd.append(spend)
        if spend > limit_usd:
            year.over_budget.append(day)
        for result in results:
            if result.job.kind == "screen" and result.end == "done":
                year.screens[result.job.candidate_id, result.job.revision] += 1
        year.moves += moves
        year.wrong += [move for move in moves if self._is_wrong(move)]

    def _is_wrong(self, move: IncumbentMove) -> bool:
        """Whether it moved to somebody truly worse than the baseline by more than the margin."""
        world, market = self.year.market.world, self.year.market
        base = float(market.true_quality()[world.baseline])
        return self._engine.true_quality(move.to_id) < base - world.shape.margin - 1e-9

    def _fate(self, day: int) -> None:
        """What befalls the incumbent: a silent loss of quality, later its retirement."""
        year = self.year
        incumbent = year.state.incumbent_id
        served = (FIRST_DAY + timedelta(days=day) - year.moves[-1].day).days if year.moves else 0
        is_settled = incumbent != year.state.baseline_id and served >= WATCHED_NIGHTS
        if year.drop_day is None and day >= DROP_DAY and is_settled and day < RETIRE_DAY - 20:
            year.drop_day, year.drop_of = day, incumbent
            self._engine.degrade(incumbent, DROP_POINTS)
        if day == RETIRE_DAY and incumbent != year.state.baseline_id:
            composite = self._engine.composites.get(incumbent)
            names = [s.endpoint_id for s in singles_of(composite)] if composite else [incumbent]
            year.market.retire(year.market.row[str(names[0])], day, day + NOTICE)
