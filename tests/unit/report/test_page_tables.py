from dataclasses import replace

import pytest

from modelsearch.report.page_data import PageData
from modelsearch.report.page_tables import (
    BAR,
    CANDIDATE_HEADS,
    candidate_lines,
    drop_lines,
    funnel_lines,
    latency_lines,
    race_lines,
    spend_lines,
)
from modelsearch.report.standing import standings
from tests.unit.report.pages import CHEAP, make_page_data
from tests.unit.report.results import make_result

FOUND = standings(make_result())


def test_a_line_a_candidate_sorted_by_numbers_and_not_by_their_text() -> None:
    lines = candidate_lines(FOUND, {CHEAP: "cascade"})
    assert [line.cells[0].text for line in lines] == ["cheap", "big", "second", "bad", "dear"]
    assert all(len(line.cells) == len(CANDIDATE_HEADS) for line in lines)
    assert (lines[0].role, lines[0].kind) == ("recommended", "cascade")
    cost = [line.cells[5] for line in lines]
    assert [(cell.text, cell.sort) for cell in cost][:2] == [("2.00", "0.002"), ("10.00", "0.01")]
    assert lines[-1].cells[2].sort == ""  # unknown, and so sorted last


def test_the_funnel_is_drawn_to_one_scale() -> None:
    first, second = funnel_lines(make_result())
    assert (first.stayed_width, first.gone_width) == (80.0, 20.0)
    assert (second.stayed_width, second.gone_width) == (60.0, 20.0)
    assert first.dropped_by == (("PriceCeiling", 1),)
    assert second.spend == "1.2345"
    assert funnel_lines(make_result(phases=())) == []


def test_every_drop_has_its_evidence() -> None:
    lines = drop_lines(make_result())
    assert [line.candidate for line in lines] == ["dear", "bad"]
    assert lines[1].evidence == "gap -0.2, n_pairs 24"


def test_latency_lines_share_a_scale_with_the_limit() -> None:
    lines, limit = latency_lines(FOUND, make_page_data())
    assert [line.label for line in lines] == ["cheap", "big"]
    assert limit == pytest.approx(98.0)
    assert lines[1].x95 == pytest.approx(98 * 2.0 / 2.5, abs=0.01)
    assert all(0 <= x <= BAR for line in lines for x in (line.x10, line.x50, line.x90, line.x95))


def test_a_limit_far_beyond_everything_is_not_drawn() -> None:
    lines, limit = latency_lines(FOUND, replace(make_page_data(), max_latency_s=60.0))
    assert limit is None
    assert lines[1].x95 == pytest.approx(98.0)
    assert latency_lines(FOUND, PageData()) == ([], None)


def test_spend_by_provider_and_phase_adds_up() -> None:
    phases, lines = spend_lines(make_page_data())
    assert phases == ["cheap"]
    assert [(line.provider, line.total, line.unknown, line.n_calls) for line in lines] == [
        ("cheap", "1.20", "0.0021", "470"), ("other", "0.0345", "", "6"),
    ]  # fmt: skip
    assert (lines[0].width, lines[0].by_phase) == (BAR, ("1.20",))
    assert spend_lines(PageData()) == ([], [])


def test_only_changes_of_the_answer_are_listed() -> None:
    race = make_page_data().race
    lines = race_lines(FOUND, (race[0], race[0], race[1], race[1]))
    assert [line[0] for line in lines] == ["0.10", "1.2345"]
    assert [line[3] for line in lines] == ["undecided", "likely"]
