"""A result as people meet it from Python: it shows itself in a notebook, draws its front, and hands out its tables.

`SearchResult` here is the core's with ways to look at it; `modelsearch.search` and `modelsearch.read_result` return it.
Nothing heavy is imported before it is asked for: pandas with the first frame, the templates with the first picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modelsearch.core import result as core
from modelsearch.core.errors import OptionError, RunNotFoundError
from modelsearch.report.headline import EMULATED, Names, covered, headline, run_files, spending
from modelsearch.report.plain import clean, short
from modelsearch.report.rows import Row, candidate_row
from modelsearch.report.standing import Standing, standings
from modelsearch.store.layout import RunDir, read_header, write_whole

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 8
"""Candidates that a notebook shows; the rest are counted."""
MAX_WARNINGS = 3


@dataclass(frozen=True, slots=True)
class FrontPlot:
    """The picture of quality against cost: a notebook shows it, `save` writes it, `svg` is its text."""

    title: str
    svg: str

    def __repr__(self) -> str:
        """What it is of, without its 15 KB."""
        return f"FrontPlot({self.title!r})"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def save(self, path: Path | str) -> Path:
        """Write it as an SVG file, which browsers, editors and word processors open; the path.

        Raises:
            OptionError: the name ends otherwise than in .svg.
            FileWriteError: the disk does not take it.
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            message = f"save: expected a file name that ends in .svg, got {path.name!r}: browsers turn SVG into PNG"
            raise OptionError(message)
        write_whole(path, self.svg.encode())
        return path


class SearchResult(core.SearchResult):
    """A finished search.

    In a notebook it shows its answer; `plot_front()` draws it; `candidates_frame()`, `drops_frame()`, `phases_frame()`
    and `table(name)` are its tables, whose columns `columns(name)` explains.
    """

    __slots__ = ()

    @classmethod
    def of(cls, result: core.SearchResult) -> Self:
        """The same result, with ways to look at it."""
        return cls(**{each.name: getattr(result, each.name) for each in fields(core.SearchResult)})

    def __eq__(self, other: object) -> bool:
        """Whether the other says the same, of this class or the core's."""
        if not isinstance(other, core.SearchResult):
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(core.SearchResult))

    def __hash__(self) -> int:
        """Of the run: equal results are of one run."""
        return hash(self.run_id)

    def candidates_frame(self) -> "pd.DataFrame":
        """(n_candidates, 24) one row a candidate that the search knew; unknown numbers are NaN."""
        from modelsearch.report.frames import estimates_frame  # noqa: PLC0415 - pandas is imported when it is used

        return estimates_frame(self)

    def drops_frame(self) -> "pd.DataFrame":
        """(n_drops, 6) who was dropped, when, why, on what evidence, and what would bring it back."""
        from modelsearch.report.frames import drops_frame  # noqa: PLC0415 - as above

        return drops_frame(self)

    def phases_frame(self) -> "pd.DataFrame":
        """(n_phases, 9) the funnel: one row a phase."""
        from modelsearch.report.frames import phases_frame  # noqa: PLC0415 - as above

        return phases_frame(self)

    def table(self, name: str) -> "pd.DataFrame":
        """A table of the run over all its stages: outcomes, calls, trajectory, ledger, screen, endpoints and others.

        Raises:
            OptionError: a run has no table of that name.
            RunNotFoundError: the run's files are not where they were.
        """
        from modelsearch.store.run_tables import run_table  # noqa: PLC0415 - as above

        return run_table(self._run(), name)

    def columns(self, name: str = "candidates") -> "pd.DataFrame":
        """(n_columns, 4) name, dtype, unit and meaning of the columns of candidates, drops or phases."""
        from modelsearch.report.frames import columns_frame  # noqa: PLC0415 - as above

        return columns_frame(name)

    def plot_front(self) -> FrontPlot:
        """Quality against cost with intervals, Pareto front, baseline and what is recommended."""
        from modelsearch.report.front_svg import front_svg  # noqa: PLC0415 - as above

        svg = front_svg(self, is_emulated=is_emulated(self))
        return FrontPlot(title=f"{short(self.task_id)}, run {short(self.run_id)}", svg=svg)

    def _repr_html_(self) -> str:
        return notebook_html(self)

    def _run(self) -> RunDir:
        run = run_files(self)
        if run is None:
            raise RunNotFoundError("this search has no run directory: it was made without one, so it has no tables")
        return run


def is_emulated(result: core.SearchResult) -> bool:
    """Whether the run says that no provider was called; no, where there is no run to ask."""
    run = run_files(result)
    if run is None or not run.header.is_file():
        return False
    request = read_header(run).get("request")
    return isinstance(request, dict) and bool(request.get("is_emulated"))


def notebook_html(result: core.SearchResult) -> str:
    """The answer as a fragment of a page: no script, no style sheet, colours taken from the page that it stands in."""
    from modelsearch.report.template import template  # noqa: PLC0415 - jinja2 is imported when it is used

    found = standings(result)
    answer = result.recommendation
    return template("notebook.html.j2").render(
        result=result,
        emulated=EMULATED if is_emulated(result) else "",
        certainty=answer.certainty.value,
        sentence=headline(result, Names(short(answer.label), short(result.baseline_id))),
        covered=covered(answer),
        spending=spending(result),
        rows=list(_rows(found)),
        n_more=max(0, len(found) - MAX_ROWS),
        warnings=[clean(warning) for warning in result.warnings[:MAX_WARNINGS]],
        n_more_warnings=max(0, len(result.warnings) - MAX_WARNINGS),
        run_dir=clean(result.run_dir) if result.run_dir else "",
    )


def _rows(found: list[Standing]) -> Iterator[Row]:
    for standing in found[:MAX_ROWS]:
        yield candidate_row(standing)
