"""Encodings, separators, and words that go with a number."""

import pytest

from modelsearch.taskfile.propose_text import ascii_safe, decoded, split_cells, told


def test_the_place_of_the_first_byte_that_is_not_utf8_is_shown() -> None:
    text, notes = decoded("a;b\nGrüße;x\n".encode("cp1252"), "rows x.csv")
    assert text == "a;b\nGrüße;x\n"
    assert "line 2" in notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_separator_inside_quotes_is_text(separator: str) -> None:
    rows, _ = split_cells(f'a{separator}b\n"x{separator}y{separator}z"{separator}1\n', "rows")
    assert rows == [(1, ["a", "b"]), (2, [f"x{separator}y{separator}z", "1"])]


def test_commas_in_unquoted_texts_do_not_outvote_semicolons() -> None:
    rows, notes = split_cells("text;label\none, two, three;x\nfour;y\nfive, six;z\n", "rows")
    assert [cells[1] for _, cells in rows] == ["label", "x", "y", "z"]
    assert notes == ("cells are separated by semicolons",)


def test_lines_are_those_of_the_file() -> None:
    rows, _ = split_cells('sep=,\na,b\n"1\n2",x\n\n3,y\n', "rows")
    assert [number for number, _ in rows] == [2, 3, 6]


def test_words_for_people() -> None:
    assert told(1, "row is", "rows are") == "1 row is"
    assert told(1200, "row is", "rows are") == "1,200 rows are"
    assert ascii_safe("a\x1b[31mü") == "a\\x1b[31mü"
