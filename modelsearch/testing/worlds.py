"""Recorded tables that never were: models, items and outcomes with a known truth, for the study of error rates.

An item j has a difficulty b_j and a discrimination a_j, a model i an ability theta_i; P(right) = sigmoid(a_j (theta_i -
b_j)). Dearer models tend to be abler, kin of one family are right and wrong together and share a favourite wrong
answer, some models think before they answer and bill for it, and each says how sure it is: exactly as sure as it may
be, or `boldness` times that in log-odds. Everything is drawn by one seeded generator; no real model is in it.

Source: Birnbaum 1968, in Lord & Novick, Statistical Theories of Mental Test Scores, chapter 17 (2-parameter model).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.store.recorded import write_recorded_table
from modelsearch.testing.world_outcomes import Draws, Floats, Ints, answers, confidences, latencies, tokens

MIN_SIZE_B, MAX_SIZE_B = 1.0, 600.0
USD_PER_MTOK_AT_8B, PRICE_POWER, PRICE_SPREAD = 0.1, 0.9, 0.5
OUTPUT_TO_INPUT = 4.0
INPUT_TOKENS = 300.0
N_GRID = 2001


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldShape:
    """What a world is like.

    Attributes:
        n_labels: possible answers of an item, at least 2.
        mean_quality: expected share of right answers over all models and items.
        price_quality: correlation of ability with the logarithm of the list price, in [-1, 1].
        ability_sd, difficulty_sd: spread in log-odds; discrimination_sd: of log a_j.
        kin_share: part of a model's luck on an item that its family shares, in [0, 1].
        favourite_share: how often a wrong answer is the family's favourite one.
        reasoning_share: of the models that think before they answer.
        boldness: true log-odds of a right answer times this are what a model states; 1 = calibrated.
        foresight: part of a model's own luck that it sees when it states its confidence, in [0, 1].
    """

    n_models: int = 40
    n_items: int = 500
    n_families: int = 8
    n_labels: int = 5
    mean_quality: float = 0.75
    price_quality: float = 0.7
    ability_sd: float = 1.0
    difficulty_sd: float = 1.5
    discrimination_sd: float = 0.3
    kin_share: float = 0.3
    favourite_share: float = 0.6
    reasoning_share: float = 0.25
    boldness: float = 1.0
    foresight: float = 0.5

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: one out of its range.
        """
        limits = {"n_models": 2, "n_items": 1, "n_families": 1, "n_labels": 2}
        for name, least in limits.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} of a WorldShape must be at least {least}, got {getattr(self, name)}")
        for name in ("kin_share", "favourite_share", "reasoning_share", "foresight"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} of a WorldShape must be in [0, 1], got {getattr(self, name)}")
        if not -1 <= self.price_quality <= 1:
            raise ValueError(f"price_quality of a WorldShape must be in [-1, 1], got {self.price_quality}")
        if not 0 < self.mean_quality < 1:
            raise ValueError(f"mean_quality of a WorldShape must be in (0, 1), got {self.mean_quality}")


@dataclass(frozen=True, kw_only=True)
class RecordedWorld:
    """A table with the truth behind it.

    Attributes:
        p_right: (n_models, n_items) chance that the model was right, before luck; rows and columns as in `table`.
        ability: (n_models,); family: (n_models,) number; is_reasoning: (n_models,) thinks before it answers.
    """

    shape: WorldShape
    table: RecordedTable
    p_right: Floats
    ability: Floats
    family: Ints
    is_reasoning: npt.NDArray[np.bool_]

    @property
    def quality(self) -> Floats:
        """(n_models,) the truth about these items: mean score."""
        return np.asarray(self.table.score.mean(axis=1), dtype=np.float64)

    @property
    def cost_usd(self) -> Floats:
        """(n_models,) true USD per item."""
        return np.asarray(self.table.cost_usd.mean(axis=1), dtype=np.float64)

    def write(self, folder: Path) -> None:
        """Save `outcomes.parquet` and `models.csv`, as every recorded table has them."""
        write_recorded_table(self.table, folder)


def make_recorded_world(shape: WorldShape, seed: int, name: str = "world") -> RecordedWorld:
    """A world; equal shapes and seeds give equal worlds. O(n_models x n_items)."""
    rng = np.random.default_rng(seed)
    market = _drawn_market(shape, rng)
    ability = _abilities(shape, rng, market)
    difficulty = shape.difficulty_sd * rng.normal(size=shape.n_items)
    discrimination = np.exp(shape.discrimination_sd * rng.normal(size=shape.n_items))
    draws = Draws(
        n_labels=shape.n_labels,
        kin_share=shape.kin_share,
        favourite_share=shape.favourite_share,
        foresight=shape.foresight,
        boldness=shape.boldness,
        family=market.family,
        p_right=_logistic(discrimination * (ability[:, None] - difficulty - _shift(shape, ability))),
    )
    return RecordedWorld(
        shape=shape,
        table=_table(name, market, draws, difficulty, rng),
        p_right=draws.p_right,
        ability=ability,
        family=market.family,
        is_reasoning=market.is_reasoning,
    )


