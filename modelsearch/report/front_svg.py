"""Quality against cost as one SVG file: stands alone, loads nothing, runs nothing, follows light and dark."""

from modelsearch.core.result import SearchResult
from modelsearch.report.headline import EMULATED, Names, headline
from modelsearch.report.plain import short
from modelsearch.report.plot import plot_of
from modelsearch.report.standing import standings
from modelsearch.report.template import template

MAX_TITLE_CHARS = 96
"""Of the line above the picture; all of it stands in the description."""


def front_svg(result: SearchResult, *, is_emulated: bool = False) -> str:
    """The picture of a search: every measured candidate with its interval, the front, the baseline, what to use.

    The whole answer is its description, for those who hear it. Where fewer than two candidates have both a quality
    and a cost it says so in place of a picture. Some 300 bytes a candidate.

    Args:
        result: a finished search.
        is_emulated: says so: no provider was called.
    """
    emulated = f" {EMULATED}." if is_emulated else ""
    answer = headline(result, Names(short(result.recommendation.label), short(result.baseline_id)))
    return template("front.svg.j2").render(
        title=_cut(f"{short(result.task_id)}: {_advice(result)}{', emulated' if is_emulated else ''}"),
        answer=answer + emulated,
        plot=plot_of(standings(result)),
    )


def _advice(result: SearchResult) -> str:
    answer = result.recommendation
    verb = "keep" if answer.candidate_id == result.baseline_id else "use"
    return f"{verb} {short(answer.label)}, {answer.certainty.value}"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TITLE_CHARS else f"{text[: MAX_TITLE_CHARS - 1]}\N{HORIZONTAL ELLIPSIS}"
