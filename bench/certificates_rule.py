"""The rule alone: how often it issues a wrong certificate where every certificate is wrong, by one item.

Boundary worlds: the best cheaper candidates miss the margin by one item, and there are many of them. The adversary
sees everything, has every row completed for nothing, stops whenever a proof stands, and makes candidates from data as
they look best. Whatever of it works in a replay makes the replay wrong; the parts of alpha are those of the product.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelsearch.decide.alpha import MADE_PART, POOL_PART, keep_level, shared_level
from modelsearch.stats.multiplicity import halving_level
from modelsearch.stats.noninferiority import Bound, best_log_wealth
from modelsearch.stats.reference_bound import best_log_wealth_below, reference_bets
from modelsearch.testing.world_boundary import at_the_boundary
from modelsearch.testing.worlds import RecordedWorld, WorldShape, make_recorded_world

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALPHA, MARGIN = 0.05, 0.02
N_POOL, N_LIBRARY, N_FEATURES = 6, 40, 6
BIRTHS = (0.1, 0.25, 0.5)
CHUNK = 250


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A world at its boundary.

    Attributes:
        baseline: (n_units,) values in [0, 1]; rows: (n_rows, n_units) of the candidates near the margin; features:
            (n_features, n_units) of other complete rows; library: (n_made, n_units) rows that may be made from data.
        margin_total: the margin in the same units; a candidate is inferior where its total is below the baseline's
            by more.
        is_feasible: (n_rows,) the rows that are good enough after all.
    """

    name: str
    baseline: Floats
    rows: Floats
    features: Floats
    library: Floats
    margin_total: float
    is_feasible: npt.NDArray[np.bool_]

    @property
    def n_units(self) -> int:
        """Items, or clusters."""
        return len(self.baseline)


def boundaries() -> Iterator[Boundary]:
    """Worlds of different sizes, difficulty and kinship; one of clusters; one with a good candidate."""
    shapes = {
        "small": WorldShape(n_models=40, n_items=150, mean_quality=0.7),
        "easy": WorldShape(n_models=40, n_items=300, mean_quality=0.93, kin_share=0.6),
        "kin": WorldShape(n_models=40, n_items=300, n_families=2, kin_share=0.9),
        "hard": WorldShape(n_models=40, n_items=400, mean_quality=0.45, difficulty_sd=2.5),
    }
    for number, (name, shape) in enumerate(shapes.items()):
        yield _boundary(name, make_recorded_world(shape, number))
    yield _clustered(_boundary("clusters", make_recorded_world(WorldShape(n_models=40, n_items=400), 5)), size=2)
    yield _with_one_good(_boundary("one good", make_recorded_world(WorldShape(n_models=40, n_items=250), 6)))


def _boundary(name: str, world: RecordedWorld) -> Boundary:
    dear = world.cost_usd >= np.quantile(world.cost_usd, 0.75)
    base = int(np.argmax(np.where(dear, world.quality, -1.0)))
    moved = at_the_boundary(world, world.table.models[base].name, MARGIN).table.score
    n_items = moved.shape[1]
    n_wanted = int(np.ceil(moved[base].sum() - MARGIN * n_items - 1e-9)) - 1
    rng = np.random.default_rng(n_items)
    others = np.delete(moved, base, axis=0)
    at_it = others[np.argsort(np.abs(others.sum(axis=1) - n_wanted), kind="stable")]
    rows = np.array([_moved_to(row, n_wanted, rng) for row in at_it[: N_POOL + N_LIBRARY]])
    extra = np.array([_moved_to(rng.permutation(moved[base]), n_wanted, rng) for _ in range(N_LIBRARY)])
    return Boundary(
        name=name,
        baseline=moved[base],
        rows=rows[:N_POOL],
        features=others[:N_FEATURES],
        library=np.concatenate([rows[N_POOL:], extra])[:N_LIBRARY],
        margin_total=MARGIN * n_items,
        is_feasible=np.zeros(N_POOL, dtype=np.bool_),
    )


