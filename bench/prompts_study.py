"""One space of models x ways of asking against the same rows as unrelated arms, at equal spend, on made-up worlds.

Four kinds of worlds: where models and ways matter alike, models above all, ways above all, and which way suits which
model. Net captured saving as everywhere (-1 for a wrong recommendation), paired by world and baseline.
"""

import time
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from bench.prompts_worlds import SpaceShape, compared, make_space
from flows.cli_compare import contenders_of
from modelsearch.compare.search import Row
from modelsearch.core.search import Floats

SHARES = (0.01, 0.02, 0.04)
Z_ONE_SIDED = 1.645
"""Standard errors that the mean must be above 0: at 95 %, one-sided."""
SHAPES = (
    SpaceShape(name="even"),
    SpaceShape(name="models", template_sd=0.05, way_sd=0.1, fit_sd=0.1, own_sd=0.1),
    SpaceShape(name="ways", way_sd=0.7, fit_sd=0.2, own_sd=0.2),
    SpaceShape(name="fit", way_sd=0.1, template_sd=0.1, fit_sd=0.7, own_sd=0.4),
)


def study(n_seeds: int) -> bool:
    """Print each kind of world and all together; whether one space is clearly ahead in the mean."""
    (contender,) = contenders_of("balanced")
    print(f"worlds: {len(SHAPES)} kinds, seeds 0 to {n_seeds - 1}, 2 baselines each, plan balanced, shares {SHARES}")
    gaps, worse = [], []
    for shape in SHAPES:
        started_s = time.monotonic()
        rows: dict[str, list[Row]] = {"shared": [], "apart": []}
        with threadpool_limits(1):
            for seed in range(n_seeds):
                for name, found in compared(make_space(shape, seed), contender, SHARES, seed).items():
                    rows[name] += found
        gap = _captured(rows["shared"]) - _captured(rows["apart"])
        gaps.append(gap)
        worse.append(_wrong(rows["shared"]) - _wrong(rows["apart"]))
        print(
            f"  {shape.name:7} captured as one space {_told(_captured(rows['shared']))}, apart "
            f"{_told(_captured(rows['apart']))}, difference {_told(gap)}; wrong {_wrong(rows['shared']):.3f} against "
            f"{_wrong(rows['apart']):.3f} ({time.monotonic() - started_s:.0f} s)"
        )
    by_world = [_world_means(gap, n_seeds) for gap in gaps]
    mean = np.concatenate(by_world)
    error = float(mean.std(ddof=1) / np.sqrt(len(mean)))
    print(
        f"one space of models x ways captures {mean.mean():+.3f} (s.e. {error:.3f} over {len(mean)} worlds) more than "
        f"unrelated arms at equal spend, mean over shares {SHARES}"
    )
    return bool(mean.mean() > Z_ONE_SIDED * error)


def _world_means(gap: Floats, n_seeds: int) -> Floats:
    """(n_worlds,) mean over baselines and shares, which share a world's luck; worlds with nothing to find left out."""
    worlds = gap.reshape(n_seeds, -1)
    kept = worlds[~np.isnan(worlds).all(axis=1)]
    return np.asarray(np.nanmean(kept, axis=1), dtype=np.float64)


def _captured(rows: Sequence[Row]) -> Floats:
    """(n_cases, n_shares) net captured saving; NaN where there was nothing to capture."""
    by_share = [[float(row["net_captured"] or 0.0) for row in rows if row["budget_share"] == s] for s in SHARES]
    return np.array(by_share, dtype=np.float64).T


def _wrong(rows: Sequence[Row]) -> float:
    return float(np.mean([bool(row["is_wrong"]) for row in rows]))


def _told(values: Floats) -> str:
    return " ".join(f"{value:+.3f}" for value in np.nanmean(values, axis=0))
