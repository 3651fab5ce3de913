"""The final answer in a terminal: plain text without colours, one fact a line."""

from collections.abc import Iterator

from modelsearch.core.result import Estimate, PhaseSummary, SearchResult
from modelsearch.report.headline import (
    EMULATED,
    Names,
    baseline_of,
    covered,
    headline,
    recommended_of,
    run_files,
    saving,
    spending,
)
from modelsearch.report.numbers import counted, interval_points, probability, seconds, usd, usd_per_1k
from modelsearch.report.plain import clean, short

WIDTH = 12


def answer_lines(result: SearchResult, *, is_emulated: bool = False) -> list[str]:
    """What a search found, spent and left out, and where its files are.

    Args:
        result: a finished search.
        is_emulated: says in the first line, and at each amount, that no real money was spent.

    Returns:
        Lines without line ends, control characters or ANSI codes.
    """
    lines = [*_found(result, is_emulated), "", *_funnel(result), "", *_files(result)]
    if result.warnings:
        lines += ["", *_warnings(result)]
    return lines


def _found(result: SearchResult, is_emulated: bool) -> Iterator[str]:
    answer, tag = result.recommendation, " (emulated)" if is_emulated else ""
    if is_emulated:
        yield EMULATED
        yield ""
    yield headline(result, Names(short(answer.label), short(result.baseline_id)))
    yield ""
    yield _line("why", clean(answer.reason))
    yield _line("certificate", f"covers {covered(answer)}")
    for name, estimate in (("recommended", recommended_of(result)), ("baseline", baseline_of(result))):
        if estimate is not None:
            yield _line(name, _numbers(estimate))
    if answer.runner_up_id is not None:
        yield _line("runner-up", short(answer.runner_up_id))
    if answer.candidate_id != result.baseline_id:
        yield _line("saving", saving(answer) + tag)
    yield _line("spent", spending(result) + tag)


def _numbers(estimate: Estimate) -> str:
    parts = [
        f"{short(estimate.label)}: quality {interval_points(estimate.quality)} points of 100",
        f"{usd_per_1k(estimate.cost_usd)} USD per 1,000 items",
        f"latency {seconds(estimate.latency_p50_s)}, p95 {seconds(estimate.latency_p95_s)}",
        f"on {counted(estimate.n_items, 'item')}",
    ]
    if estimate.gap is not None:
        parts.append(f"gap {interval_points(estimate.gap)} points")
    if estimate.p_non_inferior is not None:
        parts.append(f"good enough with {probability(estimate.p_non_inferior)}")
    return ", ".join(parts)


def _funnel(result: SearchResult) -> Iterator[str]:
    yield "Who left where, and why:"
    for phase in result.phases:
        yield f"  {_phase(phase)}"


def _phase(phase: PhaseSummary) -> str:
    by = ", ".join(f"{clean(name)} {n}" for name, n in sorted(phase.drops_by_strategy.items()))
    added = f", {counted(phase.n_added, 'candidate')} added" if phase.n_added else ""
    return (
        f"{clean(phase.phase)}: {phase.n_started} -> {phase.n_left} ({f'left by {by}' if by else 'nobody left'}{added}); "
        f"{counted(phase.n_rounds, 'round')}, {counted(phase.n_outcomes, 'outcome')}, {usd(phase.spend_usd)}; "
        f"ended: {clean(phase.reason)}"
    )


def _files(result: SearchResult) -> Iterator[str]:
    run, run_id = run_files(result), clean(result.run_id)
    if run is not None:
        yield _line("Parquet", f"{clean(run.stages)}/<phase>/<table>.parquet")
        yield _line("report", clean(run.report_html))
    yield _line("why not X", f"modelsearch explain {run_id} X")
    yield _line("Prefect UI", "modelsearch ui")


def _warnings(result: SearchResult) -> Iterator[str]:
    yield f"{counted(len(result.warnings), 'warning')}:"
    for warning in result.warnings:
        yield f"  {clean(warning)}"


def _line(name: str, text: str) -> str:
    return f"{name:<{WIDTH}} {text}"
