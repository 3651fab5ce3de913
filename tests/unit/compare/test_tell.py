import json

from modelsearch.compare.tell import comparison_data, comparison_lines
from tests.unit.compare.rows import make_row, make_rows


def test_all_plans_shares_and_tables_are_told() -> None:
    text = "\n".join(comparison_lines(make_rows()))
    for told in ("net captured", "95 % by table", "-0.375", "50.0 %", "-1.000 two", "search efficiency", "stated p"):
        assert told in text, told


def test_the_same_is_plain_json() -> None:
    data = json.loads(json.dumps(comparison_data(make_rows()), allow_nan=False))
    assert len(data["standings"]) == 4
    assert data["standings"][0]["captured"]["mean"] == 0.25
    assert {"table": "two", "plan": "a", "budget_share": 0.1, "net_captured": None} in data["tables"]
    assert set(data["calibration"]) == {"a", "b"}


def test_rows_without_truth_are_told_as_unknown() -> None:
    unknown = dict.fromkeys(("net_captured", "is_wrong", "search_efficiency", "cpu_s", "front_hypervolume_share"))
    text = "\n".join(comparison_lines([make_row(**unknown)]))
    assert "nan" not in text
