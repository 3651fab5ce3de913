"""Who gets what right in a synthetic world: item response theory, with kin erring together.

P(right) = g + (1 - g) sigmoid(a (theta - b)): ability theta rises with the logarithm of size, with effects of family,
model and quantisation; difficulty b belongs to the item; g is the chance of guessing. Whether a model is right on an
item is drawn with a part that its family shares, and wrong answers prefer the family's favourite. All of it is a
function of seed, endpoint and item.

Source: Birnbaum 1968, in Lord & Novick, Statistical Theories of Mental Test Scores, chapter 17 (3-parameter model).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelsearch.core.market import Endpoint
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.world_names import PROVIDERS, ModelTemplate
from modelsearch.emulator.world_random import Floats, Hashes, hashes_of, normal, normals, uniform, uniforms

Ints = npt.NDArray[np.int64]
FAMILY_SHARE = 0.45
FAVOURITE_SHARE = 0.7
DISCRIMINATION = 1.4
DIFFICULTY_MEAN, DIFFICULTY_SD = -0.6, 1.1
ABILITY_AT_8B, ABILITY_PER_DECADE = 0.1, 1.25
REASONING_BONUS = 0.45
REFUSAL_RATE = 0.004
QUANTISATION_LOSS: Mapping[str | None, float] = {"int4": 0.35, "fp8": 0.05}
TOKENS_SIGMA, HIDDEN_SIGMA, LATENCY_SIGMA = 0.35, 0.5, 0.3
TOKENS_PER_S_SMALL = 220.0
CALIBRATED_SHARE, TOO_SURE = 0.5, 3
_TTFT_S = {template.id: template.ttft_s for template in PROVIDERS}


@dataclass(frozen=True, kw_only=True)
class WorldOutcomes:
    """What was drawn, (n_endpoints, n_items) each.

    Attributes:
        is_right: the reply holds the target; `is_refused`: the model declines, right or not.
        wrong: number of the wrong answer, to be taken modulo those possible.
        visible, hidden: output tokens.
        latency_s: of the call.
        style: how the answer is worded, uniform in (0, 1).
        confidence: how sure the model says it is, in [0, 1]: of half of the families the true P(right), calibrated;
            the others are too sure, 1 - (1 - P)^3.
    """

    is_right: npt.NDArray[np.bool_]
    is_refused: npt.NDArray[np.bool_]
    wrong: Ints
    visible: Ints
    hidden: Ints
    latency_s: Floats
    style: Floats
    confidence: Floats


def abilities(templates: Sequence[ModelTemplate], label: str) -> dict[str, float]:
    """Theta of each model by id, before quantisation."""
    return {
        t.id: ABILITY_AT_8B
        + ABILITY_PER_DECADE * math.log10(math.sqrt(t.size_b * t.active_b) / 8)
        + (REASONING_BONUS if t.reasoning_share else 0.0)
        + 0.3 * normal(f"{label}/family", t.family)
        + 0.25 * normal(f"{label}/model", t.id)
        for t in templates
    }


def draw_outcomes(
    task: TaskSpec, label: str, endpoints: Sequence[Endpoint], templates: Mapping[str, ModelTemplate]
) -> WorldOutcomes:
    """Everything that the endpoints would do on the task's items.

    Args:
        task: its items and output limit.
        label: the seed of the world in words.
        endpoints: rows of the result.
        templates: of the endpoints' models, by id.
    """
    items = hashes_of([item.id for item in task.items])
    theta = abilities(list(templates.values()), label)
    difficulty = DIFFICULTY_MEAN + DIFFICULTY_SD * normals(f"{label}/difficulty", items)
    rows = [
        _row(task, label, (items, difficulty), (endpoint, templates[endpoint.model_id], theta))
        for endpoint in endpoints
    ]
    return WorldOutcomes(
        is_right=np.array([row.is_right for row in rows]),
        is_refused=np.array([row.is_refused for row in rows]),
        wrong=np.array([row.wrong for row in rows]),
        visible=np.array([row.visible for row in rows]),
        hidden=np.array([row.hidden for row in rows]),
        latency_s=np.array([row.latency_s for row in rows]),
        style=np.array([row.style for row in rows]),
        confidence=np.array([row.confidence for row in rows]),
    )


def _row(
    task: TaskSpec, label: str, field: tuple[Hashes, Floats], who: tuple[Endpoint, ModelTemplate, Mapping[str, float]]
) -> WorldOutcomes:
    """One endpoint: arrays of shape (n_items,)."""
    items, difficulty = field
    endpoint, template, theta = who
    ability = theta[template.id] - QUANTISATION_LOSS.get(endpoint.quantization, 0.0)
    visible, hidden = _tokens(task, label, template, items)
    mine = f"{label}/{endpoint.id}"
    noise = np.exp(LATENCY_SIGMA * normals(f"{mine}/latency", items))
    speed = TOKENS_PER_S_SMALL / (1.0 + template.active_b / 60.0)
    p_right = _p_right(ability, difficulty, len(task.labels))
    return WorldOutcomes(
        is_right=_luck(label, template, items) < p_right,
        is_refused=uniforms(f"{label}/{template.id}/refusal", items) < REFUSAL_RATE,
        wrong=_wrong(label, template, items),
        visible=visible,
        hidden=hidden,
        latency_s=np.round(_TTFT_S[endpoint.provider_id] * noise + (visible + hidden) / speed, 6),
        style=uniforms(f"{label}/{template.id}/style", items),
        confidence=p_right if is_calibrated(label, template.family) else 1.0 - (1.0 - p_right) ** TOO_SURE,
    )


def is_calibrated(label: str, family: str) -> bool:
    """Whether the models of a family know how sure they may be."""
    return uniform(f"{label}/is_calibrated", family) < CALIBRATED_SHARE


def _p_right(ability: float, difficulty: Floats, n_labels: int) -> Floats:
    guess = 0.5 / n_labels if n_labels else 0.0
    return np.asarray(guess + (1 - guess) / (1 + np.exp(-DISCRIMINATION * (ability - difficulty))), dtype=np.float64)


def _luck(label: str, template: ModelTemplate, items: Hashes) -> Floats:
    """Uniform numbers that kin share in part: the normal quantile of luck is a sum of the family's and the model's."""
    kin = normals(f"{label}/{template.family}/luck", items)
    own = normals(f"{label}/{template.id}/luck", items)
    z = math.sqrt(FAMILY_SHARE) * kin + math.sqrt(1 - FAMILY_SHARE) * own
    return np.asarray(0.5 * (1.0 + np.tanh(0.7978845608 * (z + 0.044715 * z**3))), dtype=np.float64)


def _wrong(label: str, template: ModelTemplate, items: Hashes) -> Ints:
    favourite = uniforms(f"{label}/{template.family}/wrong", items)
    own = uniforms(f"{label}/{template.id}/wrong", items)
    is_favourite = uniforms(f"{label}/{template.id}/is_favourite", items) < FAVOURITE_SHARE
    return np.asarray(np.where(is_favourite, favourite, own) * 2**40, dtype=np.int64)


def _tokens(task: TaskSpec, label: str, template: ModelTemplate, items: Hashes) -> tuple[Ints, Ints]:
    """Visible and hidden output tokens, lognormal around a habit of the model."""
    habit = 4.0 * math.exp(0.5 * normal(f"{label}/verbosity", template.id))
    visible = np.ceil(habit * np.exp(TOKENS_SIGMA * normals(f"{label}/{template.id}/visible", items)))
    visible = np.minimum(visible, max(1, task.max_output_tokens // 2))
    if not template.reasoning_share:
        return visible.astype(np.int64), np.zeros(len(items), dtype=np.int64)
    median = template.reasoning_share * task.max_output_tokens * (0.7 + 0.6 * uniform(f"{label}/ponder", template.id))
    hidden = np.ceil(median * np.exp(HIDDEN_SIGMA * normals(f"{label}/{template.id}/hidden", items)))
    return visible.astype(np.int64), hidden.astype(np.int64)
