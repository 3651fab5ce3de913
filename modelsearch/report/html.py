"""The report as one HTML page: opens from disk, loads nothing, sends nothing; without scripts every number is there.

The template escapes everything. What scripts draw from is JSON beside them, shown as text only. The content security
policy allows one style sheet and three scripts, by their hashes: the chart library, its interpreter, and ours.
"""

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from modelsearch.core.ids import Json
from modelsearch.core.result import Estimate, SearchResult, Verdict
from modelsearch.report.headline import (
    EMULATED,
    baseline_of,
    certainty,
    claim,
    covered,
    grounds,
    recommended_of,
    run_files,
    saving,
    spending,
)
from modelsearch.report.numbers import (
    amount,
    counted,
    interval_points,
    is_known,
    percent,
    probability,
    seconds,
    share_points,
    usd,
)
from modelsearch.report.page_assets import policy, scripts, style
from modelsearch.report.page_data import PageData
from modelsearch.report.page_json import items_json, page_json
from modelsearch.report.page_tables import (
    CANDIDATE_HEADS,
    candidate_lines,
    drop_lines,
    funnel_lines,
    latency_lines,
    race_lines,
    spend_lines,
)
from modelsearch.report.page_text import script_json
from modelsearch.report.plain import clean, short
from modelsearch.report.plot import plot_of
from modelsearch.report.standing import Standing, standings

VOLUMES = (1_000, 100_000, 1_000_000)
"""Items a month for which the saving is stated where nobody can type."""


def html(result: SearchResult, *, is_emulated: bool = False, data: PageData | None = None) -> str:
    """The report of a search as a whole page.

    Args:
        result: a finished search.
        is_emulated: says at the top that no provider was called.
        data: what `api.report_data` collects from the run's folder; without it the page shows the result alone.

    Returns:
        UTF-8 text of about 0.6 MB, the chart library included, and some 700 bytes for each candidate.
    """
    known = PageData() if data is None else data
    found = standings(result)
    page = _environment().get_template("report.html.j2")
    return page.render(
        css=style(),
        scripts=scripts(),
        policy=policy([style()], scripts()),
        emulated=EMULATED if is_emulated else "",
        result=result,
        **_answer(result, found),
        **_sections(result, found, known),
    )


def _answer(result: SearchResult, found: list[Standing]) -> dict[str, object]:
    """What the first screen shows."""
    answer = result.recommendation
    return {
        "answer": answer,
        "is_kept": answer.candidate_id == result.baseline_id,
        "grounds": grounds(result),
        "certainty": certainty(answer),
        "claim": claim(answer),
        "covered": covered(answer),
        "saving": saving(answer),
        "margin": share_points(answer.margin),
        "cards": _cards(result, found),
        "savings": _savings(result),
    }


def _sections(result: SearchResult, found: list[Standing], data: PageData) -> dict[str, object]:
    """What stands behind it."""
    items = items_json(data.disagreements)
    latencies, limit = latency_lines(found, data)
    spend_phases, spend = spend_lines(data)
    return {
        "data": data,
        "page_json": script_json(page_json(result, found, data)),
        "items_json": script_json(items),
        "n_items_shown": len(items),
        "plot": plot_of(found),
        "candidates": candidate_lines(found, data.kinds),
        "candidate_heads": CANDIDATE_HEADS,
        "funnel": funnel_lines(result),
        "drops": drop_lines(result),
        "race": race_lines(found, data.race),
        "latencies": latencies,
        "latency_limit": limit,
        "spend": spend,
        "spend_phases": spend_phases,
        "spending": spending(result),
        "run": run_files(result),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("modelsearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(clean=clean, short=short, usd=usd, counted=counted, seconds=seconds)
    return environment


def _cards(result: SearchResult, found: list[Standing]) -> list[Mapping[str, Json]]:
    """The numbers of the recommended candidate, the baseline and the runner-up, side by side."""
    second = next((s.estimate for s in found if s.role == "runner-up"), None)
    ours = recommended_of(result)
    roles = [("recommended", ours), ("baseline", baseline_of(result)), ("runner-up", second)]
    if result.recommendation.candidate_id == result.baseline_id:
        roles = [("in use, and to be kept", ours), ("nearest to replacing it", second)]
    return [_card(role, estimate) for role, estimate in roles if estimate is not None]


def _card(role: str, estimate: Estimate) -> dict[str, Json]:
    is_baseline = role in ("baseline", "in use, and to be kept")
    gap = estimate.gap
    return {
        "role": role,
        "label": short(estimate.label),
        "quality": interval_points(estimate.quality),
        "gap": "" if is_baseline else interval_points(gap),
        "chance": "" if is_baseline else _chance(estimate),
        "cost": usd(1000 * estimate.cost_usd.mean if estimate.cost_usd else None),
        "latency": f"{seconds(estimate.latency_p50_s)}, p95 {seconds(estimate.latency_p95_s)}",
        "n_items": estimate.n_items,
    }


def _chance(estimate: Estimate) -> str:
    """Beside a certificate, the cautious probability would seem to doubt it."""
    return "certified" if estimate.verdict is Verdict.NON_INFERIOR else probability(estimate.p_non_inferior)


def _savings(result: SearchResult) -> list[dict[str, Json]]:
    """What the recommendation saves at some volumes; empty where nothing is saved or a price is unknown."""
    answer = result.recommendation
    per_1k = answer.saving_usd_per_1k
    if per_1k is None or not is_known(per_1k) or answer.candidate_id == result.baseline_id:
        return []
    share = percent(answer.saving_share)
    return [{"volume": f"{volume:,}", "usd": amount(per_1k * volume / 1000), "share": share} for volume in VOLUMES]
