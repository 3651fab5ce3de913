"""An open search becomes a result."""

from modelsearch.api.caching import cache_use, cache_warnings
from modelsearch.api.judging import judge_use, judge_warnings
from modelsearch.api.scorer_models import scorer_endpoint
from modelsearch.api.session import Session
from modelsearch.api.warnings import view_warnings
from modelsearch.core.events import Warned
from modelsearch.core.result import SearchResult
from modelsearch.decide.anytime import with_anytime_intervals
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.summary import phase_summaries
from modelsearch.store.journal import Journal


def result_of(session: Session) -> SearchResult:
    """Estimates, verdicts, recommendation and funnel of what is known now; writes nothing."""
    view = session.search.fold.view()
    _, events = Journal.read(session.run.journal)
    found = estimates(view)
    market = session.source.market
    return SearchResult(
        run_id=session.run.run_id,
        task_id=session.setting.task.id,
        plan=session.plan.name,
        baseline_id=view.baseline_id,
        recommendation=recommend(view, found),
        estimates=with_anytime_intervals(view, found),
        phases=phase_summaries(events, len(session.setting.candidates)),
        drops=tuple(session.search.fold.drops),
        spend=session.search.ledger.spend(),
        budget_usd=session.setting.budget.spend_usd,
        wall_s=session.wall_s,
        warnings=_texts(
            [e for e in events if isinstance(e, Warned)]
            + view_warnings(view, found)
            + cache_warnings(events, market)
            + judge_warnings(view.task, session.agreement)
        ),
        run_dir=str(session.run.path),
        cache_use=cache_use(events, market),
        judge_use=judge_use(events, scorer_endpoint(market, view.task), session.agreement),
    )


def _texts(warnings: list[Warned]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(f"{warning.subject}: {warning.message}" for warning in warnings))
