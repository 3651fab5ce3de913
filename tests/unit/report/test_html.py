import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.result import Certainty
from modelsearch.report.html import html
from modelsearch.report.page_assets import policy, scripts, style
from modelsearch.report.page_data import PageData
from modelsearch.report.page_text import block
from modelsearch.report.plain import clean, short
from modelsearch.testing.hostile import PAYLOADS
from tests.unit.report.pages import make_page_data
from tests.unit.report.results import (
    make_drop,
    make_estimate,
    make_hostile,
    make_kept,
    make_recommendation,
    make_result,
)

LOADING = {"src", "srcset", "data", "action", "formaction", "xlink:href", "poster", "style", "background"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._element = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._element = tag

    def handle_endtag(self, tag: str) -> None:
        self._element = ""

    def handle_data(self, data: str) -> None:
        if self._element not in ("script", "style"):
            self.texts.append(data)

    @property
    def words(self) -> str:
        """All text between tags, white space made single; scripts, data and styles are none."""
        return " ".join(" ".join(self.texts).split())


def body(page: str) -> str:
    """A page without its style and the chart library: what differs from report to report."""
    return page.replace(style(), "").replace(scripts()[0], "").replace(scripts()[1], "").replace(scripts()[2], "")


def test_the_answer_stands_first_with_its_numbers() -> None:
    page = Page(body(html(make_result())))
    words = page.words
    assert page.tags.index("h1") < page.tags.index("table")
    assert "Use cheap instead of big : likely, not certified (81.0 % that it loses no more than 2" in words
    assert "claimed for these 926 items; saving 8.00 USD per 1,000 items (80.0 %)." in words
    assert "1,000 items 8.00 USD 100,000 items 800.00 USD 1,000,000 items 8,000.00 USD" in words
    assert "1.2345 USD settled, 0.0021 USD unknown" in words
    assert "Warnings bad: gives one answer to nearly all items" in words


def test_every_drop_has_reason_evidence_and_remedy() -> None:
    drops = tuple(("race", make_drop(f"d{i}", evidence={"gap": -i / 1000})) for i in range(1, 301))
    words = Page(body(html(make_result(drops=drops)))).words
    assert all(f"d{i} race Racing worse than" in words for i in range(1, 301))
    assert "gap -0.123 a margin above 0.03 would have kept it" in words
    assert "300 candidates dropped" in words


@pytest.mark.parametrize("data", [None, make_page_data()], ids=["result", "all"])
def test_nothing_is_loaded(data: PageData | None) -> None:
    text = html(make_result(), data=data)
    page = Page(body(text))
    assert not {name for name, _ in page.attributes} & LOADING
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert not {"link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"} & set(page.tags)
    assert not re.search(r"https?://|//\w|@import|url\(|javascript:", body(text))


def test_the_policy_allows_our_style_sheet_and_scripts_by_their_hashes_and_nothing_else() -> None:
    text = html(make_result(), data=make_page_data())
    found = re.search(r"Content-Security-Policy\" content=\"([^\"]+)\"", text)
    assert found is not None
    assert found[1].replace("&#39;", "'") == policy([style()], scripts())
    inside = re.findall(r"<(style|script)>(.*?)</\1>", text, re.DOTALL)
    assert [content for _, content in inside] == [style(), *scripts()]
    digest = base64.b64encode(hashlib.sha256(scripts()[2].encode()).digest()).decode()
    assert f"&#39;sha256-{digest}&#39;" in found[1]


def test_ids_are_there_once_and_labels_point_at_them() -> None:
    page = Page(body(html(make_result(), data=make_page_data())))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    pointed = {
        each
        for name, value in page.attributes
        if name in ("aria-labelledby", "for", "aria-describedby")
        for each in value.split()
    }
    assert pointed <= set(ids)
    assert {value[1:] for name, value in page.attributes if name == "href"} <= set(ids)


def test_without_scripts_every_section_has_its_numbers() -> None:
    words = Page(body(html(make_result(), data=make_page_data()))).words
    assert "1.2345 cheap, round 7 likely Use cheap: likely, not certified" in words
    assert "0.5 s 1.25 s 150" in words  # latency
    assert "cheap 1.20 1.20 0.0021 470" in words  # spend
    assert "modelsearch search 'cheap'" in words
    assert "Left out of this report, the result is not touched: the race: cheap" in words
    assert "both asked 140 items; on 3 items score or answer differ" in words


def test_what_is_left_out_is_counted_and_named() -> None:
    words = Page(body(html(make_result(), data=make_page_data(n_items=700)))).words
    assert "300 of them are in this page, 400 are left out." in words
    assert "/runs/cheap/stages/*/outcomes.parquet" in words


def test_it_is_readable_in_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in html(make_result())


def test_the_plot_marks_recommended_and_baseline() -> None:
    text = body(html(make_result()))
    assert len(re.findall(r'<g class="recommended">', text)) == 1
    assert len(re.findall(r'<g class="baseline">', text)) == 1
    assert len(re.findall(r"<circle cx=\"[\d.]+\" cy=\"[\d.]+\" r=\"(?:6|3.5)\"/>", text)) == 4  # one was never asked
    assert 'front-chart" class' not in html(make_result(estimates=(make_estimate("big"),), drops=()))


def test_an_emulated_market_is_labelled_in_title_and_before_the_answer() -> None:
    text = html(make_result(), is_emulated=True)
    assert "(emulated)</title>" in text
    assert text.index("EMULATED: ") < text.index("<h1")
    assert "emulated" not in body(html(make_result())).lower()


def test_a_kept_baseline_has_no_saving() -> None:
    words = Page(body(html(make_kept(Certainty.CERTIFIED)))).words
    assert "Keep big : certified at 95.0 %" in words
    assert "None: the baseline stays." in words
    assert "saving-form" not in body(html(make_kept(Certainty.CERTIFIED)))


def test_an_unknown_saving_is_no_table_of_zeros() -> None:
    answer = make_recommendation(saving_usd_per_1k=None, saving_share=None)
    words = Page(body(html(make_result(recommendation=answer)))).words
    assert "saving unknown." in words
    assert "Unknown: a price is not known." in words


PLAIN = Page(body(html(make_hostile("plain"), data=make_page_data("plain"))))


def _is_harmless(text: str, page: str) -> bool:
    """Whether a page has the tags and attributes of the page that says `plain`, and shows the text."""
    found = Page(body(page))
    same_tags = found.tags == PLAIN.tags
    same_names = [name for name, _ in found.attributes] == [name for name, _ in PLAIN.attributes]
    return same_tags and same_names and short(text) in found.words


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_shown_and_adds_no_tag_and_no_attribute(payload: str) -> None:
    page = html(make_hostile(payload), data=make_page_data(payload))
    assert _is_harmless(payload, page)
    assert page.encode()
    assert not set(body(page)) & set("\x00\x07\x08\x1b\x9b\u202e\u202d\u2066\u200f\U000e0041\ud800")
    found = re.search(r'id="item-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])[0]["input"] == block(f"{payload} 0", 4000)


@pytest.mark.parametrize("is_emulated", [False, True])
def test_a_template_in_a_name_is_text(is_emulated: bool) -> None:
    assert "{{ 7*7 }}" in Page(body(html(make_hostile("{{ 7*7 }}"), is_emulated=is_emulated))).words


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=40).filter(lambda text: bool(clean(text))))
def test_any_name_is_harmless(text: str) -> None:
    assert _is_harmless(text, html(make_hostile(text), data=make_page_data(text)))