@dataclass(frozen=True, kw_only=True)
class _Market:
    """(n_models,) each; prices in USD per Mtok of input."""

    family: Ints
    is_reasoning: npt.NDArray[np.bool_]
    size_b: Floats
    usd_per_mtok: Floats

    def models(self) -> tuple[RecordedModel, ...]:
        return tuple(
            RecordedModel(
                name=f"m{row:04d}",
                provider="world",
                family=f"kin{self.family[row]:02d}",
                params_b=float(round(self.size_b[row], 1)),
                input_usd_per_mtok=float(self.usd_per_mtok[row]),
                output_usd_per_mtok=float(OUTPUT_TO_INPUT * self.usd_per_mtok[row]),
                context_tokens=128_000,
            )
            for row in range(len(self.family))
        )


def _drawn_market(shape: WorldShape, rng: np.random.Generator) -> _Market:
    size_b = np.exp(rng.uniform(np.log(MIN_SIZE_B), np.log(MAX_SIZE_B), shape.n_models))
    noise = np.exp(PRICE_SPREAD * rng.normal(size=shape.n_models))
    return _Market(
        family=np.sort(rng.integers(0, shape.n_families, shape.n_models)),
        is_reasoning=np.asarray(rng.random(shape.n_models) < shape.reasoning_share, dtype=np.bool_),
        size_b=np.asarray(size_b, dtype=np.float64),
        usd_per_mtok=np.asarray(USD_PER_MTOK_AT_8B * (size_b / 8) ** PRICE_POWER * noise, dtype=np.float64),
    )


def _table(name: str, market: _Market, draws: Draws, difficulty: Floats, rng: np.random.Generator) -> RecordedTable:
    found = answers(draws, rng)
    visible, hidden = tokens(draws, market.is_reasoning, difficulty, rng)
    n_output, n_items = visible + hidden, len(difficulty)
    n_input = np.ceil(INPUT_TOKENS * np.exp(0.3 * rng.normal(size=n_items))).astype(np.int64)
    cost_usd = (n_input + OUTPUT_TO_INPUT * n_output) * market.usd_per_mtok[:, None] / 1e6
    return RecordedTable(
        name=name,
        models=market.models(),
        item_ids=tuple(f"i{column:06d}" for column in range(n_items)),
        score=found.is_right.astype(np.float64),
        cost_usd=np.asarray(cost_usd, dtype=np.float64),
        latency_s=latencies(market.size_b, n_output, rng),
        input_tokens=np.broadcast_to(n_input, n_output.shape).copy(),
        output_tokens=n_output,
        answer=found.text,
        gold=found.gold,
        is_recorded=np.ones(n_output.shape, dtype=np.bool_),
        confidence=confidences(draws, found),
    )


def _abilities(shape: WorldShape, rng: np.random.Generator, market: _Market) -> Floats:
    """(n_models,) of the wanted spread and correlation with log price; half of the rest is the family's."""
    log_price = np.log(market.usd_per_mtok)
    price = (log_price - log_price.mean()) / max(float(log_price.std()), 1e-9)
    kin = rng.normal(size=shape.n_families)[market.family]
    rest = (kin + rng.normal(size=shape.n_models)) / np.sqrt(2)
    mixed = shape.price_quality * price + np.sqrt(1 - shape.price_quality**2) * rest
    return np.asarray(shape.ability_sd * mixed, dtype=np.float64)


def _shift(shape: WorldShape, ability: Floats) -> float:
    """What to add to all difficulties so that the mean chance over models and items is `mean_quality`.

    By halving; the items' share is integrated over their normal spread, so that the items drawn do not matter.
    """
    spread = np.sqrt(shape.difficulty_sd**2 + float(ability.var()))
    points = (float(ability.mean()) + spread * np.linspace(-4, 4, N_GRID))[None, :]
    weights = np.exp(-(np.linspace(-4, 4, N_GRID) ** 2) / 2)
    low, high = -20.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        mean = float((_logistic(points - middle) @ (weights / weights.sum()))[0])
        low, high = (middle, high) if mean > shape.mean_quality else (low, middle)
    return (low + high) / 2


def _logistic(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)
