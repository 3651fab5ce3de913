import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.outcome import Usage
from modelsearch.emulator.replies import MIN_CONFIDENCE, EmulatedReply, prompt_key, surely_told

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@given(parts=st.lists(TEXTS, max_size=4), first=st.sampled_from(["", " ", "\n", "\n\n"]))
def test_how_messages_are_joined_does_not_matter(parts: list[str], first: str) -> None:
    assert prompt_key(first.join(parts)) == prompt_key("\t".join(parts))


@given(TEXTS, TEXTS)
def test_other_words_are_another_prompt(one: str, other: str) -> None:
    assert (prompt_key(one) == prompt_key(other)) == ("".join(one.split()) == "".join(other.split()))


def test_the_usage_of_a_reply_counts_every_kind_of_token() -> None:
    reply = EmulatedReply(
        text="", input_tokens=5, cached_tokens=3, output_tokens=2, reasoning_tokens=9, cost_usd=Decimal("0.1")
    )
    expected = Usage(
        input_tokens=5, cache_read_tokens=3, output_tokens=2, reasoning_tokens=9, reported_usd=Decimal("0.1")
    )
    assert reply.usage == expected


@given(TEXTS.filter(bool), TEXTS, TEXTS, st.floats(0, 1))
def test_a_text_in_pieces_is_the_text_and_its_answer_as_sure_as_told(
    answer: str, before: str, after: str, confidence: float
) -> None:
    text = before + answer + after
    pieces = surely_told(text, answer, confidence)
    assert "".join(piece.text for piece in pieces) == text
    assert math.exp(sum(piece.logprob for piece in pieces)) == pytest.approx(max(confidence, MIN_CONFIDENCE))
    assert all(piece.logprob <= 0 for piece in pieces)


def test_only_the_answer_is_unsure() -> None:
    told = surely_told("Label: a.", "a", 0.25)
    assert [(piece.text, piece.logprob) for piece in told] == [
        ("Label: ", 0.0), ("a", pytest.approx(math.log(0.25))), (".", 0.0),
    ]  # fmt: skip
    assert surely_told("", "a", 0.5) == ()
    assert {piece.logprob for piece in surely_told("quite else", "a b", 0.25)} == {math.log(0.5)}
