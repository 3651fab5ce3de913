import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.markdown import Markdown

from modelsearch.core.result import Certainty
from modelsearch.report.markdown import MAX_CANDIDATES, MAX_DROPS, escape, markdown, table
from modelsearch.report.plain import clean
from tests.unit.report.results import make_drop, make_estimate, make_hostile, make_kept, make_result

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
OURS = {
    "heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td", "blockquote",
    "inline", "text", "strong", "code_inline",
}  # fmt: skip


def _kinds(text: str) -> set[str]:
    """What a CommonMark reader finds: token names without _open and _close."""
    tokens = Markdown(text).parsed
    inner = [child for token in tokens for child in token.children or ()]
    return {token.type.removesuffix("_open").removesuffix("_close") for token in [*tokens, *inner]}


def _shown(text: str) -> list[str]:
    """The text of each inline block as read."""
    blocks: Sequence = [t.children for t in Markdown(text).parsed if t.type == "inline"]  # type: ignore[type-arg]
    return ["".join(child.content for child in block or ()) for block in blocks]


@given(st.text() | st.from_regex(r"[-+>=#|`*_\\\[\]()<>&;:!~$\d. ]{1,30}"))
def test_escaped_text_reads_back_as_it_was_in_a_sentence_and_in_a_cell(text: str) -> None:
    cleaned = clean(text)
    if not cleaned:
        return
    assert _kinds(escape(text)) == {"paragraph", "inline", "text"}
    assert _shown(escape(text)) == [cleaned]
    assert _shown(table({"x": "head"}, [{"x": text}])) == ["head", cleaned]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("o3-mini-2025-01-31", "o3-mini-2025-01-31"),
        ("a -> b", "a -> b"),
        ("-5.3 (-9.0 to 1.0)", "-5.3 (-9.0 to 1.0)"),
        ("qwen_3|x", "qwen\\_3&#124;x"),
        ("https://x.example", "https\\://x.example"),
        ("www.x.example", "www\\.x.example"),
        ("<b>&lt;", "&lt;b>&amp;lt;"),
    ],
)
def test_ordinary_names_stay_readable(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize("is_emulated", [False, True])
def test_hostile_text_makes_no_html_no_link_no_image_no_heading(hostile: str, is_emulated: bool) -> None:
    report = markdown(make_hostile(hostile), is_emulated=is_emulated)
    plain = markdown(make_hostile("plain"), is_emulated=is_emulated)
    assert _kinds(report) <= OURS
    assert len(Markdown(report).parsed) == len(Markdown(plain).parsed)


def test_the_recommendation_is_the_first_sentence() -> None:
    paragraphs = markdown(make_result()).split("\n\n")
    assert paragraphs[0] == "# support: which model to use"
    assert paragraphs[1].startswith("Use **cheap** instead of **big**: likely, not certified (81.0 %")
    assert paragraphs[1].endswith("saving 8.00 USD per 1,000 items (80.0 %).")


def test_an_emulated_market_is_labelled_before_the_answer() -> None:
    report = markdown(make_result(), is_emulated=True)
    assert report.startswith("# support: which model to use (emulated)\n\n> **EMULATED: ")
    assert "mulated" not in markdown(make_result()).lower()


def test_long_tables_are_cut_and_say_so() -> None:
    estimates = make_result().estimates + tuple(make_estimate(f"m{i}") for i in range(60))
    drops = tuple(("race", make_drop(f"d{i}")) for i in range(MAX_DROPS + 20))
    report = markdown(make_result(estimates=estimates, drops=drops))
    assert f"The first {MAX_CANDIDATES} of 185 candidates" in report
    assert f"The first {MAX_DROPS} of 120 drops" in report
    assert "| d99 |" in report
    assert "| d100 |" not in report


def test_nobody_dropped_is_said() -> None:
    assert "Nobody was dropped." in markdown(make_result(drops=()))


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("likely", markdown(make_result())),
        ("kept", markdown(make_kept(Certainty.CERTIFIED, warnings=()), is_emulated=True)),
        ("hostile", markdown(make_hostile("<b>|`*[x](y)\x1b[0m"))),
    ],
)
def test_reports_are_as_recorded(name: str, report: str) -> None:
    """Record anew with MODELSEARCH_RECORD_GOLDEN=1, and read the diff."""
    path = GOLDEN / f"{name}.md"
    if os.environ.get("MODELSEARCH_RECORD_GOLDEN"):
        path.write_text(report, encoding="utf-8")
    assert report == path.read_text(encoding="utf-8")
