"""A task's history as numbers per night: quality, cost, saving, spend. Pure; what is not known of a night is None."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from modelsearch.report.site_facts import Line, TaskFacts

DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Incumbent or baseline as it stood after a night.

    Attributes:
        quality: mean score as measured, in [0, 1].
        quality_now: the same, moved by what tonight's sample of `n_sampled` items changed; None without a sample.
        cost_usd: expected USD per item.
    """

    candidate_id: str
    quality: float
    cost_usd: float
    quality_now: float | None = None
    n_sampled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendNight:
    """One day of a task.

    Attributes:
        incumbent: the baseline itself where that is what serves; None where it is not known how it stands.
        spend_usd: of all nights of the day.
        n_alarms, n_moves: of the day.
    """

    day: date
    incumbent: Side | None = None
    baseline: Side | None = None
    spend_usd: float = 0.0
    n_calls: int = 0
    n_alarms: int = 0
    n_moves: int = 0

    @property
    def saving_share(self) -> float | None:
        """Of the baseline's cost, in (-inf, 1]; None where a cost is not known, or the baseline costs nothing."""
        return None if self.incumbent is None or self.baseline is None else saving(self.incumbent, self.baseline)

    @property
    def saving_usd(self) -> float | None:
        """USD per item that the incumbent is cheaper than the baseline."""
        if self.incumbent is None or self.baseline is None:
            return None
        return self.baseline.cost_usd - self.incumbent.cost_usd


def saving(incumbent: Side, baseline: Side) -> float | None:
    """Share of the baseline's cost that the incumbent saves."""
    return 1 - incumbent.cost_usd / baseline.cost_usd if baseline.cost_usd > 0 else None


def trend_of(task: TaskFacts) -> tuple[TrendNight, ...]:
    """The days of a task, oldest first; of several lines of a day the last one counts, money is added up."""
    days: dict[str, dict[str, Line]] = {}
    for line in task.standings:
        before = {} if line["role"] == "both" else days.get(line["day"], {})
        days[line["day"]] = {**{role: each for role, each in before.items() if role != "both"}, line["role"]: line}
    nights = _nights(task.nights)
    return tuple(_trend_night(day, days.get(day, {}), nights.get(day, {})) for day in sorted({*days, *nights}))


def saved_usd(trend: Iterable[TrendNight], monthly_items: int, until: date) -> float:
    """What following each move from its day on has saved at a task's volume, in USD, by expected costs."""
    known = [(night.day, night.saving_usd) for night in trend if night.saving_usd is not None]
    ends = [*known, (until, 0.0)]
    days = ((max(0, (after[0] - before[0]).days), before[1]) for before, after in pairwise(ends))
    return sum(n_days * each * monthly_items / DAYS_A_MONTH for n_days, each in days)


def _trend_night(day: str, roles: Mapping[str, Line], night: Mapping[str, float]) -> TrendNight:
    both = roles.get("both")
    return TrendNight(
        day=date.fromisoformat(day),
        incumbent=_side(roles.get("incumbent", both)),
        baseline=_side(roles.get("baseline", both)),
        spend_usd=night.get("spend_usd", 0.0),
        n_calls=int(night.get("n_calls", 0)),
        n_alarms=int(night.get("n_alarms", 0)),
        n_moves=int(night.get("n_moves", 0)),
    )


def _nights(lines: Iterable[Line]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for line in lines:
        day = found.setdefault(line["day"], {})
        for name in ("spend_usd", "n_calls", "n_alarms", "n_moves"):
            day[name] = day.get(name, 0.0) + float(line.get(name) or 0)
    return found


def _side(line: Line | None) -> Side | None:
    if line is None or not _is_number(line.get("quality")) or not _is_number(line.get("cost_usd")):
        return None
    then, anew = line.get("quality_then"), line.get("quality_anew")
    is_sampled = _is_number(then) and _is_number(anew)
    return Side(
        candidate_id=str(line["candidate_id"]),
        quality=line["quality"],
        cost_usd=line["cost_usd"],
        quality_now=min(1.0, max(0.0, line["quality"] + anew - then)) if is_sampled else None,
        n_sampled=line.get("n_sampled", 0) if is_sampled else 0,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