def _moved_to(row: Floats, n_right: int, rng: np.random.Generator) -> Floats:
    """The row with so many right answers, changed at random items."""
    moved, change = row.copy(), int(n_right - row.sum())
    where = np.flatnonzero(moved == (0.0 if change > 0 else 1.0))
    moved[rng.permutation(where)[: abs(change)]] = 1.0 if change > 0 else 0.0
    return moved


def _clustered(world: Boundary, size: int) -> Boundary:
    """Neighbouring items belong together: a unit is their sum over the size."""

    def summed(rows: Floats) -> Floats:
        return np.asarray(rows.reshape(*rows.shape[:-1], -1, size).sum(axis=-1) / size, dtype=np.float64)

    return Boundary(
        name=world.name,
        baseline=summed(world.baseline),
        rows=summed(world.rows),
        features=summed(world.features),
        library=summed(world.library),
        margin_total=world.margin_total / size,
        is_feasible=world.is_feasible,
    )


def _with_one_good(world: Boundary) -> Boundary:
    """One row is exactly at the margin: to call it inferior, and so keep the baseline, is wrong as well."""
    rows, feasible = world.rows.copy(), world.is_feasible.copy()
    rows[0, np.flatnonzero(rows[0] == 0)[0]] = 1.0
    feasible[0] = True
    return Boundary(
        name=world.name,
        baseline=world.baseline,
        rows=rows,
        features=world.features,
        library=world.library,
        margin_total=world.margin_total,
        is_feasible=feasible,
    )


def wrong_replays(world: Boundary, n_replays: int, seed: int) -> int:
    """In how many of the random orders any certificate is issued at any time, all of them being wrong."""
    rng = np.random.default_rng(seed)
    n_wrong = 0
    for start in range(0, n_replays, CHUNK):
        orders = np.array([rng.permutation(world.n_units) for _ in range(min(CHUNK, n_replays - start))])
        is_wrong = _pool_is_wrong(world, orders) | _made_is_wrong(world, orders)
        is_wrong |= np.array([_shared_is_wrong(world, order) for order in orders])
        n_wrong += int(is_wrong.sum())
    return n_wrong


def _bound(world: Boundary) -> Bound:
    return Bound(n_units=world.n_units, null_total=-world.margin_total, edge=world.margin_total / world.n_units)


def _pool_is_wrong(world: Boundary, orders: Ints) -> npt.NDArray[np.bool_]:
    """(n_orders,) an inferior row of the pool is certified, or a good one is called inferior to keep the baseline."""
    found = np.zeros(len(orders), dtype=np.bool_)
    level = ALPHA * POOL_PART / len(world.rows)
    for row, is_good in zip(world.rows, world.is_feasible, strict=True):
        x = (row - world.baseline)[orders]
        if is_good:
            found |= best_log_wealth(-x, _bound(world).mirrored) >= -np.log(keep_level(ALPHA))
        else:
            found |= best_log_wealth(x, _bound(world)) >= -np.log(level)
    return found


def _made_is_wrong(world: Boundary, orders: Ints) -> npt.NDArray[np.bool_]:
    """(n_orders,) a row made from data is certified: at each birth the one that looks best so far."""
    found = np.zeros(len(orders), dtype=np.bool_)
    gaps = world.library - world.baseline
    for k, share in enumerate(BIRTHS, start=1):
        birth = int(share * world.n_units)
        seen = np.array([gaps[:, order[:birth]].sum(axis=1) for order in orders])
        x = gaps[seen.argmax(axis=1)[:, None], orders]
        wealth = best_log_wealth(x, _bound(world), np.full(len(orders), birth))
        found |= wealth >= -np.log(halving_level(ALPHA * MADE_PART, k))
    return found


def _shared_is_wrong(world: Boundary, order: Ints) -> bool:
    """Any complete row one item too bad is certified by the shared test; the best of them stands for all."""
    totals = np.concatenate([world.rows[~world.is_feasible].sum(axis=1), world.library.sum(axis=1)])
    bets = reference_bets(
        world.baseline[order],
        world.features[:, order],
        np.full(len(world.features), 1.0 / len(world.features)),
        world.margin_total / world.n_units,
    )
    wealth = best_log_wealth_below(bets, float(totals.max()) + world.margin_total)
    return bool(wealth >= -np.log(shared_level(ALPHA)))
