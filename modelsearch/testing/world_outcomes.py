"""What the models of a recorded world do on its items: right or wrong, which answer, how sure, how long."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelsearch.stats.normal import normal_quantile, normal_share

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

VISIBLE_TOKENS, HIDDEN_TOKENS = 6.0, 600.0
HABIT_SPREAD, ITEM_SPREAD, HARDER_LONGER = 0.6, 0.4, 0.3
FIRST_TOKEN_S, TOKENS_PER_S_AT_8B = 0.4, 150.0
_EDGE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Draws:
    """What luck is drawn from; see `worlds.WorldShape`. family: (n_models,); p_right: (n_models, n_items)."""

    n_labels: int
    kin_share: float
    favourite_share: float
    foresight: float
    boldness: float
    family: Ints
    p_right: Floats


@dataclass(frozen=True, kw_only=True)
class Answered:
    """(n_models, n_items) what came; gold: (n_items,).

    Attributes:
        seen_luck: the part of the luck that the model itself saw, standard normal.
    """

    is_right: Bools
    text: Texts
    gold: tuple[str, ...]
    seen_luck: Floats


def answers(draws: Draws, rng: np.random.Generator) -> Answered:
    """Right where the luck, a normal number that kin share in part, lies below the quantile of p_right."""
    n_models, n_items = draws.p_right.shape
    n_families = int(draws.family.max()) + 1
    kin = rng.normal(size=(n_families, n_items))[draws.family]
    seen, unseen = rng.normal(size=(2, n_models, n_items))
    own = np.sqrt(draws.foresight) * seen + np.sqrt(1 - draws.foresight) * unseen
    luck = np.sqrt(draws.kin_share) * kin + np.sqrt(1 - draws.kin_share) * own
    is_right = luck < normal_quantile(draws.p_right)
    gold = rng.integers(0, draws.n_labels, n_items)
    favourite = rng.integers(1, draws.n_labels, (n_families, n_items))[draws.family]
    other = rng.integers(1, draws.n_labels, (n_models, n_items))
    off = np.where(rng.random((n_models, n_items)) < draws.favourite_share, favourite, other)
    chosen = np.where(is_right, gold, (gold + off) % draws.n_labels)
    labels = np.array([f"L{label}" for label in range(draws.n_labels)], dtype=object)
    return Answered(is_right=is_right, text=labels[chosen], gold=tuple(labels[gold]), seen_luck=seen)


def confidences(draws: Draws, found: Answered) -> Floats:
    """(n_models, n_items) P(right) given the item and the luck seen, its log-odds times `boldness`.

    With boldness 1 it is calibrated: of the answers stated at c, a share c is right.
    """
    own = (1 - draws.kin_share) * draws.foresight
    rest = np.sqrt(max(1 - own, _EDGE))
    p = normal_share((normal_quantile(draws.p_right) - np.sqrt(own) * found.seen_luck) / rest)
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(1.0 / (1.0 + ((1.0 - p) / p) ** draws.boldness), dtype=np.float64)


def tokens(draws: Draws, is_reasoning: Bools, difficulty: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """(n_models, n_items) visible and hidden output tokens: a habit of the model, longer on harder items."""
    shape = draws.p_right.shape
    habits = np.exp(HABIT_SPREAD * rng.normal(size=(2, shape[0], 1)))
    noise = np.exp(ITEM_SPREAD * rng.normal(size=(2, *shape)))
    harder = np.exp(HARDER_LONGER * difficulty / max(float(difficulty.std()), _EDGE))
    visible = np.ceil(VISIBLE_TOKENS * habits[0] * noise[0])
    hidden = np.ceil(HIDDEN_TOKENS * habits[1] * noise[1] * harder) * is_reasoning[:, None]
    return visible.astype(np.int64), hidden.astype(np.int64)


def latencies(size_b: Floats, output_tokens: Ints, rng: np.random.Generator) -> Floats:
    """(n_models, n_items) seconds: to the first token, then by the token, slower the larger the model."""
    speed = TOKENS_PER_S_AT_8B * np.sqrt(8.0 / size_b)
    noise = np.exp(0.3 * rng.normal(size=output_tokens.shape))
    return np.asarray(noise * (FIRST_TOKEN_S + output_tokens / speed[:, None]), dtype=np.float64)
