from pathlib import Path

import pytest

from modelsearch.compare.cases import Case, baselines_of, cases_of, read_cases
from modelsearch.core.errors import OptionError
from tests.unit.compare.fields import make_field, written


def test_baselines_are_the_most_accurate_of_the_dearest_quarter() -> None:
    assert baselines_of(make_field()) == ["m1", "m0"]  # two of six are dear; equally accurate: the cheaper first


def test_without_a_file_each_table_has_its_own_cases(tmp_path: Path) -> None:
    folders = [written(tmp_path, "one"), written(tmp_path, "two", seed=1)]
    assert [(case.table, case.baseline) for case in cases_of(folders)] == [
        ("one", "m1"),
        ("one", "m0"),
        ("two", "m1"),
        ("two", "m0"),
    ]


def test_a_file_of_cases_is_read_and_other_tables_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("table,baseline,margin,alpha\none,m0,0.05,0.1\nelsewhere,x,0.02,0.05\n", encoding="utf-8")
    assert read_cases(path, {"one": tmp_path}) == [Case(table="one", baseline="m0", margin=0.05, alpha=0.1)]


def test_margin_and_alpha_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("table,baseline\none,m0\n", encoding="utf-8")
    assert read_cases(path, {"one": tmp_path}) == [Case(table="one", baseline="m0")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("table,baseline,margin\none,m0,much\n", "line 2.*'much'"),
        ("table,baseline,alpha\none,m0,0\n", "line 2.*alpha in"),
        ("table,baseline\none,\n", "line 2"),
        ("table,baseline\ntwo,m0\n", "no case of the tables one"),
        ("model\nm0\n", "no case"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=told):
        read_cases(path, {"one": tmp_path})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="expected a CSV file"):
        read_cases(tmp_path / "none.csv", {"one": tmp_path})
