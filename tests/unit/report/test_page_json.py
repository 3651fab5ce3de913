import json
from dataclasses import replace
from typing import Any

import pytest

from modelsearch.core.result import Interval
from modelsearch.report.page_data import MAX_ITEMS, PageData
from modelsearch.report.page_json import MAX_ITEMS_BYTES, items_json, page_json
from modelsearch.report.page_text import script_json
from modelsearch.report.standing import standings
from tests.unit.report.pages import make_disagreement, make_page_data
from tests.unit.report.results import make_estimate, make_kept, make_result


def _page(data: PageData | None = None, **changes: Any) -> dict[str, Any]:
    result = make_result(**changes)
    return page_json(result, standings(result), data or make_page_data())


def test_candidates_follow_the_table_with_what_is_drawn_of_them() -> None:
    found = _page()["candidates"]
    assert [each["name"] for each in found] == ["cheap", "big", "second", "bad", "dear"]
    cheap, dear = found[0], found[-1]
    assert (cheap["role"], cheap["kind"], cheap["state"], cheap["front"]) == ("recommended", "cascade", "live", True)
    assert (cheap["quality"], cheap["cost"]) == ([70.0, 62.0, 77.0], [2.0, 1.9, 2.1])
    assert (dear["quality"], dear["state"], dear["front"]) == (None, "dropped", False)


def test_the_saving_has_the_bounds_of_both_costs_and_what_the_search_cost() -> None:
    assert _page()["saving"] == {
        "ours": [2.0, 1.9, 2.1], "base": [10.0, 9.0, 11.0], "per_1k": 8.0, "search_usd": pytest.approx(1.2366),
    }  # fmt: skip


def test_nothing_saved_or_known_is_no_saving() -> None:
    kept = make_kept()
    assert page_json(kept, standings(kept), PageData())["saving"] is None
    free = (make_estimate("big"), make_estimate("cheap", cost_usd=None))
    assert _page(estimates=free)["saving"] is None
    odd = (make_estimate("big"), make_estimate("cheap", cost_usd=Interval(mean=1, low=0, high=float("inf"))))
    assert _page(estimates=odd)["saving"] is None
    script_json(_page(estimates=odd))


def test_each_point_of_the_race_says_its_answer() -> None:
    race = _page()["race"]
    assert race["names"] == ["cheap", "second"]
    first, last = race["points"]
    assert (first["who"], first["certainty"], first["usd"], first["at"]) == (None, "undecided", 0.1, "cheap, round 1")
    assert first["says"] == "Keep big: undecided"
    assert (last["who"], last["certainty"], last["saving"]) == (0, "likely", 80.0)
    assert last["says"].startswith("Use cheap: likely, not certified (81.0 %")
    assert last["rows"] == [[0, [-1.0, -4.0, 2.0], 150, True, "-1.0"], [1, None, 0, False, ""]]


def test_a_baseline_of_then_that_is_none_now_was_kept_then() -> None:
    data = make_page_data()
    then = tuple(replace(point, baseline_id=point.answer.candidate_id) for point in data.race)
    last = _page(replace(data, race=then))["race"]["points"][-1]
    assert (last["who"], last["says"]) == (None, "Keep cheap: undecided")


def test_no_race_is_none() -> None:
    assert _page(PageData())["race"] is None


def test_at_most_so_many_disagreements_are_embedded() -> None:
    found = make_page_data(n_items=MAX_ITEMS + 1).disagreements
    rows = items_json(found)
    assert len(rows) == MAX_ITEMS
    assert items_json(None) == []
    first: Any = rows[0]
    assert (first["id"], first["group"], first["ours"]["score"], first["base"]["score"]) == ("cheap0", "lost", 0.0, 1.0)
    assert (first["ours"]["answer"], first["ours"]["reply"]) == ("cheap 0", "My answer: cheap 0")


def test_long_documents_do_not_make_a_page_of_hundreds_of_megabytes() -> None:
    data = make_page_data(n_items=0).disagreements
    assert data is not None
    wide = "\u6f22" * 20_000
    long = replace(data, found=tuple(make_disagreement(f"i{n}", wide) for n in range(MAX_ITEMS)))
    text = script_json(items_json(long)).encode()
    assert len(text) < 1.2 * MAX_ITEMS_BYTES
    assert "[16,000 more characters]" in json.loads(text)[0]["input"]


def test_a_reply_that_says_no_more_than_the_answer_is_not_said_twice() -> None:
    data = make_page_data(n_items=1).disagreements
    assert data is not None
    same = replace(data.found[0], ours=replace(data.found[0].ours, reply=" cheap 0\n"))
    row: Any = items_json(replace(data, found=(same,)))[0]
    assert row["ours"]["reply"] == ""
