"""One search of a recorded table in memory, scored at each share of the money."""

import math
import time
from collections.abc import Sequence
from contextlib import suppress
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
        choices = self._contender.choices(view)
        wall_s, cpu_s = time.perf_counter() - self._wall_s, time.process_time() - self._cpu_s
        shared = self._shared(view, place)
        for name, choice in choices.items():
            scored = self._scored(view, choice.candidate_id, is_sure=choice.verdict == "certified")
            row: Row = {
                "plan": name,
                "recommended": choice.candidate_id,
                "verdict": choice.verdict,
                "p_right": math.nan if choice.p_right is None else choice.p_right,
                "wall_s": wall_s,
                "cpu_s": cpu_s,
            }
            self._rows.append(shared | row | scored)
        # what scoring took is no part of the search
        self._wall_s, self._cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s

    def _shared(self, view: SearchView, place: int) -> Row:
        """What does not depend on the choice."""
        field, fold, asked = self._field, self._fold, self._asked
        tested = [c.id for c in view.candidates if isinstance(c, Single) and view.n_bought(c.id) > 0]
        return {
            "table": field.name,
            "baseline": asked.baseline,
            "seed": asked.seed,
            "budget_share": self._shares[place],
            "spend_usd": float(fold.spend_usd),
            "margin": asked.margin,
            "alpha": asked.alpha,
            "is_baseline_imported": asked.is_baseline_imported,
            "is_cost_known": asked.is_cost_known,
            "n_calls": fold.n_calls,
            "n_rounds": fold.n_rounds,
            "time_to_solution_s": fold.elapsed_s,
            "spend_share": float(fold.spend_usd) / field.exhaustive_usd,
            "is_over_budget": fold.spend_usd > self._limits_usd[place],
            "n_candidates_tested": len([name for name in tested if name != asked.baseline]),
            "search_efficiency": metrics.search_efficiency(field, asked.baseline, tested, asked.margin),
            "front_hypervolume_share": metrics.front_hypervolume_share(field, _seeming_front(view, tested)),
        }

    def _scored(self, view: SearchView, chosen: CandidateId, *, is_sure: bool) -> Row:
        field, baseline, margin = self._field, self._asked.baseline, self._asked.margin
        truth = field.truth(view.candidate(chosen))
        is_certified = is_sure and chosen != baseline
        captured = metrics.net_captured(field, baseline, truth, margin)
        return {
            "true_quality": truth.quality,
            "true_cost_usd": truth.cost_usd,
            "net_captured": captured,
            "net_captured_certified": captured if is_certified or math.isnan(captured) else 0.0,
            "cost_reduction": 1 - truth.cost_usd / float(field.cost_usd[field.rows[baseline]]),
            "is_wrong": metrics.is_wrong(field, baseline, truth, margin),
            "is_certified": is_certified,
            "is_false_certificate": is_certified and metrics.is_below_margin(field, baseline, truth, margin),
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
