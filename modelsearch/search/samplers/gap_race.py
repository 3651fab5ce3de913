"""The default: cheap rows as sensors, then whatever purchase is expected to move the decision most per dollar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.core.registry import register
from modelsearch.core.search import Floats, Ints, Probe, SearchView
from modelsearch.decide.costs import log_cost_spreads
from modelsearch.decide.estimates import estimates
from modelsearch.decide.gaps import gap_posterior
from modelsearch.decide.recommend import is_settled
from modelsearch.search.asking_prices import asking_prices, next_items
from modelsearch.search.costs import expected_costs
from modelsearch.search.parameters import require_count, require_range
from modelsearch.search.probes import Purse
from modelsearch.stats.gap_value import Choices, Step, best_steps, choices_of, expected_saving, p_clears


@register(
    "sampler",
    "gap_race",
    source="ours; knowledge gradient: Frazier, Powell & Dayanik 2009, doi:10.1287/ijoc.1080.0314; control variates: "
    "Owen & Zhou 2000, doi:10.1080/01621459.2000.10473909",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class GapRace:
    """Buys the items that are expected to move the choice most per dollar.

    First the cheapest rows are bought whole, as sensors of how hard each item is, for a small part of what is spent.
    Every row's mean over all items then has a posterior (`stats.gap_model`); a purchase of some more items of a
    candidate, of the baseline or of both is valued by how far it may lift the worth of the best choice
    (`stats.gap_value`). Where no step pays, the money goes to who may still be better than the leader, then to making
    the leader and the baseline certain. Items go along the shared order. What it buys does not hang on the budget.

    Score units, USD. Without outcomes the list prices choose the sensors; failed items count as asked, at their worst;
    candidates of unknown cost are never bought; ties go to the earlier row; the baseline alone ends it, as does a
    settled decision. O(n_candidates x n_items x factors^2) a round.

    Attributes:
        sensor_share: of what is spent, for whole rows of the cheapest; sensor_start: the same at the start, as a share
            of what all candidates would cost on all items, though never over a tenth of the money.
        n_sensors: at most; n_sensors_first: bought for up to `first_share` of what all would cost on all items.
        first_items: of a row at its first purchase.
        step_share: of the best step's items bought before thinking again.
        near: rows of which nothing is known, and whose first items are worth so much of the best step's per dollar,
            are bought in the same round.
        sure_p: chance below which a candidate is not looked at any more when no step pays.
    """

    sensor_share: float = 0.05
    sensor_start: float = 0.0005
    n_sensors: int = 60
    n_sensors_first: int = 3
    first_share: float = 0.002
    first_items: int = 8
    step_share: float = 0.75
    growth: float = 0.25
    near: float = 0.8
    sure_p: float = 0.01

    def __post_init__(self) -> None:
        require_range(self, "sensor_share", 0.0, 1.0)
        require_range(self, "sensor_start", 0.0, 1.0)
        require_count(self, "n_sensors", 0)
        require_count(self, "n_sensors_first", 0)
        require_range(self, "first_share", 0.0, 1.0)
        require_count(self, "first_items", 1)
        require_range(self, "step_share", 0.01, 1.0)
        require_range(self, "growth", 0.0, 10.0)
        require_range(self, "near", 0.01, 1.0)
        require_range(self, "sure_p", 0.0, 0.5)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        if len(view.pool) < 2:
            return ()
        race = _Race(self, view)
        sensors = race.sensors()
        if sensors:
            return race.probes(sensors)
        if view.round % SETTLED_EVERY == 0 and not race.is_hopeful() and is_settled(view, estimates(view)):
            return ()
        return race.probes(race.step())


class _Race:
    """One round: what is open, what it costs, what comes next."""

    def __init__(self, rules: GapRace, view: SearchView) -> None:
        self.rules, self.view = rules, view
        self.n_items = len(view.setting.item_ids)
        self.at = view.row[view.baseline_id]
        self.n_known = np.count_nonzero(view.outcomes.status, axis=1)
        self.cost_usd = expected_costs(view)
        scored = (~np.isnan(view.outcomes.score)).sum(axis=1)
        self.is_telling = (scored > 0) | (self.n_known < rules.first_items)  # who never gave a score is not asked again
        self.is_telling[self.at] = False
        in_pool = np.zeros(len(view.candidates), dtype=np.bool_)
        in_pool[[view.row[c] for c in view.pool]] = True
        self.is_open = self.is_telling & in_pool

    def is_hopeful(self) -> bool:
        """Whether somebody of whom nothing was bought may yet turn out clearly cheaper than list prices tell."""
        saving = expected_saving(self.cost_usd, log_cost_spreads(self.view), self.at)
        return bool(np.any(self.is_open & (self.n_known == 0) & (saving > HOPED_SAVING)))

    def sensors(self) -> dict[int, int]:
        """Depth to bring each of the next sensors to; empty when there are enough for what is spent.

        A whole row stays a sensor after a filter dropped its candidate: else each drop would make room for another.
        """
        view, rules = self.view, self.rules
        singles = [row for row in self._by_cost() if view.endpoint(view.candidates[row].id) is not None]
        n_whole = sum(1 for row in singles if self.n_known[row] >= self.n_items)
        allowed, first, spent = self._sensor_money(singles)
        wanted: dict[int, int] = {}
        for row in (row for row in singles if self.is_open[row] and self.n_known[row] < self.n_items):
            if n_whole + len(wanted) >= rules.n_sensors:
                break
            spent += float(self.cost_usd[row]) * (self.n_items - self.n_known[row])
            if spent > (first if n_whole + len(wanted) < rules.n_sensors_first else allowed):
                break
            wanted[row] = self.n_items if self.n_known[row] else min(rules.first_items, self.n_items)
        return wanted

    def _by_cost(self) -> list[int]:
        """Rows, dropped ones too, that are cheaper than half of the baseline, cheapest first."""
        limit_usd = 0.5 * np.nan_to_num(self.cost_usd[self.at], nan=np.inf)
        known = np.flatnonzero(self.is_telling & (self.cost_usd < limit_usd))
        return [int(row) for row in known[np.argsort(self.cost_usd[known], kind="stable")]]

    def _sensor_money(self, singles: Sequence[int]) -> tuple[float, float, float]:
        """USD that sensors may have cost in all, and the first of them, and what the whole rows did cost."""
        paid = np.nansum(self.view.outcomes.cost_usd, axis=1)
        spent = float(sum(paid[row] for row in range(len(paid)) if row != self.at and self._is_single(row)))
        everything = float(np.nansum(self.cost_usd)) * self.n_items
        start = min(self.rules.sensor_start * everything, 0.1 * (float(self.view.spend_left_usd) + spent))
        whole = float(sum(paid[row] for row in singles if self.n_known[row] >= self.n_items))
        allowed = self.rules.sensor_share * spent + start
        return allowed, max(allowed, self.rules.first_share * everything), whole

    def _is_single(self, row: int) -> bool:
        return self.view.endpoint(self.view.candidates[row].id) is not None

    def step(self) -> dict[int, int]:
        """Depths to bring rows to: the best step per dollar, or what is most open where none pays."""
        choices = self._choices()
        steps = [step for step in best_steps(choices, self.rules.near) if step.value > LEAST_VALUE]
        if not steps:
            return self._explored(choices)
        others = [step for step in steps[1:] if not self.n_known[step.rows[0]]]
        return {row: depth for step in (steps[0], *others) for row, depth in self._depths(step).items()}

    def _choices(self) -> Choices:
        found = gap_posterior(self.view)
        saving = expected_saving(self.cost_usd, log_cost_spreads(self.view), self.at)
        prices = asking_prices(self.view, self.cost_usd)
        return choices_of(found, self._threshold(float(found.mean[self.at])), saving, prices, self.is_open)

    def _threshold(self, base_quality: float) -> float:
        """The gap that a choice must clear: the margin, or what the client's lowest quality asks beyond it."""
        least = self.view.task.requirements.min_quality
        return -self.view.task.margin if least is None else max(-self.view.task.margin, least - base_quality)

    def _depths(self, step: Step) -> dict[int, int]:
        rules = self.rules
        depths = {}
        for row in step.rows:
            n_more = max(rules.first_items, int(np.ceil(step.n_items * rules.step_share)), self._grown(row))
            depths[row] = min(self.n_items, int(self.n_known[row]) + n_more)
        return {row: depth for row, depth in depths.items() if depth > self.n_known[row]}

    def _grown(self, row: int) -> int:
        return int(self.n_known[row] * self.rules.growth)

    def _explored(self, choices: Choices) -> dict[int, int]:
        """Who may still be better than the leader, by chance times gain; else the leader's row, then the baseline's."""
        worth, at = choices.worth, self.at
        leader = int(np.argmax(worth)) if worth.max(initial=-np.inf) > 0 else None
        floor = choices.saving[leader] if leader is not None else 0.0
        p = p_clears(choices.gap, WIDER * choices.sd, choices.threshold)
        gain = np.where(choices.is_open & (choices.saving > 0), p * np.maximum(choices.saving - floor, 0.0), 0.0)
        is_short = (self.n_known < self.n_items) & ~np.isnan(choices.price_usd)
        open_rows = np.flatnonzero((gain > self.rules.sure_p) & is_short)
        if len(open_rows):
            return self._more(self._most_telling(choices, open_rows, gain))
        row = leader if leader is not None and is_short[leader] else at
        return self._more(row) if is_short[row] else {}

    def _most_telling(self, choices: Choices, rows: Ints, gain: Floats) -> int:
        """The row, or the baseline, whose next items take most uncertainty away per dollar, by gain."""
        spread = choices.posterior.variance(np.array([0.0, 16.0]))
        less = (spread[:, 0] - spread[:, 1]) / np.maximum(16.0 * choices.price_usd, 1e-12)
        merit = np.round(gain[rows] * less[rows] / max(float((gain[rows] * less[rows]).max()), 1e-300), 9)
        row = int(rows[int(np.argmax(merit))])
        is_base_short = self.n_known[self.at] < self.n_items
        return self.at if is_base_short and less[self.at] > less[row] else row

    def _more(self, row: int) -> dict[int, int]:
        n_more = max(2 * self.rules.first_items, self._grown(row))
        return {row: min(self.n_items, int(self.n_known[row]) + n_more)}

    def probes(self, depths: dict[int, int]) -> tuple[Probe, ...]:
        """The next items of each row along the shared order."""
        return tuple(self._probes(depths))

    def _probes(self, depths: dict[int, int]) -> Iterator[Probe]:
        purse = Purse(self.view)
        for row, depth in depths.items():
            candidate_id = self.view.candidates[row].id
            items = next_items(self.view, row, depth - int(self.n_known[row]))
            price_usd = purse.total_usd([Probe(candidate_id=candidate_id, item_ids=items)])
            if price_usd > purse.left_usd:
                items = items[: int(len(items) * purse.left_usd / price_usd)]
            probe = Probe(candidate_id=candidate_id, item_ids=items)
            if items and purse.buy([probe]):
                yield probe


SETTLED_EVERY = 4
"""Rounds between looks at whether all is decided: a look costs more than the step itself."""
HOPED_SAVING = 0.1
LEAST_VALUE = 1e-6
WIDER = 1.5
"""Standard deviations count so much wider before a candidate is given up: models err."""
