"""The report as one HTML page: opens from disk, loads nothing, runs nothing.

The template escapes everything; the content security policy allows one style sheet, by its hash, and nothing else.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from modelsearch.core.ids import Json
from modelsearch.core.result import Estimate, SearchResult
from modelsearch.report.headline import (
    EMULATED,
    baseline_of,
    covered,
    grounds,
    recommended_of,
    run_files,
    spending,
)
from modelsearch.report.markdown import CANDIDATE_COLUMNS, COUNT_COLUMNS, FUNNEL_COLUMNS, UNITS
from modelsearch.report.numbers import amount, interval_points, is_known, seconds, share_points, usd
from modelsearch.report.plain import clean, short
from modelsearch.report.plot import plot_of
from modelsearch.report.rows import Row, candidate_row, drop_counts, drop_rows, funnel_rows
from modelsearch.report.standing import standings

VOLUMES = (1_000, 100_000, 1_000_000)
"""Items a month for which the saving is stated."""


def html(result: SearchResult, *, is_emulated: bool = False) -> str:
    """The report of a search as a whole page.

    Args:
        result: a finished search.
        is_emulated: says at the top that no provider was called.
    """
    css = _style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    found = standings(result)
    page = _environment().get_template("report.html.j2")
    return page.render(
        css=css,
        style_hash=f"sha256-{digest}",
        emulated=EMULATED if is_emulated else "",
        result=result,
        answer=result.recommendation,
        is_kept=result.recommendation.candidate_id == result.baseline_id,
        grounds=grounds(result),
        covered=covered(result.recommendation),
        spending=spending(result),
        margin=share_points(result.recommendation.margin),
        cards=_cards(result),
        savings=_savings(result),
        plot=plot_of(found),
        candidates=[candidate_row(standing) for standing in found],
        candidate_columns=CANDIDATE_COLUMNS,
        units=UNITS.replace("`", ""),
        funnel=funnel_rows(result),
        funnel_columns=FUNNEL_COLUMNS,
        counts=drop_counts(result),
        count_columns=COUNT_COLUMNS,
        drops=drop_rows(result),
        run=run_files(result),
    )


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
    environment.filters.update(clean=clean, short=short, usd=usd)
    return environment


@cache
def _style() -> str:
    return files("modelsearch.report").joinpath("templates/report.css").read_text(encoding="utf-8")


def _cards(result: SearchResult) -> list[Row]:
    """The numbers of the recommended candidate and of the baseline, side by side; one row where they are the same."""
    rows = []
    for role, estimate in (("recommended", recommended_of(result)), ("baseline", baseline_of(result))):
        if estimate is not None:
            rows.append(_card(role, estimate))
    return rows[1:] if result.recommendation.candidate_id == result.baseline_id else rows


def _card(role: str, estimate: Estimate) -> Row:
    return {
        "role": role,
        "label": short(estimate.label),
        "quality": interval_points(estimate.quality),
        "cost": usd(1000 * estimate.cost_usd.mean if estimate.cost_usd else None),
        "latency": f"{seconds(estimate.latency_p50_s)}, p95 {seconds(estimate.latency_p95_s)}",
        "n_items": estimate.n_items,
    }


def _savings(result: SearchResult) -> list[dict[str, Json]]:
    """What the recommendation saves at some volumes; empty where nothing is saved or a price is unknown."""
    per_1k = result.recommendation.saving_usd_per_1k
    if per_1k is None or not is_known(per_1k) or result.recommendation.candidate_id == result.baseline_id:
        return []
    return [{"volume": f"{volume:,}", "usd": amount(per_1k * volume / 1000)} for volume in VOLUMES]
