import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.report.plain import INVISIBLE, MAX_ID_CHARS, NAMELESS, clean, n_columns, short


@given(st.text())
def test_cleaned_text_is_one_line_of_visible_characters_and_stays_so(text: str) -> None:
    cleaned = clean(text)
    assert not any(unicodedata.category(char) in INVISIBLE for char in cleaned)
    assert cleaned.split() == cleaned.split(" ") or cleaned == ""
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[31mred\x07", "[31mred"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("模型-7b é ش", "模型-7b é ش"),
        ("\ud800x", "x"),
        (7, "7"),
    ],
)
def test_control_direction_and_invisible_characters_go_and_letters_stay(text: object, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(min_size=1, max_size=20).map(lambda text: text * MAX_ID_CHARS))
def test_a_long_name_keeps_both_ends(text: str) -> None:
    cleaned = clean(text)
    if len(cleaned) > MAX_ID_CHARS:
        assert len(short(text)) <= MAX_ID_CHARS
        assert short(text)[:20] == cleaned[:20]
        assert short(text)[-20:] == cleaned[-20:]
    else:
        assert short(text) == (cleaned or NAMELESS)


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    assert n_columns("ab") == 2
    assert n_columns("模型") == 4
    assert n_columns("e\u0301") == 1
