import json

from modelsearch.report.tables_md import candidate_rows, funnel_rows
from tests.unit.report.results import make_hostile, make_result


def test_rows_are_those_of_the_report_escaped_for_prefects_markdown_cells() -> None:
    result = make_hostile("[x](javascript:alert(1))<img>")
    assert candidate_rows(result)[0]["candidate"] == "vote of \\[x\\](javascript:alert(1))&lt;img>"
    assert funnel_rows(result)[0]["phase"] == "\\[x\\](javascript:alert(1))&lt;img>"


def test_numbers_stay_numbers_and_the_limit_holds() -> None:
    assert funnel_rows(make_result())[1]["n_outcomes"] == 474
    assert [row["candidate"] for row in candidate_rows(make_result(), limit=3)] == ["cheap", "big", "second"]
    assert json.loads(json.dumps(candidate_rows(make_result()))) == candidate_rows(make_result())
