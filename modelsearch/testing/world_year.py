"""A market over a year of nights, with the truth behind it: who comes, goes, changes price, is quoted wrongly, is down.

The rates are those of a large public listing in 2025 and 2026: a month brings 30 new models, takes 25 away (with notice
or without) and changes 37 prices, more of them upwards; once a year a listing grows by a hundred in a night. Qualities
are made hard on purpose: of the newcomers that a task might want, a third misses the margin by a few items only.

What hangs on decisions (the incumbent's retirement and its silent loss of quality) is not in here: whoever plays the
year does that to whom it concerns.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from modelsearch.core.recorded import RecordedTable
from modelsearch.testing.world_boundary import at_the_boundary, rescored
from modelsearch.testing.world_outcomes import Floats, Ints
from modelsearch.testing.worlds import RecordedWorld, WorldShape, make_recorded_world

NEVER = 10**6
"""A day after every year."""
N_NIGHTS = 365
GAPS = ((0.35, "near"), (0.3, "worse"), (0.2, "equal"), (0.15, "better"))
"""Shares of the newcomers by what they truly are."""

QUOTED = (0.001, 0.001, 1000.0, 0.3, 3.0)
"""By how much wrong quotes are off: slips of units, and mistakes that could be prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearShape:
    """What a year is like; rates are a month's.

    Attributes:
        n_start: models on the first day; burst: of the newcomers of one night.
        dear_rises: of the price changes, the share that is upwards.
        notice_share: of those who go, how many say so `notice_days` ahead.
        n_outages: nights on which one provider answers nobody; n_wrong: days on which a source quotes a price
            that is wrong by a factor of `QUOTED`; n_aliases: changes of what stands behind a name, told by the source.
        price_power: the first day's prices lie apart by this power of a world's: a client's pool spans no factor of a
            thousand, and newcomers must have a chance to be worth a test.
        cheaper_a_year: newcomers of the last day cost so many times less than those of the first, at equal quality.
        is_boundary: no cheaper model of the first day is good enough, many by a hair.
    """

    n_start: int = 300
    n_items: int = 500
    margin: float = 0.03
    new: float = 30.0
    gone: float = 25.0
    repriced: float = 37.0
    burst: int = 100
    dear_rises: float = 0.56
    notice_share: float = 0.5
    notice_days: int = 25
    n_providers: int = 8
    n_outages: int = 8
    n_wrong: int = 24
    n_aliases: int = 12
    price_power: float = 0.35
    cheaper_a_year: float = 6.0
    is_boundary: bool = False

    @property
    def n_new(self) -> int:
        """Newcomers of the whole year, the burst among them."""
        return round(self.new * 12) + self.burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A source's wrong price: that day it tells `factor` times the right one."""

    day: int
    model: int
    factor: float


@dataclass(frozen=True, kw_only=True)
class YearWorld:
    """A year; models are rows of the table, days count from 0.

    Attributes:
        baseline: row of the baseline, which stays all year.
        arrives, leaves: (n_models,) first day on sale, first day no more.
        told: (n_models,) day from which its end is announced; `NEVER` = it goes without a word.
        price_moves: (day, model, factor) in order; aliases: (day, model).
        provider: (n_models,) number; outages: (day, provider).
    """

    shape: YearShape
    table: RecordedTable
    baseline: int
    arrives: Ints
    leaves: Ints
    told: Ints
    provider: Ints
    price_moves: tuple[tuple[int, int, float], ...]
    aliases: tuple[tuple[int, int], ...]
    outages: frozenset[tuple[int, int]]
    quotes: tuple[Quote, ...] = field(default=())


def make_year_world(shape: YearShape, seed: int) -> YearWorld:
    """A year; equal shapes and seeds give equal years. O(n_models x n_items)."""
    rng = np.random.default_rng([seed, 365])
    n_models = shape.n_start + shape.n_new
    drawn = WorldShape(n_models=n_models, n_items=shape.n_items, n_families=40, price_quality=0.6)
    world = make_recorded_world(drawn, seed, name=f"year{seed}")
    baseline = _baseline(world)
    is_new = np.zeros(n_models, dtype=np.bool_)
    is_new[rng.choice(np.setdiff1d(np.arange(n_models), [baseline]), shape.n_new, replace=False)] = True
    table = _hardened(world, baseline, np.flatnonzero(is_new), shape, rng)
    arrives = np.where(is_new, _arrivals(n_models, shape, rng), 0)
    table = _repriced(table, baseline, arrives, shape, rng)
    leaves = _leaves(arrives, baseline, shape, rng)
    has_notice = rng.random(n_models) < shape.notice_share
    days = np.arange(1, N_NIGHTS)
    return YearWorld(
        shape=shape,
        table=table,
        baseline=baseline,
        arrives=arrives,
        leaves=leaves,
        told=np.where(has_notice, leaves - shape.notice_days, NEVER),
        provider=rng.integers(0, shape.n_providers, n_models),
        price_moves=_price_moves(n_models, shape, rng),
        aliases=tuple(sorted((int(d), int(rng.integers(n_models))) for d in rng.choice(days, shape.n_aliases))),
        outages=frozenset((int(d), int(rng.integers(shape.n_providers))) for d in rng.choice(days, shape.n_outages)),
        quotes=tuple(_quote(int(d), n_models, rng) for d in sorted(rng.choice(days, shape.n_wrong))),
    )


