from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.outcome import Usage
from modelsearch.emulator.replies import EmulatedReply, prompt_key

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
