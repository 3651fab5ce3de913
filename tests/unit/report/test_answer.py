import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.result import Certainty
from modelsearch.report.answer import answer_lines
from tests.unit.report.results import make_hostile, make_kept, make_result


def _line(lines: list[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start))


def test_the_answer_stands_first_with_certainty_claim_and_saving() -> None:
    assert answer_lines(make_result())[0] == (
        "Use cheap instead of big: likely, not certified (81.0 % that it loses no more than 2 points of 100), "
        "claimed for these 926 items; saving 8.00 USD per 1,000 items (80.0 %)."
    )


def test_every_fact_a_user_needs_at_the_end_of_a_search() -> None:
    lines = answer_lines(make_result())
    assert _line(lines, "why").endswith("1.0 points below the baseline")
    assert _line(lines, "saving").endswith("8.00 USD per 1,000 items (80.0 %)")
    assert "1.2345 USD settled, 0.0021 USD unknown" in _line(lines, "spent")
    assert "of 5.00 USD; 476 calls" in _line(lines, "spent")
    assert _line(lines, "Parquet").endswith("/runs/20260101-000000-abc123/stages/<phase>/<table>.parquet")
    assert _line(lines, "report").endswith("/runs/20260101-000000-abc123/report.html")
    assert _line(lines, "why not X").endswith("modelsearch explain 20260101-000000-abc123 X")
    assert _line(lines, "Prefect UI").endswith("modelsearch ui")
    assert "  bad: gives one answer to nearly all items" in lines


def test_recommended_baseline_and_runner_up_with_their_numbers() -> None:
    lines = answer_lines(make_result())
    cells = _line(lines, "recommended").split("  ")
    assert [cell.strip() for cell in cells if cell.strip()] == [
        "recommended", "cheap", "70.0 (62.0 to 77.0)", "-1.0 (-4.0 to 2.0)", "81.0 %", "2.00", "1.25 s", "150",
    ]  # fmt: skip
    assert "10.00" in _line(lines, "baseline")
    assert "60.0 %" in _line(lines, "runner-up")


def test_the_funnel_says_how_many_left_where_and_why() -> None:
    lines = answer_lines(make_result())
    start = lines.index("How many candidates left, where and why:")
    assert " ".join(lines[start + 2].split()) == "quick_wins 5 4 0 PriceCeiling 1 1 0 0.00 a phase without calls"
    assert " ".join(lines[start + 3].split()) == "race 4 3 0 Racing 1 7 474 1.2345 nothing more to ask"


def test_columns_stand_under_each_other_with_wide_characters_too() -> None:
    lines = answer_lines(make_result())
    head = next(i for i, line in enumerate(lines) if "quality (points" in line)
    at = lines[head].index("USD per 1,000")
    assert [line[at : at + 5].strip() for line in lines[head + 1 : head + 4]] == ["2.00", "10.00", "3.00"]


def test_an_emulated_market_is_labelled_first_and_at_each_amount() -> None:
    lines = answer_lines(make_result(), is_emulated=True)
    assert lines[0].startswith("EMULATED: ")
    assert "no real money" in lines[0]
    assert _line(lines, "spent").endswith("(emulated)")
    assert _line(lines, "saving").endswith("(emulated)")
    assert not any("emulated" in line.lower() for line in answer_lines(make_result()))


def test_a_kept_baseline_claims_no_saving() -> None:
    lines = answer_lines(make_kept(Certainty.CERTIFIED))
    assert lines[0].startswith("Keep big: certified at 95.0 %")
    assert not any(line.startswith("saving") for line in lines)


def test_without_a_run_directory_no_file_is_promised() -> None:
    assert not any(line.startswith(("Parquet", "report")) for line in answer_lines(make_result(run_dir=None)))


def test_without_warnings_there_is_no_empty_heading() -> None:
    lines = answer_lines(make_result(warnings=()))
    assert not any("warning" in line for line in lines)
    assert lines[-1]


def _is_safe(line: str) -> bool:
    return all(unicodedata.category(char)[0] != "C" and char not in "\u2028\u2029" for char in line)


def test_hostile_text_cannot_move_the_cursor_colour_or_break_lines(hostile: str) -> None:
    n_lines = len(answer_lines(make_hostile("plain")))
    lines = answer_lines(make_hostile(hostile), is_emulated=False)
    assert all(_is_safe(line) for line in lines)
    assert len(lines) == n_lines


@given(st.text())
def test_any_text_is_shown_on_safe_lines(text: str) -> None:
    assert all(_is_safe(line) for line in answer_lines(make_hostile(text)))
