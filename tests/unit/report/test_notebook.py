"""A result as Python shows it: compact, escaped, and with its tables explained."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from modelsearch.core.errors import OptionError, RunNotFoundError
from modelsearch.report.frames import FRAMES
from modelsearch.report.notebook import MAX_ROWS, FrontPlot, SearchResult
from tests.unit.report.results import make_estimate, make_hostile, make_result
from tests.unit.report.test_html import LOADING, Page

RESULT = SearchResult.of(make_result())


def test_it_is_the_result_itself() -> None:
    shown, plain = SearchResult.of(make_result()), make_result()
    assert shown == plain
    assert plain == shown
    assert shown != replace(plain, plan="cheap")
    assert pickle.loads(pickle.dumps(RESULT)) == RESULT  # noqa: S301 - our own
    assert isinstance(replace(RESULT, plan="cheap"), SearchResult)
    assert hash(RESULT) == hash(SearchResult.of(make_result()))


def test_it_shows_the_answer_first_and_names_its_tables() -> None:
    page = Page(RESULT._repr_html_())
    assert page.words.startswith("Use cheap instead of big: likely, not certified (81.0 % that it loses no more than 2")
    assert "cheap recommended 70.0 (62.0 to 77.0)" in page.words
    assert "candidates_frame()" in page.words
    assert "Warning: bad: gives one answer to nearly all items" in page.words
    assert len(RESULT._repr_html_()) < 8000


def test_an_emulated_search_says_so(tmp_path: Path) -> None:
    run = tmp_path / "20260101-000000-abc123"
    run.mkdir()
    for is_emulated in (True, False):
        (run / "run.json").write_text(json.dumps({"request": {"is_emulated": is_emulated}}))
        result = SearchResult.of(make_result(run_dir=str(run)))
        assert ("EMULATED" in result._repr_html_()) is is_emulated
        assert ("EMULATED" in result.plot_front().svg) is is_emulated


def test_the_many_are_counted() -> None:
    many = tuple(make_estimate(f"m{number}") for number in range(50))
    page = Page(SearchResult.of(make_result(estimates=many, drops=()))._repr_html_())
    assert page.tags.count("tr") == MAX_ROWS + 1
    assert f"{50 - MAX_ROWS} more: candidates_frame()" in page.words


def test_a_strangers_text_is_text(hostile: str) -> None:
    page = Page(SearchResult.of(make_hostile(hostile))._repr_html_())
    assert set(page.tags) <= {"div", "p", "b", "span", "bdi", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert {name for name, _ in page.attributes} <= {"style", "class", "scope"}
    assert not {name for name, _ in page.attributes} & (LOADING - {"style"})
    assert not any(word in value for name, value in page.attributes if name == "style" for word in ("url", "expres"))


def test_colours_are_those_of_the_page_around() -> None:
    styles = [value for name, value in Page(RESULT._repr_html_()).attributes if name == "style"]
    assert not any("background:#" in style or "color:#" in style.replace("border-color:#", "") for style in styles)


def test_the_picture_shows_itself_and_is_saved(tmp_path: Path) -> None:
    plot = RESULT.plot_front()
    assert plot._repr_mimebundle_()["image/svg+xml"] == plot._repr_svg_() == plot.svg
    assert plot.svg.startswith("<svg")
    assert plot.save(tmp_path / "front.svg").read_text() == plot.svg
    assert len(repr(plot)) < 100
    with pytest.raises(OptionError, match=r"ends in \.svg"):
        plot.save(str(tmp_path / "front.png"))
    assert isinstance(plot, FrontPlot)


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_every_column_is_as_documented(name: str) -> None:
    frame: pd.DataFrame = getattr(RESULT, f"{name}_frame")()
    told = RESULT.columns(name).set_index("name")
    assert list(frame.columns) == list(told.index)
    assert {column: str(kind) for column, kind in frame.dtypes.items()} == told["dtype"].to_dict()
    assert set(frame.attrs["columns"]) == set(frame.columns)
    assert told["meaning"].str.len().min() > 5


def test_an_unknown_frame_is_told_the_known_ones() -> None:
    with pytest.raises(OptionError, match="candidates, drops, phases"):
        RESULT.columns("outcomes")


def test_without_a_run_there_are_no_tables() -> None:
    with pytest.raises(RunNotFoundError, match="without one"):
        SearchResult.of(make_result(run_dir=None)).table("outcomes")


def test_the_documentation_names_every_column() -> None:
    page = (Path(__file__).parents[3] / "docs" / "notebook.md").read_text(encoding="utf-8")
    for name, columns in FRAMES.items():
        assert f"### `{name}_frame()`" in page
        for each in columns:
            assert f"| `{each.name}` | {each.dtype} | {each.unit} | {each.meaning} |" in page, each.name
