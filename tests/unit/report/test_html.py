import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.result import Certainty
from modelsearch.report.html import html
from modelsearch.report.plain import clean, short
from tests.unit.report.results import (
    make_drop,
    make_estimate,
    make_hostile,
    make_kept,
    make_recommendation,
    make_result,
)

LOADING = {"src", "href", "srcset", "data", "action", "formaction", "xlink:href", "poster", "style", "background"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def words(self) -> str:
        """All text between tags, white space made single."""
        return " ".join(" ".join(self.texts).split())


def test_the_answer_stands_first_with_its_numbers() -> None:
    page = Page(html(make_result()))
    words = page.words
    assert page.tags.index("h1") < page.tags.index("table")
    assert "Use cheap likely Instead of big : likely, not certified (81.0 % that it loses no more than 2" in words
    assert "1,000 items 8.00 USD 100,000 items 800.00 USD 1,000,000 items 8,000.00 USD" in words
    assert "settled 1.2345 USD unknown, at most 0.0021 USD budget 5.00 USD calls 476" in words
    assert "Warnings bad: gives one answer to nearly all items" in words


def test_every_drop_has_reason_evidence_and_remedy() -> None:
    drops = tuple(("race", make_drop(f"d{i}", evidence={"gap": -i / 1000})) for i in range(1, 301))
    words = Page(html(make_result(drops=drops))).words
    assert all(f"d{i} race Racing worse than" in words for i in range(1, 301))
    assert "gap -0.123 a margin above 0.03 would have kept it" in words
    assert "All 300 drops" in words


def test_nothing_is_loaded_and_nothing_runs() -> None:
    text = html(make_result())
    page = Page(text)
    assert not {name for name, _ in page.attributes} & LOADING
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"} & set(page.tags)
    assert not re.search(r"https?://|//\w|@import|url\(|javascript:", text)


def test_the_policy_allows_our_style_sheet_by_its_hash_and_nothing_else() -> None:
    text = html(make_result())
    found = re.search(r"Content-Security-Policy\" content=\"([^\"]+)\"", text)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert found is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert found[1].replace("&#39;", "'").split("; ") == [
        "default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip


def test_it_is_readable_in_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in html(make_result())


def test_the_plot_marks_recommended_and_baseline() -> None:
    text = html(make_result())
    assert len(re.findall(r'<g class="recommended">', text)) == 1
    assert len(re.findall(r'<g class="baseline">', text)) == 1
    assert text.count("<circle") == 4  # all but the one that was never asked
    assert "<svg" not in html(make_result(estimates=(make_estimate("big"),), drops=()))


def test_an_emulated_market_is_labelled_in_title_and_before_the_answer() -> None:
    text = html(make_result(), is_emulated=True)
    assert "(emulated)</title>" in text
    assert text.index("EMULATED: ") < text.index("<h1>")
    assert "emulated" not in html(make_result()).lower()


def test_a_kept_baseline_has_no_saving() -> None:
    words = Page(html(make_kept(Certainty.CERTIFIED))).words
    assert "Keep big certified" in words
    assert "saving a month" not in words


def test_an_unknown_saving_is_no_table_of_zeros() -> None:
    answer = make_recommendation(saving_usd_per_1k=None, saving_share=None)
    words = Page(html(make_result(recommendation=answer))).words
    assert "saving unknown." in words
    assert "saving a month" not in words


def _is_harmless(text: str, page: str) -> bool:
    """Whether a page has the tags and attributes of the page that says `plain`, and shows the text."""
    found, plain = Page(page), Page(html(make_hostile("plain")))
    same_tags = found.tags == plain.tags
    same_names = [name for name, _ in found.attributes] == [name for name, _ in plain.attributes]
    return same_tags and same_names and short(text) in found.words


def test_hostile_text_is_shown_and_adds_no_tag_and_no_attribute(hostile: str) -> None:
    page = html(make_hostile(hostile))
    assert _is_harmless(hostile, page)
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize("is_emulated", [False, True])
def test_a_template_in_a_name_is_text(is_emulated: bool) -> None:
    assert "{{ 7*7 }}" in Page(html(make_hostile("{{ 7*7 }}"), is_emulated=is_emulated)).words


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=40).filter(lambda text: bool(clean(text))))
def test_any_name_is_harmless(text: str) -> None:
    assert _is_harmless(text, html(make_hostile(text)))
