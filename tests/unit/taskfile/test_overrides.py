from decimal import Decimal
from typing import Any

import pytest

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import TaskId
from modelsearch.core.task import Requirements, ScorerSpec, TaskSpec
from modelsearch.taskfile.overrides import TaskOverrides, overridden

TASK = TaskSpec(
    id=TaskId("t"),
    kind="k",
    items=(),
    prompts=(),
    scorer=ScorerSpec(name="exact"),
    requirements=Requirements(max_latency_s=3.0, providers=frozenset({"groq"})),
)


def test_nothing_given_changes_nothing() -> None:
    assert overridden(TASK, TaskOverrides()) == TASK


def test_what_is_given_replaces_and_the_rest_stays() -> None:
    given = TaskOverrides(alpha=0.01, max_cost_usd_per_1k=Decimal("0.4"), providers=frozenset(), weights={"cost": 1.0})
    task = overridden(TASK, given)
    assert (task.alpha, task.margin) == (0.01, TASK.margin)
    assert task.requirements.max_cost_usd_per_1k == Decimal("0.4")
    assert task.requirements.providers == frozenset()
    assert task.requirements.weights == {"cost": 1.0}
    assert task.requirements.max_latency_s == 3.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"margin": -0.1}, "margin: expected"),
        ({"alpha": 0.0}, "alpha: expected"),
        ({"max_cost_usd_per_1k": Decimal(0)}, "max_cost_usd_per_1k: expected a number > 0, got 0"),
        ({"max_latency_s": float("nan")}, "max_latency_s: expected a number > 0, got nan"),
        ({"min_context_tokens": -1}, "min_context_tokens: expected"),
        ({"min_quality": 1.1}, r"min_quality: expected a score in \[0, 1\], got 1.1"),
        ({"target_quality": float("nan")}, "target_quality: expected"),
        ({"weights": {"speed": 1.0}}, "weights: expected one of cost, quality, latency, got 'speed'"),
        ({"weights": {"cost": -1.0}}, "weights: cost: expected a number >= 0, got -1"),
        ({"weights": {"cost": 0.0}}, "at least one above 0"),
        ({"pricing": frozenset({"cheap"})}, "pricing: expected one of premium, variable, budget, local, got 'cheap'"),
    ],
)
def test_values_out_of_range_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        overridden(TASK, TaskOverrides(**given))
