from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.api.request import SearchRequest
from modelsearch.api.typed import request_of
from modelsearch.core.errors import BudgetError, InputError, OptionError
from modelsearch.taskfile.overrides import TaskOverrides
from modelsearch.testing.factories import make_task

NOTHING: dict[str, Any] = dict.fromkeys(
    [
        "task", "budget_usd", "budget_share", "max_calls", "recorded", "margin", "alpha", "max_cost_usd_per_1k",
        "max_latency_s", "min_quality", "target_quality", "weights", "min_context_tokens", "providers", "pricing",
        "include", "exclude", "require", "baseline_outcomes", "emulator_url",
    ]
)  # fmt: skip
BATCH = {"batch": "never", "batch_deadline_h": 24.0, "batch_min_calls": 200}
GIVEN = {
    **NOTHING, **BATCH, "plan": "balanced", "seed": 0, "is_kind_strict": False, "is_emulated": False, "baseline": "b"
}  # fmt: skip


def made(**given: Any) -> SearchRequest:
    plain = {} if "task" in given or "recorded" in given else {"task": "task.yaml"}
    money = {} if "budget_share" in given else {"budget_usd": 5}
    return request_of({**GIVEN, **plain, **money, **given})


def overrides(**given: Any) -> TaskOverrides:
    return made(**given).overrides


def test_text_becomes_paths_and_exact_amounts() -> None:
    request = made(task="a/task.yaml", budget_usd=0.1, baseline_outcomes="x.jsonl", plan=Path("p.yaml"), seed=3)
    assert request == SearchRequest(
        baseline="b",
        task=Path("a/task.yaml"),
        budget_usd=Decimal("0.1"),
        plan="p.yaml",
        seed=3,
        baseline_outcomes=Path("x.jsonl"),
    )
    assert made(recorded="t", budget_share=1).budget_share == 1.0
    assert made(task="~/t.yaml").task == Path.home() / "t.yaml"


def test_a_task_may_be_an_object() -> None:
    request = made(task=make_task(2))
    assert request.is_inline
    assert request.task is None


def test_an_emulator_that_runs_already_is_enough_to_be_emulated() -> None:
    request = made(emulator_url="http://127.0.0.1:4300")
    assert (request.is_emulated, request.emulator_url) == (True, "http://127.0.0.1:4300")
    assert (made().is_emulated, made(is_emulated=True).emulator_url) == (False, None)


def test_one_glob_is_a_glob_and_not_its_letters() -> None:
    assert overrides(include="openai/*").include == ("openai/*",)
    assert overrides(exclude=["a", "b"]).exclude == ("a", "b")
    assert overrides(providers="openai").providers == frozenset({"openai"})
    assert overrides(require="zdr, region=eu").needs == frozenset({"zdr", "region=eu"})
    assert overrides(pricing=("budget", "local")).pricing == frozenset({"budget", "local"})
    assert overrides(include=(name for name in "ab")).include == ("a", "b")


def test_numbers_are_exact_and_absent_ones_stay_absent() -> None:
    given = overrides(margin=0, max_cost_usd_per_1k=0.1, weights={"cost": 1}, min_context_tokens=8000)
    assert (given.margin, given.max_cost_usd_per_1k, given.weights) == (0.0, Decimal("0.1"), {"cost": 1.0})
    assert (given.min_context_tokens, given.alpha, given.is_kind_strict) == (8000, None, None)
    assert overrides(is_kind_strict=True).is_kind_strict is True
    assert overrides() == TaskOverrides()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("task", 3, r"task: expected a path.*or a TaskSpec.*got 3 \(int\)"),
        ("recorded", ["a"], r"recorded: expected a path.*\(list\)"),
        ("baseline", None, "baseline: expected text, got None"),
        ("plan", {"name": "x"}, "plan: expected a path"),
        ("seed", 1.5, "seed: expected a whole number, got 1.5"),
        ("seed", True, "seed: expected a whole number, got True"),
        ("margin", "0.1", "margin: expected a number, got '0.1'"),
        ("alpha", False, "alpha: expected a number, got False"),
        ("max_cost_usd_per_1k", "much", "max_cost_usd_per_1k: expected an amount in USD, got 'much'"),
        ("max_cost_usd_per_1k", True, "max_cost_usd_per_1k: expected an amount"),
        ("weights", "cost=1", "weights: expected a mapping from some of cost, quality, latency"),
        ("weights", {"cost": None}, "weights: expected a number for each name"),
        ("weights", {"cost": "much"}, r"weights\['cost'\]: expected a number, got 'much'"),
        ("min_context_tokens", 1e5, "min_context_tokens: expected a whole number"),
        ("include", 3, "include: expected names, as a list of text, got 3"),
        ("include", [], "include: expected names"),
        ("include", [1], "include: expected names"),
        ("exclude", b"a", "exclude: expected names"),
        ("providers", {"openai": 1}, "providers: expected names"),
        ("require", " , ", "require: expected names"),
        ("is_kind_strict", 1, r"is_kind_strict: expected True or False, got 1 \(int\)"),
        ("emulator_url", 4300, "emulator_url: expected text, got 4300"),
        ("is_emulated", "yes", "is_emulated: expected True or False"),
    ],
)
def test_what_is_of_the_wrong_type_is_told(name: str, value: object, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        made(**{name: value})


def test_a_budget_that_is_no_amount_is_told() -> None:
    with pytest.raises(BudgetError, match="got True"):
        made(budget_usd=True)
    with pytest.raises(InputError, match="exactly one"):
        made(budget_usd=None)
