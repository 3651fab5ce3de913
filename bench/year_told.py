"""What a simulated year has come to, in numbers."""

import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from bench.year_market import FIRST_DAY
from bench.year_play import Year, play
from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import JobResult, NightReport
from modelsearch.nights.night import Night, NightOutcome
from modelsearch.store.night_store import STATE, NightStore
from modelsearch.store.night_tables import lines_of
from modelsearch.testing.world_year import YearShape

WEIGHED_NIGHTS = (30, 182, 364)
MUST_MATTER_NIGHTS = 14


@dataclass(frozen=True, kw_only=True)
class YearFigures:
    """One year.

    Attributes:
        drop_nights: until the silent drop was found; 999 = never; None = there was none, or it stopped to matter.
        newcomers: how many, by what became of them.
        spend_shares: of each night, over what the baseline costs on all items.
        quoted: of each wrong quote, the price in force that day over the true one; n_low_days: models x days on which
            the price in force was below the true one; n_held: syncs that waited for a person.
        disk_bytes: of the task's folder, by night; empty where it was not kept.
    """

    seed: int
    moves: str
    n_moves: int
    n_wrong: int
    n_bad_tested: int
    n_tested: int
    n_tested_twice: int
    drop_nights: int | None
    n_false_alarms: int
    newcomers: Mapping[str, int]
    quoted: tuple[float, ...]
    n_low_days: int
    n_held: int
    n_refused: int
    n_over_budget: int
    most_waiting: int
    spend_shares: tuple[float, ...]
    n_calls: int
    wall_s: float
    memory_mb: float
    disk_bytes: Mapping[int, int] = field(default_factory=dict)


def figures_of(seed: int, shape: YearShape, *, is_kept: bool) -> YearFigures:
    """Play a year; with `is_kept` its state and history go to disk as those of a registered task do."""
    started_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        disk = _Disk(NightStore(Path(folder)))
        year = play(seed, shape, disk.keep if is_kept else None)
    quality = year.market.true_quality()
    least = quality[year.market.world.baseline] - shape.margin - 1e-9
    return YearFigures(
        seed=seed,
        moves=" > ".join(str(move.to_id) for move in year.moves),
        n_moves=len(year.moves),
        n_wrong=len(year.wrong),
        n_bad_tested=sum(bool(quality[year.market.row[str(name)]] < least) for name, _ in year.screens),
        n_tested=year.state.n_tested,
        n_tested_twice=sum(number > 1 for number in year.screens.values()),
        drop_nights=drop_nights(year),
        n_false_alarms=n_false_alarms(year),
        newcomers=newcomers(year),
        quoted=tuple(year.market.quoted),
        n_low_days=year.market.n_low_days,
        n_held=year.market.sources.n_held,
        n_refused=year.market.sources.n_refused,
        n_over_budget=len(year.over_budget),
        most_waiting=max(year.n_waiting),
        spend_shares=tuple(float(spend) / year.row_usd for spend in year.spend_usd),
        n_calls=year.n_calls,
        wall_s=time.perf_counter() - started_s,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        disk_bytes=disk.sizes,
    )


def told_year(year: YearFigures) -> str:
    """A line for people."""
    spend = sum(year.spend_shares)
    return (
        f"  {year.seed:2d}: {year.n_moves} moves ({year.n_wrong} wrong), {year.n_tested} tests, at most "
        f"{year.most_waiting} waiting, drop found after {year.drop_nights} nights, {year.n_false_alarms} false alarms, "
        f"spend {spend:.1f} baseline rows, {year.wall_s:.0f} s: {year.moves}"
    )


def drop_nights(year: Year) -> int | None:
    """Nights from the silent drop to its alarm, both counted."""
    if year.drop_day is None:
        return None
    dropped = FIRST_DAY + timedelta(days=year.drop_day)
    alarms = [
        a.day for a in year.alarms if a.code == "drift_quality" and a.subject == year.drop_of and a.day >= dropped
    ]
    left = min((m.day for m in year.moves if m.from_id == year.drop_of and m.day >= dropped), default=None)
    if alarms:
        return (alarms[0] - dropped).days + 1
    return None if left is not None and (left - dropped).days < MUST_MATTER_NIGHTS else 999


def n_false_alarms(year: Year) -> int:
    """Alarms of quality about whoever was what it had been."""
    dropped = None if year.drop_day is None else FIRST_DAY + timedelta(days=year.drop_day)
    return sum(
        alarm.code == "drift_quality" and not (dropped and alarm.subject == year.drop_of and alarm.day >= dropped)
        for alarm in year.alarms
    )


def newcomers(year: Year) -> dict[str, int]:
    """What became of every model that came in the year, each under one head."""
    heads = ("tested", "in a later search", "told why not", "waiting at the end", "gone before their turn", "lost")
    found = dict.fromkeys(heads, 0)
    tested = {name for name, _ in year.screens}
    waited = {name for name, _ in year.waited}
    for row in np.flatnonzero(year.market.world.arrives > 0):
        found[_became_of(year, CandidateId(year.market.table.models[int(row)].name), tested, waited)] += 1
    return found


def _became_of(year: Year, name: CandidateId, tested: set[CandidateId], waited: set[CandidateId]) -> str:
    state, row = year.state, year.market.row[str(name)]
    if name in tested:
        return "tested"
    if name in state.waiting:
        return "waiting at the end"
    if name in state.standings or (name in state.seen and "in the pool" in state.seen[name].reason):
        return "in a later search"
    if name in state.seen:
        return "told why not"
    is_gone = not year.market.on_sale(364)[row]
    if is_gone:
        return "gone before their turn" if name in waited else "told why not"
    return "lost"


class _Disk:
    def __init__(self, store: NightStore) -> None:
        self._store, self._night, self.sizes = store, -1, dict[int, int]()

    def keep(self, night: Night, results: list[JobResult], outcome: NightOutcome) -> None:
        """As the engine of nights does."""
        report = NightReport(
            task_id=outcome.state.task_id,
            day=night.day,
            end="done",
            results=tuple(results),
            moves=outcome.moves,
            alarms=outcome.alarms,
            spend_usd=sum((result.spend_usd for result in results), Decimal(0)),
            waiting=outcome.state.waiting,
            declined=outcome.declined,
        )
        self._store.append(lines_of(report))
        self._store.write(STATE, outcome.state)
        self._night += 1
        if self._night in WEIGHED_NIGHTS:
            self.sizes[self._night] = sum(path.stat().st_size for path in self._store.folder.rglob("*"))
