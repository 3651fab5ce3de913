import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.report.page_data import PageData
from modelsearch.report.safe_csv import DANGEROUS, HEADS, csv_files, safe_cell
from modelsearch.testing.hostile import FORMULAS, PAYLOADS
from tests.unit.report.pages import make_page_data
from tests.unit.report.results import make_hostile, make_result


def read(content: str) -> list[dict[str, str]]:
    assert content.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def is_safe(cell: str) -> bool:
    """Whether a spreadsheet takes it for text, or it is a number of ours."""
    try:
        float(cell)
    except ValueError:
        return cell.strip(" \u00a0")[:1] not in DANGEROUS
    return True


@pytest.mark.parametrize("text", FORMULAS[:-1])
def test_what_would_be_a_formula_is_text(text: str) -> None:
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "plain", "1 - 2", "a=b", "mail@home", "'quoted'", "5"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@given(st.text())
def test_no_cell_of_text_begins_a_formula(text: str) -> None:
    shown = safe_cell(text)
    assert not shown.strip() or shown[:1] == "'" or shown.lstrip(" \u00a0")[:1] not in DANGEROUS


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_cell_of_every_file_is_safe_wherever_hostile_text_stands(payload: str) -> None:
    files = csv_files(make_hostile(payload), make_page_data(payload))
    assert set(files) == set(HEADS)
    for content in files.values():
        rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert all(is_safe(cell) for row in rows for cell in row)


def test_numbers_stay_numbers_and_the_unknown_is_empty() -> None:
    rows = {row["candidate_id"]: row for row in read(csv_files(make_result(), PageData())["candidates.csv"])}
    assert float(rows["cheap"]["gap_points"]) == pytest.approx(-1.0)
    assert float(rows["big"]["cost_usd_per_1k"]) == pytest.approx(10.0)
    assert rows["dear"]["quality_points"] == ""
    assert rows["big"]["gap_points"] == ""  # no evidence: it is the baseline


def test_all_disagreements_are_there_however_many_and_the_rest_only_if_known() -> None:
    files = csv_files(make_result(), make_page_data(n_items=400))
    assert len(read(files["disagreements.csv"])) == 400
    assert [row["spend_usd"] for row in read(files["spend.csv"])] == ["1.2", "0.0345"]
    assert set(csv_files(make_result(), PageData())) == {"candidates.csv", "drops.csv"}


@pytest.mark.parametrize("is_emulated", [True, False])
def test_what_is_emulated_is_labelled_in_each_row(is_emulated: bool) -> None:
    for content in csv_files(make_result(), make_page_data(), is_emulated=is_emulated).values():
        assert {row["is_emulated"] for row in read(content)} == {str(is_emulated)}
