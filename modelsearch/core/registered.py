"""A task that is looked after every night: where its spec is, what serves it, and what it may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.batch import DEADLINE_H, MIN_WIDE_CALLS, BatchMode
from modelsearch.core.errors import BudgetError, OptionError
from modelsearch.core.ids import TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTask:
    """One registration.

    Attributes:
        id: its name among the registered ones: the name of its file and of its folder of nights.
        task: path of the task spec.
        baseline: candidate that serves the task today; everything is certified against it.
        night_usd: hard limit of what a night may spend; `search_usd`: of a night on which everybody is searched (the
            first, or when the incumbent is lost), None = as any other; `life_usd`: of all nights, None = no limit.
        monthly_items: how many items the task serves a month; what a saving is worth by. None = not told.
        plan, seed: of searches.
        baseline_outcomes: path of the baseline's known answers, or None.
        batch, batch_deadline_h, batch_min_calls: what is bought in batches, as of a search.
        tags: for routing notifications.
        rules: of the night's rules, those that differ for this task.
        is_paused: registered, and left alone.
    """

    id: TaskId
    task: str
    baseline: str
    night_usd: Decimal
    search_usd: Decimal | None = None
    life_usd: Decimal | None = None
    monthly_items: int | None = None
    plan: str = "balanced"
    seed: int = 0
    baseline_outcomes: str | None = None
    batch: BatchMode = "wide"
    batch_deadline_h: float = DEADLINE_H
    batch_min_calls: int = MIN_WIDE_CALLS
    tags: tuple[str, ...] = ()
    rules: Mapping[str, float] = field(default_factory=dict)
    is_paused: bool = False

    def __post_init__(self) -> None:
        """Check the amounts.

        Raises:
            BudgetError: a budget is no positive amount.
            OptionError: `monthly_items` is below 1.
        """
        for name in ("night_usd", "search_usd", "life_usd"):
            amount = getattr(self, name)
            if amount is not None and not (amount.is_finite() and amount > 0):
                raise BudgetError(f"registered task {self.id!r}: {name} must be an amount in USD above 0, got {amount}")
        if self.monthly_items is not None and self.monthly_items < 1:
            message = f"registered task {self.id!r}: monthly_items must be at least 1, got {self.monthly_items}"
            raise OptionError(message)
