"""One search of a recorded table in memory, scored at each share of the money."""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from modelsearch.compare import metrics
from modelsearch.compare.contenders import Contender
from modelsearch.compare.tables import Asked, Field
from modelsearch.compare.watched import WatchedFold
from modelsearch.core.candidate import Single
from modelsearch.core.errors import EmptyPoolError
from modelsearch.core.events import Event
from modelsearch.core.ids import CandidateId
from modelsearch.core.search import SearchView
from modelsearch.evaluate.in_memory import InMemoryEvaluator, Till
from modelsearch.search.loop import Search, run_plan

Row: TypeAlias = dict[str, str | int | float | bool | None]


class _Clockwork:
    """A recorder that records nothing but time by rounds."""

    def __init__(self, fold: WatchedFold) -> None:
        self._fold = fold

    def append(self, event: Event) -> None:
        self._fold.watch(event)


async def searched(field: Field, contender: Contender, asked: Asked, shares: Sequence[float]) -> list[Row]:
    """Search once with the largest share as budget, and score what would be said at each share.

    Args:
        field: the table.
        contender: who searches; with several shares its plan must be anytime, or the smaller ones are not its own.
        asked: which search; `budget_share` is the money it really has.
        shares: of X at which to score, ascending, the last one at most `asked.budget_share`.

    Raises:
        BaselineError: the table has no such model.
    """
    run = _Run(field, contender, asked, shares)
    return await run.rows()


class _Run:
    def __init__(self, field: Field, contender: Contender, asked: Asked, shares: Sequence[float]) -> None:
        self._field, self._contender, self._asked, self._shares = field, contender, asked, shares
        self._setting = field.setting(asked)
        self._limits_usd = [field.share_usd(share) for share in shares]
        self._fold = WatchedFold(self._setting, self._limits_usd, self._write_down)
        self._rows: list[Row] = []
        self._wall_s, self._cpu_s = time.perf_counter(), time.process_time()

    async def rows(self) -> list[Row]:
        till = Till(self._setting.budget.spend_usd)
        evaluator = InMemoryEvaluator(self._field.cells, till)
        if self._asked.is_baseline_imported:
            for outcome in evaluator.give(self._field.single(self._asked.baseline)):
                self._fold.take(outcome)
        search = Search(fold=self._fold, evaluator=evaluator, recorder=_Clockwork(self._fold), ledger=till)
        with suppress(EmptyPoolError):  # nothing is cheaper by list price: it keeps the baseline
            await run_plan(search, self._contender.plan)
        self._fold.finish()
        return self._rows

    def _write_down(self, place: int) -> None:
        view = self._fold.view()
        choice = self._contender.choice(view)
        wall_s, cpu_s = time.perf_counter() - self._wall_s, time.process_time() - self._cpu_s
        row: Row = {
            "table": self._field.name,
            "baseline": self._asked.baseline,
            "plan": self._contender.name,
            "seed": self._asked.seed,
            "budget_share": self._shares[place],
            "recommended": choice.candidate_id,
            "verdict": choice.verdict,
            "spend_usd": float(self._fold.spend_usd),
            "margin": self._asked.margin,
            "alpha": self._asked.alpha,
            "p_right": math.nan if choice.p_right is None else choice.p_right,
            "is_baseline_imported": self._asked.is_baseline_imported,
            "is_cost_known": self._asked.is_cost_known,
            "n_calls": self._fold.n_calls,
            "n_rounds": self._fold.n_rounds,
            "time_to_solution_s": self._fold.elapsed_s,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
        }
        row |= self._scored(view, choice.candidate_id, choice.verdict == "certified", self._limits_usd[place])
        self._rows.append(row)

    def _scored(self, view: SearchView, chosen: CandidateId, is_sure: bool, limit_usd: Decimal) -> Row:
        field, baseline, margin = self._field, self._asked.baseline, self._asked.margin
        truth = field.truth(view.candidate(chosen))
        is_certified = is_sure and chosen != baseline
        captured = metrics.net_captured(field, baseline, truth, margin)
        tested = [c.id for c in view.candidates if isinstance(c, Single) and view.n_bought(c.id) > 0]
        base_usd = float(field.cost_usd[field.rows[baseline]])
        return {
            "true_quality": truth.quality,
            "true_cost_usd": truth.cost_usd,
            "net_captured": captured,
            "net_captured_certified": captured if is_certified or math.isnan(captured) else 0.0,
            "cost_reduction": 1 - truth.cost_usd / base_usd,
            "is_wrong": metrics.is_wrong(field, baseline, truth, margin),
            "is_certified": is_certified,
            "is_false_certificate": is_certified and metrics.is_below_margin(field, baseline, truth, margin),
            "spend_share": float(self._fold.spend_usd) / field.exhaustive_usd,
            "is_over_budget": self._fold.spend_usd > limit_usd,
            "n_candidates_tested": len([name for name in tested if name != baseline]),
            "search_efficiency": metrics.search_efficiency(field, baseline, tested, margin),
            "front_hypervolume_share": metrics.front_hypervolume_share(field, _seeming_front(view, tested)),
        }


def _seeming_front(view: SearchView, tested: Sequence[CandidateId]) -> list[str]:
    """The tested models that nobody tested seems to beat, by their own means."""
    rows = [view.row[name] for name in tested]
    score, cost_usd = view.outcomes.score[rows], view.outcomes.cost_usd[rows]
    n_scored, n_priced = (~np.isnan(score)).sum(axis=1), (~np.isnan(cost_usd)).sum(axis=1)
    is_known = (n_scored > 0) & (n_priced > 0)
    quality = np.nansum(score, axis=1)[is_known] / n_scored[is_known]
    mean_usd = np.nansum(cost_usd, axis=1)[is_known] / n_priced[is_known]
    names = [str(name) for name, known in zip(tested, is_known, strict=True) if known]
    return metrics.seeming_front(names, np.asarray(quality, dtype=np.float64), mean_usd)
