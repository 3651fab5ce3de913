import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.report.page_text import KEPT_FORMATS, block, script_json
from modelsearch.testing.hostile import PAYLOADS


def test_lines_stay_and_invisible_characters_are_named() -> None:
    assert block("one\r\n two\u2028three\tx", 99) == "one\n two\nthree\tx"
    assert block("\u202egnp\x1b[0m", 99) == "[U+202E]gnp[U+001B][0m"
    assert block("\U000e0041 \ud800", 99) == "[U+E0041] [U+D800]"
    assert block("\U0001f469\u200d\U0001f680", 99) == "\U0001f469\u200d\U0001f680"


def test_what_is_cut_off_is_counted() -> None:
    assert block("abcdef", 6) == "abcdef"
    assert block("x" * 3001, 1000) == "x" * 1000 + "\n[2,001 more characters]"


@given(st.text())
def test_a_block_hides_nothing(text: str) -> None:
    kept = {"\n", "\t"} | KEPT_FORMATS
    shown = block(text, 10_000)
    assert all(char in kept or unicodedata.category(char)[0] != "C" for char in shown)
    assert block(shown, 100_000) == shown


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=9))
def test_json_comes_back_and_holds_nothing_that_ends_a_script(value: object) -> None:
    text = script_json([value])  # type: ignore[list-item]
    assert json.loads(text) == [value]
    assert not set(text) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_data(payload: str) -> None:
    text = script_json({payload: payload})
    assert json.loads(text) == {payload: payload}
    assert "<" not in text
    assert text.encode()


def test_what_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        script_json([float("nan")])
