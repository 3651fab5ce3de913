"""The picture of a search as a file of its own."""

import re
from xml.etree import ElementTree as ET

import pytest

from modelsearch.report.front_svg import front_svg
from tests.unit.report.results import make_hostile, make_kept, make_result

SVG = "{http://www.w3.org/2000/svg}"


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - the product's own file; that it parses is what is tested


def _all(text: str, tag: str) -> list[ET.Element]:
    return list(_parsed(text).iter(SVG + tag))


def test_the_answer_is_its_title_and_its_description() -> None:
    text = front_svg(make_result())
    assert _all(text, "title")[0].text == "support: use cheap, likely"
    told = _all(text, "desc")[0].text or ""
    assert told.startswith("Use cheap instead of big: likely, not certified (81.0 % that it loses no more than 2")


def test_every_measured_candidate_has_a_dot_and_an_interval() -> None:
    text = front_svg(make_result())
    names = [(each.text or "").split(":")[0] for each in _all(text, "title")[1:]]
    assert sorted(names) == ["bad", "big", "cheap", "second"]
    assert text.count('class="bar"') == 4
    assert len(_all(text, "polyline")) == 1


def test_a_kept_baseline_is_both() -> None:
    text = front_svg(make_kept())
    assert "keep big, undecided" in text
    assert len(re.findall(r'class="recommended baseline"', text)) == 1


def test_too_little_to_draw_is_said() -> None:
    text = front_svg(make_result(estimates=make_result().estimates[:1], drops=()))
    assert "Nothing to draw" in text
    assert not _all(text, "circle")


def test_a_strangers_text_is_text(hostile: str) -> None:
    root = _parsed(front_svg(make_hostile(hostile)))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "style", "g", "rect", "text", "path", "polyline", "circle",
    }  # fmt: skip
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("word", ["http://", "https://", "url(", "@import", "script"])
def test_nothing_is_loaded(word: str) -> None:
    assert word not in front_svg(make_result()).replace('xmlns="http://www.w3.org/2000/svg"', "")