def _baseline(world: RecordedWorld) -> int:
    """Of the dearest quarter, the most accurate."""
    dear = np.flatnonzero(world.cost_usd >= np.quantile(world.cost_usd, 0.75))
    return int(dear[np.argmax(world.quality[dear])])


def _hardened(
    world: RecordedWorld, baseline: int, new: Ints, shape: YearShape, rng: np.random.Generator
) -> RecordedTable:
    """Newcomers brought to the wanted gaps; with `is_boundary` those of the first day below the margin."""
    before = world.table
    if shape.is_boundary:
        before = at_the_boundary(world, before.models[baseline].name, shape.margin).table
    score, n_items = before.score.copy(), shape.n_items
    shares = np.array([share for share, _ in GAPS])
    names = [name for _, name in GAPS]
    kinds = rng.choice(len(names), len(new), p=shares / shares.sum())
    for row, kind in zip(new, kinds, strict=True):
        gap = _gap(names[int(kind)], shape, rng)
        wanted = int(np.clip(round(float(score[baseline].sum()) + gap * n_items), 1, n_items - 1))
        score[row] = brought_to(score[row], wanted, rng)
    return rescored(before, score)


def _repriced(
    table: RecordedTable, baseline: int, arrives: Ints, shape: YearShape, rng: np.random.Generator
) -> RecordedTable:
    """Prices of one market: those of the first day closer together, those of newcomers ever lower."""
    usd = table.cost_usd.mean(axis=1)
    started = usd[baseline] * (usd / usd[baseline]) ** shape.price_power
    later = usd[baseline] * shape.cheaper_a_year ** (-arrives / N_NIGHTS) * np.exp(rng.normal(-0.5, 0.7, len(usd)))
    factor = np.where(arrives > 0, later, started) / usd
    models = tuple(
        replace(
            model,
            input_usd_per_mtok=(model.input_usd_per_mtok or 0.0) * times,
            output_usd_per_mtok=(model.output_usd_per_mtok or 0.0) * times,
        )
        for model, times in zip(table.models, factor.tolist(), strict=True)
    )
    return replace(table, models=models, cost_usd=table.cost_usd * factor[:, None])


def _gap(kind: str, shape: YearShape, rng: np.random.Generator) -> float:
    if kind == "near":
        return -shape.margin - float(rng.integers(1, 5)) / shape.n_items
    if kind == "worse":
        return -shape.margin - float(rng.uniform(0.02, 0.3))
    return float(rng.uniform(-shape.margin, 0.0)) if kind == "equal" else float(rng.uniform(0.0, 0.05))


def brought_to(row: Floats, wanted: int, rng: np.random.Generator) -> Floats:
    """A row of 0 and 1 with so many ones, changed as little as possible."""
    found, change = row.copy(), wanted - int(row.sum())
    able = rng.permutation(np.flatnonzero(row == (0.0 if change > 0 else 1.0)))[: abs(change)]
    found[able] = 1.0 if change > 0 else 0.0
    return found


def _arrivals(n_models: int, shape: YearShape, rng: np.random.Generator) -> Ints:
    """(n_models,) of which only newcomers' count: days spread over the year, a burst on one."""
    days = rng.integers(1, N_NIGHTS, n_models)
    burst_day = int(rng.integers(60, 300))
    days[rng.random(n_models) < shape.burst / max(shape.n_new, 1)] = burst_day
    return np.asarray(days, dtype=np.int64)


def _leaves(arrives: Ints, baseline: int, shape: YearShape, rng: np.random.Generator) -> Ints:
    leaves = np.full(len(arrives), NEVER)
    n_gone = round(shape.gone * 12)
    who = rng.choice(np.setdiff1d(np.arange(len(arrives)), [baseline]), n_gone, replace=False)
    day = np.maximum(rng.integers(30, N_NIGHTS, n_gone), arrives[who] + 10)
    leaves[who] = np.where(day < N_NIGHTS, day, NEVER)
    return np.asarray(leaves, dtype=np.int64)


def _price_moves(n_models: int, shape: YearShape, rng: np.random.Generator) -> tuple[tuple[int, int, float], ...]:
    n_moves = round(shape.repriced * 12)
    days = np.sort(rng.integers(1, N_NIGHTS, n_moves))
    rises = rng.random(n_moves) < shape.dear_rises
    size = np.exp(rng.exponential(0.3, n_moves) + 0.05)
    models = rng.integers(0, n_models, n_moves)
    factors = np.where(rises, size, 1 / size)
    return tuple((int(d), int(m), float(f)) for d, m, f in zip(days, models, factors, strict=True))


def _quote(day: int, n_models: int, rng: np.random.Generator) -> Quote:
    return Quote(day=day, model=int(rng.integers(n_models)), factor=float(rng.choice(QUOTED)))
