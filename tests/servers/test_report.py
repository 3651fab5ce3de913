"""The HTML report in a headless browser: charts are drawn, nothing is asked of anybody, hostile text is text."""

from pathlib import Path

import pytest

from bench.report_checks import hostile_shown, overflow, quiet
from bench.report_hostile import hostile_data, hostile_result
from bench.report_page import Screen, window
from modelsearch.report.html import html

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]


def test_a_page_full_of_hostile_text_is_quiet_and_shows_all_of_it(chromium: str, tmp_path: Path) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(html(hostile_result(), data=hostile_data()), encoding="utf-8")
    with window(chromium) as opened:
        for screen in (Screen("desktop", 1280, 860), Screen("phone", 360, 740, is_phone=True)):
            opened.look_through(screen)
            opened.open(page)
            problems = [
                check for check in (*hostile_shown(opened), quiet(opened, page), overflow(opened)) if check.problem
            ]
            assert problems == []
