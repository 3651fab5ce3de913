"""Small evaluations for tests."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from modelsearch.interop.logged import Evaluation, LoggedItem, LoggedOutcome, ScoredWith, Turn


def make_items(n: int, labels: Sequence[str] = ("cat", "dog")) -> tuple[LoggedItem, ...]:
    """Items with a prompt and a target each, in turn."""
    return tuple(
        LoggedItem(
            id=f"i{k:03d}",
            fields={"input": f"Animal {k}?"},
            target=labels[k % len(labels)],
            turns=(Turn("system", "Name it."), Turn("user", f"Animal {k}?")),
        )
        for k in range(n)
    )


def make_outcome(model: str, item: LoggedItem, *, is_right: bool = True, **more: Any) -> LoggedOutcome:
    """An answer, scored by equality."""
    answer = str(item.target) if is_right else "fish"
    told: dict[str, Any] = {"answer": answer, "score": float(is_right), "cost_usd": Decimal("0.001"), **more}
    return LoggedOutcome(model=model, item_id=item.id, **told)


def make_evaluation(n: int = 30, models: Sequence[str] = ("big", "small"), **more: Any) -> Evaluation:
    """`small` errs on every third item, `big` on every tenth; scored by equality."""
    items = make_items(n)
    outcomes = [
        make_outcome(model, item, is_right=bool(k % (3 if model == "small" else 10)))
        for model in models
        for k, item in enumerate(items)
    ]
    told: dict[str, Any] = {"tool": "test", "scored_with": ScoredWith(name="equality"), **more}
    return Evaluation(name="animals", items=items, outcomes=tuple(outcomes), **told)
